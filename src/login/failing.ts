import { answerFailure } from "../errors.ts";
import { escapeHtml } from "../lib/html.ts";
import type { LogEntry } from "../log.ts";
import { requestIdOf } from "../observe/request-facts.ts";
import type { Visit } from "../request/exchange.ts";
import { LOGIN_FAILURES, LOGIN_PATH, type LoginFailure } from "./answers.ts";
import { keptPathOf } from "./destination.ts";

/** What is known of a login that has failed. */
export interface Failing {
  /** The hosts at which another login could begin. */
  readonly hosts: readonly string[];
  /** The page that the visitor wanted. Default: the first page of the site. */
  readonly to?: URL;
  /** For the log. Default: the code says all. */
  readonly reason?: string;
}

/** The answer for a failure, with a link to another login where that may help, and a line in the log. */
export function failLogin(visit: Visit, code: LoginFailure, { hosts, to, reason }: Failing): Response {
  const { request, url, observer } = visit;
  const event: LogEntry["event"] = code === "login_unavailable" ? code : "login_refused";
  if (code !== "login_required") observer.note({ event, code, ...(reason === undefined ? {} : { reason }) });
  const isElsewhere = (typeof MOOR_LOGINS === "undefined" || MOOR_LOGINS) && code === "login_elsewhere";
  const mayHelp = !isElsewhere && hosts.includes(url.hostname);
  const query = `${code === "role_missing" ? "as=other&" : ""}to=${encodeURIComponent(to ? keptPathOf(to) : "/")}`;
  const login = code === "login_required" ? LOGIN_PATH : undefined;
  const response = answerFailure({ ...LOGIN_FAILURES[code], code, login }, request, {
    requestId: requestIdOf({ ...observer.facts }),
    more: mayHelp ? linkTo(`${LOGIN_PATH}?${query}`, request.method) : undefined,
  });
  response.headers.set("Referrer-Policy", "no-referrer");
  if (login) response.headers.set("WWW-Authenticate", `Moor login="${login}"`);
  return response;
}

/** A page in a frame opens the login in the whole window, because no provider shows its form in a frame. */
function linkTo(href: string, method: string): string {
  const isLost = method !== "GET" && method !== "HEAD";
  const advice = isLost ? "<p>Log in in another tab, then send this form again.</p>" : "";
  const target = isLost ? "_blank" : "_top";
  return `\n${advice}<p><a href="${escapeHtml(href)}" target="${target}" rel="noreferrer">Log in</a></p>`;
}
