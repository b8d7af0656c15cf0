import type { EjectedFlags } from "../../affinity/affinity.ts";
import { cacheHeader } from "../../lib/caching-headers.ts";

/** How long an origin may close itself to new sessions at once, in seconds. */
export const MAX_CLOSED_SECONDS = 3_600;

/** Which origins have closed themselves to new sessions. An isolate knows only the answers to its own requests. */
export interface Closings {
  /**
   * Closes an origin to sessions that are born from the next second on.
   *
   * @param seconds for how long; the latest call counts. 0 opens the origin.
   * @returns whether the origin was open.
   */
  close(index: number, seconds: number, now: number): boolean;
  /**
   * The origins that are closed to sessions born at a time, in the form of ejected origins; `undefined`: no origin is
   * closed.
   */
  closedTo(bornAt: number, now: number): EjectedFlags | undefined;
}

/** @param size origins in the pool. */
export function createClosings(size: number): Closings {
  const from = new Float64Array(size);
  const until = new Float64Array(size);
  let latest = 0;

  return {
    close(index, seconds, now) {
      const wasOpen = (until[index] as number) <= now;
      // Births are in whole seconds, rounded down: a session that was born within this second may be the origin's own.
      if (wasOpen) from[index] = Math.ceil(now / 1000) * 1000;
      until[index] = now + seconds * 1000;
      latest = Math.max(...until);
      return wasOpen && seconds > 0;
    },
    closedTo(bornAt, now) {
      if (now >= latest) return undefined;
      return from.some((begin, index) => bornAt >= begin && now < (until[index] as number))
        ? Uint8Array.from(from, (begin, index) => (bornAt >= begin && now < (until[index] as number) ? 1 : 0))
        : undefined;
    },
  };
}

/**
 * For how many seconds an origin's response closes it to new sessions; `undefined`: the response does not say.
 *
 * Any response can say it with `Moor-Closed: 30`; a malformed value is ignored. A response with a status of `closeOn`
 * says it with `Retry-After` (RFC 9110 section 10.2.3), cut to {@link MAX_CLOSED_SECONDS}. A response from a cache does
 * not count, because it is not the origin's word.
 *
 * @param closeOn the statuses whose `Retry-After` counts.
 * @param now milliseconds since 1970.
 * @param hears whether `Moor-Closed` counts.
 */
export function closedSeconds(
  { status, headers }: Response,
  closeOn: readonly number[],
  now: number,
  hears: boolean,
): number | undefined {
  const own = hears ? headers.get("Moor-Closed") : null;
  if (own !== null) return parseClosed(own);
  if (!closeOn.includes(status) || cacheHeader(headers) !== undefined) return undefined;
  const wanted = headers.get("Retry-After")?.trim() ?? "";
  const seconds = /^\d+$/.test(wanted) ? Number(wanted) : Math.ceil((Date.parse(wanted) - now) / 1000);
  return seconds > 0 ? Math.min(seconds, MAX_CLOSED_SECONDS) : undefined;
}

/** The value of `Moor-Closed`; `undefined`: it is malformed. */
export function parseClosed(value: string): number | undefined {
  return /^\d{1,4}$/.test(value) && Number(value) <= MAX_CLOSED_SECONDS ? Number(value) : undefined;
}
