/** What Moor itself answers when it cannot pass a response on. */
export const FAILURES = {
  bad_request: { status: 400, title: "This request cannot be understood" },
  method_not_supported: { status: 405, title: "This method is not supported" },
  no_route: { status: 404, title: "Nothing is served here" },
  session_ended: { status: 409, title: "Your session has ended; reload the page and try again" },
  not_configured: { status: 500, title: "This site is not set up correctly" },
  internal_error: { status: 500, title: "Something went wrong here" },
  origin_unreachable: { status: 502, title: "No server could be reached" },
  origin_change_refused: { status: 502, title: "The server's answer could not be accepted" },
  session_unavailable: { status: 503, title: "Sessions cannot be reached just now" },
  origin_timeout: { status: 504, title: "The server took too long to answer" },
} as const;

/** Why Moor answers itself. */
export type FailureCode = keyof typeof FAILURES;

/** After how many seconds a client may try again what failed on this side, `Retry-After`. */
const RETRY_AFTER_SECONDS = 2;

/**
 * The response for a failure: a page if the client accepts HTML, else problem details (RFC 9457). It says what the
 * client can do and nothing of what is behind: no origin, no session, no cause.
 */
export function failureResponse(code: FailureCode, request: Request): Response {
  const { status, title } = FAILURES[code];
  const headers = new Headers({ "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" });
  if (status >= 502) headers.set("Retry-After", String(RETRY_AFTER_SECONDS));
  const wantsPage = (request.headers.get("Accept") ?? "").includes("text/html");
  headers.set("Content-Type", wantsPage ? "text/html; charset=utf-8" : "application/problem+json");
  const body = wantsPage ? page(status, title) : JSON.stringify({ type: "about:blank", title, status, code });
  return new Response(request.method === "HEAD" ? null : body, { status, headers });
}

function page(status: number, title: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${status}: ${title}</title>
<style>
  :root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif }
  body { margin: 20vh auto; max-width: 32rem; padding: 0 1rem }
</style>
<h1>${title}</h1>
<p>${status >= 502 ? "Please try again in a moment. " : ""}(${status})</p>
</html>
`;
}
