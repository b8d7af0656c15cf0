import type { LogEntry } from "../log.ts";
import { requestIdOf } from "../observe/request-facts.ts";
import type { Visit } from "../request/exchange.ts";
import { failedLogin, LOGIN_PATH, type LoginFailure } from "./answers.ts";
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

/** Failures of a guard. No login was under way, so none has failed. */
const OF_GUARD: readonly LoginFailure[] = ["login_required", "login_elsewhere", "role_missing"];

/** The answer for a failure, and a line in the log. */
export function failLogin(visit: Visit, code: LoginFailure, { hosts, to, reason }: Failing): Response {
  const { request, url, observer } = visit;
  if (!OF_GUARD.includes(code)) observer.loggedIn(code);
  const event: LogEntry["event"] = code === "login_unavailable" ? "login_unavailable" : "login_refused";
  if (code !== "login_required") observer.note({ event, code, ...(reason === undefined ? {} : { reason }) });
  const query = `${code === "role_missing" ? "as=other&" : ""}to=${encodeURIComponent(to ? keptPathOf(to) : "/")}`;
  const mayHelp = code !== "login_elsewhere" && hosts.includes(url.hostname);
  return failedLogin(code, request, {
    requestId: requestIdOf({ ...observer.facts }),
    again: mayHelp ? `${LOGIN_PATH}?${query}` : undefined,
  });
}
