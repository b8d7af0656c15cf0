import { failureResponse, RETRY_AFTER_SECONDS } from "../errors.ts";
import type { Log } from "../log.ts";

/** The statuses of errors that the APIs under `/.moor/` answer. */
export type ProblemStatus = 400 | 401 | 403 | 404 | 409 | 410 | 412 | 413 | 503;

/** Headers for a response that no cache may keep. */
export const NO_STORE = { "Cache-Control": "no-store" };

/** Problem details (RFC 9457) with a `code` for programs, never kept by a cache. */
export function problem(
  status: ProblemStatus,
  code: string,
  title: string,
  more: Record<string, unknown> = {},
): Response {
  const headers = new Headers({ ...NO_STORE, "Content-Type": "application/problem+json" });
  if (status === 503) headers.set("Retry-After", String(RETRY_AFTER_SECONDS));
  return Response.json({ type: "about:blank", title, status, code, ...more }, { status, headers });
}

/** Whether a browser sends the request from a page. The APIs are for servers, and there is no CORS. */
export function isBrowsers({ headers }: Request): boolean {
  return headers.has("Origin") || headers.has("Sec-Fetch-Site");
}

/** The answer for a path that does not exist, or that the client may not see. */
export function noRoute(request: Request, log: Log): Response {
  log({ event: "request_refused", reason: "no_route" });
  return failureResponse("no_route", request);
}
