import type { ReadHeaders } from "../lib/asked.ts";

/** `traceparent` of W3C Trace Context. Version 00 has four parts; a later version may have more. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/** The id of the trace that a request's `traceparent` names; `undefined`: it has no such header, or a malformed header. */
export function traceIdIn(headers: Pick<ReadHeaders, "get">): string | undefined {
  const [, version, id, more] = TRACEPARENT.exec(headers.get("traceparent") ?? "") ?? [];
  return version === "00" && more !== undefined ? undefined : id;
}
