import type { ResolvedHealthCheck } from "../../config/resolved.ts";
import { PROBE_HEADERS } from "../../upstream/health/fail-checks.ts";
import type { ProbeResult } from "../../upstream/live/pool-contracts.ts";
import type { Reach } from "../../upstream/send/reach.ts";

/** How much of a body is looked at. */
const MAX_BODY_BYTES = 16 * 1024;

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
