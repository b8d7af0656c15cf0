import type { ResolvedHealthCheck } from "../../config/resolved.ts";
import type { Reach } from "../reach.ts";

/**
 * What a probe has met. `status`: another than those expected; `body`: it does not hold what is expected; `timeout`: it took too long;
 * `lost`: there was no connection, or it broke off.
 */
export type ProbeResult =
  | { readonly kind: "passed" | "status" | "body"; readonly status: number }
  | { readonly kind: "timeout" | "lost" };

/** How much of a body is looked at. */
const MAX_BODY_BYTES = 16 * 1024;
// An application that sends whoever comes by http to https would send each probe there.
export const PROBE_HEADERS = { "User-Agent": "Moor-Health-Check", "X-Forwarded-Proto": "https" };

/** Asks an origin once whether it is well, within the check's `timeoutMs`, whatever it does. A redirect is a status like others. */
export async function probe(reach: Reach, check: ResolvedHealthCheck): Promise<ProbeResult> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), check.timeoutMs);
  try {
    const init: RequestInit = {
      headers: PROBE_HEADERS,
      redirect: "manual",
      cache: "no-store",
      signal: deadline.signal,
    };
    const response = await reach(check.path, init, "");
    const { status, body } = response;
    if (!check.expectedStatuses.some(({ start, end }) => start <= status && status < end)) {
      await body?.cancel();
      return { kind: "status", status };
    }
    const { expectedBody } = check;
    if (expectedBody === undefined) await body?.cancel();
    else if (!body || !(await holds(body, expectedBody))) return { kind: "body", status };
    return { kind: "passed", status };
  } catch {
    // What is refused, reset or cut off reads the same.
    return { kind: deadline.signal.aborted ? "timeout" : "lost" };
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the beginning of a body holds a text. It is read no further than is needed. */
async function holds(body: ReadableStream<Uint8Array>, expected: string): Promise<boolean> {
  const decoder = new TextDecoder();
  let text = "";
  let left = MAX_BODY_BYTES;
  for await (const chunk of body) {
    text += decoder.decode(chunk.subarray(0, left), { stream: true });
    if (text.includes(expected)) return true;
    left -= chunk.length;
    if (left <= 0) return false;
  }
  return false;
}
