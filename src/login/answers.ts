import type { AskedParts } from "../lib/asked.ts";
import { escapeHtml } from "../lib/html.ts";
import type { Responded } from "../request/responder.ts";
import { type Intent, NO_INTENT } from "../session/session.ts";
import { namesInOwn } from "../upstream/wire/origin-headers.ts";

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
  login_loops: { status: 400, title: "This page asks for one login after another" },
  cookies_refused: { status: 400, title: "Your browser keeps no cookie of this site" },
  login_denied: { status: 403, title: "Your provider did not log you in" },
  other_account: { status: 403, title: "That is not the account that is logged in here" },
  step_up_refused: { status: 403, title: "Your provider did not log you in as this page needs it" },
  ...((typeof MOOR_LOGINS === "undefined" || MOOR_LOGINS ? ofSeveral() : {}) as ReturnType<typeof ofSeveral>),
  role_missing: { status: 403, title: "Your account may not use this page" },
  claims_too_large: { status: 403, title: "Your provider says too much about you" },
  login_unavailable: { status: 503, title: "Nobody can log in just now" },
} as const;

/** The failures of a site with several logins. */
function ofSeveral() {
  return { login_elsewhere: { status: 403, title: "Visitors of this page log in at another host" } } as const;
}

/** The code of a failure of a login. */
export type LoginFailure = keyof typeof LOGIN_FAILURES;

/** Has no cache keep an answer. The next page does not learn the address, which may hold a code. */
const PRIVATE = { "Cache-Control": "no-store", "Referrer-Policy": "no-referrer" };

/**
 * Sends a browser elsewhere.
 *
 * @param more headers of the answer, such as cookies. Default: none.
 */
export function redirectTo(location: string, status: 302 | 303, more?: Headers): Response {
  const headers = new Headers(more);
  for (const [name, value] of Object.entries({ ...PRIVATE, Location: location })) headers.set(name, value);
  return new Response(null, { status, headers });
}

/** The answer of Moor itself to a request with a session. */
export function ownAnswer(response: Response, intent: Intent = NO_INTENT): Responded {
  return { kind: "response", response, names: namesInOwn(response.headers), intent, pin: undefined };
}

/**
 * A page that asks for the same address again, this time from this site. A browser with `SameSite=Strict` sends no cookie with the redirect
 * from the provider.
 */
export function askAgainFromHere(url: URL): Response {
  const address = escapeHtml(url.pathname + url.search);
  const page = `<!doctype html>\n<meta http-equiv="refresh" content="0;url=${address}">\n<title>Log in</title>\n`;
  return new Response(page, { headers: { ...PRIVATE, "Content-Type": "text/html; charset=utf-8" } });
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
