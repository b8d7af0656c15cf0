import { failurePage, RETRY_AFTER_SECONDS } from "../errors.ts";
import type { AskedParts } from "../lib/asked.ts";
import { escapeHtml } from "../lib/html.ts";

/** Where a visitor logs in. `?to=` names the page that they want, and `?as=other` asks for another account. */
export const LOGIN_PATH = "/.moor/login";
/** Where the provider sends a visitor back to. */
export const CALLBACK_PATH = "/.moor/login/callback";

/** Where the provider sends a visitor back to after a logout there. */
export const LEFT_PATH = "/.moor/login/left";

/** Where the provider ends sessions. */
export const BACKCHANNEL_PATH = "/.moor/login/backchannel";

/** The failures of logins for which Moor answers itself. */
export const LOGIN_FAILURES = {
  login_required: { status: 401, title: "This page needs a login" },
  login_failed: { status: 400, title: "The login could not be finished" },
  login_loops: { status: 400, title: "The login was done several times, and this page asks for it again" },
  cookies_refused: { status: 400, title: "Your browser keeps no cookie of this site, so nobody can log in" },
  login_denied: { status: 403, title: "Your provider did not log you in" },
  other_account: { status: 403, title: "You have confirmed another account than the account that is logged in here" },
  step_up_refused: { status: 403, title: "Your provider did not confirm the login in the way that this page needs" },
  login_elsewhere: { status: 403, title: "Visitors of this page log in at another host" },
  role_missing: { status: 403, title: "Your account may not use this page" },
  claims_too_large: { status: 403, title: "Your provider says more about you than this site can keep" },
  login_unavailable: { status: 503, title: "Nobody can log in just now" },
} as const;

/** The code of a failure of a login. */
export type LoginFailure = keyof typeof LOGIN_FAILURES;

/** Additions to the answer of a failure. */
export interface LoginFailureOptions {
  readonly requestId: string;
  /** Where a login can begin, or begin again. Default: nowhere. */
  readonly again?: string | undefined;
}

/** The answer for a failure of a login: a page with a link if the client accepts HTML, otherwise problem details (RFC 9457). */
export function failedLogin(
  code: LoginFailure,
  request: AskedParts,
  { requestId, again }: LoginFailureOptions,
): Response {
  const { status, title } = LOGIN_FAILURES[code];
  const isPage = (request.headers.get("Accept") ?? "").includes("text/html");
  const headers = new Headers({
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Type": isPage ? "text/html; charset=utf-8" : "application/problem+json",
  });
  if (status === 401) headers.set("WWW-Authenticate", `Moor login="${LOGIN_PATH}"`);
  if (status === 503) headers.set("Retry-After", String(RETRY_AFTER_SECONDS));
  const login = status === 401 ? LOGIN_PATH : undefined;
  const body = isPage
    ? failurePage(status, title, requestId, again && linkTo(again, request.method))
    : JSON.stringify({ type: "about:blank", title, status, code, login, request: requestId });
  return new Response(request.method === "HEAD" ? null : body, { status, headers });
}

/** A page in a frame opens the login in the whole window, because no provider shows its form in a frame. */
function linkTo(href: string, method: string): string {
  const isLost = method !== "GET" && method !== "HEAD";
  const advice = isLost ? "<p>Log in in another tab, then send this form again.</p>" : "";
  const target = isLost ? "_blank" : "_top";
  return `\n${advice}<p><a href="${escapeHtml(href)}" target="${target}" rel="noreferrer">Log in</a></p>`;
}

/** Sends a browser elsewhere. No cache keeps that, and the next page does not learn this address, which may hold a code. */
export function redirectTo(location: string, status: 302 | 303): Response {
  const headers = { Location: location, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer" };
  return new Response(null, { status, headers });
}

/**
 * A page that asks for the same address again, this time from this site. A browser with `SameSite=Strict` sends no cookie with the redirect
 * from the provider.
 */
export function askAgainFromHere(url: URL): Response {
  const address = escapeHtml(url.pathname + url.search);
  const page = `<!doctype html>\n<meta http-equiv="refresh" content="0;url=${address}">\n<title>Log in</title>\n`;
  const headers = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
  };
  return new Response(page, { headers });
}

/**
 * Whether the answer to a request is a page that a person sees in a window of its own. Only such a request is redirected to a provider:
 * a script, a frame or a prefetch could do nothing with the provider's form, and the body of a POST would be lost.
 */
export function isNavigation({ method, headers }: AskedParts): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  if (/\bprefetch\b/.test(`${headers.get("Sec-Purpose")} ${headers.get("Purpose")}`)) return false;
  const mode = headers.get("Sec-Fetch-Mode");
  if (mode !== null) return mode === "navigate" && headers.get("Sec-Fetch-Dest") === "document";
  return (headers.get("Accept") ?? "").includes("text/html") && !headers.has("X-Requested-With");
}
