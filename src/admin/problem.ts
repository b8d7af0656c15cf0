import type { Context } from "hono";
import { RETRY_AFTER_SECONDS } from "../errors.ts";

/** Statuses that the APIs under `/.moor/` answer besides success. */
export type ProblemStatus = 400 | 401 | 403 | 404 | 409 | 410 | 412 | 413 | 503;

/** Problem details (RFC 9457) with a `code` for programs, never kept by a cache. */
export function problem(
  c: Context,
  status: ProblemStatus,
  code: string,
  title: string,
  more: Record<string, unknown> = {},
): Response {
  return c.json({ type: "about:blank", title, status, code, ...more }, status, {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    ...(status === 503 ? { "Retry-After": String(RETRY_AFTER_SECONDS) } : {}),
  });
}

/** Whether a browser sends the request for a page: the APIs are for servers, and there is no CORS. */
export function isBrowsers(c: Context): boolean {
  return c.req.header("Origin") !== undefined || c.req.header("Sec-Fetch-Site") !== undefined;
}
