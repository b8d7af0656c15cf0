import { addTo, countOf, emptySketch, isSketch, mergeInto, type Sketch } from "./sketch.ts";

/** Sessions that were seen on origins that drain, a sketch for each. */
export type Sightings = ReadonlyMap<string, Sketch>;

/** The sessions that an isolate has seen and not reported yet. */
export interface Collector {
  /** A session was served by an origin that drains. */
  see(origin: string, session: string, now: number): void;
}

/** How often an isolate reports the sessions that it has seen, at most; the second report may come sooner. */
export const TELL_EVERY_MS = 60_000;

/**
 * Collects the sessions that an isolate sees. A report that failed is sent again with the next report. If the isolate
 * ends, the sessions since its last report are lost.
 *
 * @param tell resolves to whether the report has been taken.
 * @param random a number from 0 to below 1. All isolates begin at the moment when a drain begins, and without it they
 * would report at the same moments ever after.
 */
export function createCollector(
  tell: (sightings: Sightings) => Promise<boolean>,
  keepAlive: (work: Promise<unknown>) => void,
  random: () => number,
): Collector {
  let seen = new Map<string, Sketch>();
  let toldAt = -Infinity;

  function sketchOf(origin: string): Sketch {
    const sketch = seen.get(origin) ?? emptySketch();
    seen.set(origin, sketch);
    return sketch;
  }

  async function tellAll(): Promise<void> {
    const told = seen;
    seen = new Map();
    if (await tell(told)) return;
    for (const [origin, sketch] of told) mergeInto(sketchOf(origin), sketch);
  }

  return {
    see(origin, session, now) {
      addTo(sketchOf(origin), session);
      if (now - toldAt < TELL_EVERY_MS) return;
      toldAt = toldAt === -Infinity ? now - TELL_EVERY_MS * random() : now;
      keepAlive(tellAll());
    },
  };
}

/** The sessions that were seen in a stretch of time. */
export interface SeenWindow {
  readonly from: number;
  readonly sketch: Sketch;
}

/** In how many windows the time is divided that a session may be away. */
const WINDOWS = 6;

/** How long a window is, in milliseconds. */
export function windowOf(awayMs: number): number {
  return Math.ceil(awayMs / WINDOWS);
}

/**
 * The windows with the new sightings added; `undefined`, if that changes nothing.
 *
 * @param awayMs how long a session may be away without ending.
 */
export function withSeen(
  windows: readonly SeenWindow[],
  seen: unknown,
  now: number,
  awayMs: number,
): readonly SeenWindow[] | undefined {
  if (!isSketch(seen)) return undefined;
  const from = Math.floor(now / windowOf(awayMs)) * windowOf(awayMs);
  const sketch = windows.find((window) => window.from === from)?.sketch.slice() ?? emptySketch();
  if (!mergeInto(sketch, seen)) return undefined;
  return [...current(windows, now, awayMs).filter((window) => window.from !== from), { from, sketch }];
}

/**
 * About how many sessions were seen within the time that a session may be away, or up to a sixth of that time longer
 * ago.
 */
export function boundCount(windows: readonly SeenWindow[], now: number, awayMs: number): number {
  const all = emptySketch();
  for (const { sketch } of current(windows, now, awayMs)) mergeInto(all, sketch);
  return countOf(all);
}

function current(windows: readonly SeenWindow[], now: number, awayMs: number): SeenWindow[] {
  return windows.filter(({ from }) => from + windowOf(awayMs) > now - awayMs);
}
