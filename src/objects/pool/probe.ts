import type { ResolvedHealthCheck } from "../../config/resolved.ts";
import { PROBE_HEADERS } from "../../upstream/health/fail-checks.ts";
import type { ProbeResult } from "../../upstream/live/pool-contracts.ts";
import { NO_CLIENT, type Reach } from "../../upstream/send/reach.ts";

/** How many bytes of a body are read. */
const MAX_BODY_BYTES = 16 * 1024;

/**
 * Asks an origin once whether it is healthy. Ends within the check's `timeoutMs`, however the origin behaves. A redirect counts
 * as a status like others.
 */
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
    const response = await reach(check.path, init, NO_CLIENT);
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
    // A connection that is refused, reset or cut off looks the same here.
    return { kind: deadline.signal.aborted ? "timeout" : "lost" };
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the beginning of a body contains a text. The body is read no further than needed. */
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
