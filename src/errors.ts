import type { AskedParts } from "./lib/asked.ts";

/** The failures for which Moor answers itself, because it has no response to pass on. */
export const FAILURES = {
  bad_request: { status: 400, title: "This request cannot be understood" },
  cross_site: { status: 403, title: "This request comes from another site" },
  method_not_allowed: { status: 405, title: "This is asked for by POST" },
  method_not_supported: { status: 405, title: "This method is not supported" },
  too_many_sessions: { status: 403, title: "You are logged in on too many devices; log out on one of them" },
  no_route: { status: 404, title: "Nothing is served here" },
  session_ended: { status: 409, title: "Your session has ended; reload the page and try again" },
  lock_lost: { status: 409, title: "This took too long, and another request went before it; try again" },
  form_too_large: { status: 413, title: "This form is too large to be taken from another site" },
  form_not_supported: { status: 415, title: "A form of this kind is not taken from another site" },
  too_many_new_sessions: { status: 429, title: "Too many new visitors come from your network; try again in a minute" },
  not_configured: { status: 500, title: "This site is not set up correctly" },
  internal_error: { status: 500, title: "Something went wrong here" },
  origin_unreachable: { status: 502, title: "No server could be reached" },
  origin_change_refused: { status: 502, title: "The server's answer could not be accepted" },
  own_origin_unavailable: { status: 503, title: "The server that serves you cannot be reached just now" },
  session_unavailable: { status: 503, title: "Sessions cannot be reached just now" },
  lock_timeout: { status: 503, title: "Another request of yours is still under way; try again in a moment" },
  origin_timeout: { status: 504, title: "The server took too long to answer" },
} as const;

/** The code of a failure. */
export type FailureCode = keyof typeof FAILURES;

/** A failure as its response tells it. */
export interface Failure {
  readonly status: number;
  readonly title: string;
  readonly code: string;
  /** Where a client may log in. Default: nowhere. */
  readonly login?: string | undefined;
}

/** `Retry-After` for a client that has reached a limit, in seconds. */
const LIMIT_SECONDS = 60;
/** `Retry-After` for a failure on the side of the server, in seconds. */
export const RETRY_AFTER_SECONDS = 2;

/** Additions to a failure's response. */
export interface FailureOptions {
  /** HTML in place of Moor's own page when no server behind Moor could answer: 502, 503, 504. Default: Moor's own page. */
  readonly errorPage?: string | undefined;
  /** The id of the request in the log, so that its client can quote it. Default: the response has no id. */
  readonly requestId?: string | undefined;
  /** HTML below the title of Moor's own page. Default: nothing. */
  readonly more?: string | undefined;
}

/** The response for a failure; see {@link answerFailure}. */
export function failureResponse(code: FailureCode, request: AskedParts, options?: FailureOptions): Response {
  return answerFailure({ code, ...FAILURES[code] }, request, options);
}

/**
 * The response for a failure: a page if the client accepts HTML, otherwise problem details (RFC 9457). It says how the client can
 * go on. It says nothing about the servers behind Moor: no origin, no session, no cause.
 */
export function answerFailure(
  { status, title, code, login }: Failure,
  request: AskedParts,
  { errorPage, requestId, more }: FailureOptions = {},
): Response {
  const headers = new Headers({ "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" });
  if (status === 429) headers.set("Retry-After", String(LIMIT_SECONDS));
  if (status >= 502) headers.set("Retry-After", String(RETRY_AFTER_SECONDS));
  const wantsPage = (request.headers.get("Accept") ?? "").includes("text/html");
  headers.set("Content-Type", wantsPage ? "text/html; charset=utf-8" : "application/problem+json");
  const own = status >= 502 ? errorPage : undefined;
  const body = wantsPage
    ? (own ?? failurePage(status, title, requestId, more))
    : JSON.stringify({ type: "about:blank", title, status, code, login, request: requestId });
  return new Response(request.method === "HEAD" ? null : body, { status, headers });
}

/**
 * Moor's own page for a failure.
 *
 * @param more HTML below the title. Default: nothing.
 */
export function failurePage(status: number, title: string, requestId?: string, more = ""): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${status}: ${title}</title>
<style>
  :root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif }
  body { margin: 20vh auto; max-width: 32rem; padding: 0 1rem }
</style>
<h1>${title}</h1>${more}
<p>${status >= 502 ? "Please try again in a moment. " : ""}(${status}${requestId === undefined ? "" : `, ${requestId}`})</p>
</html>
`;
}
