import { isRecord } from "../settings/grammar.ts";
import { itemsOf } from "../settings/mistakes.ts";
import { coversPath } from "./checks/routes.ts";
import { poolsWithSessions } from "./defaults.ts";
import { loginsOf } from "./logins.ts";
import type { ResolvedConfig } from "./resolved.ts";

/** A valid setting whose effect its author may not expect. */
export interface Warning {
  /** The place of the setting, written as in JavaScript: `pools[0].session.may`. */
  readonly path: string;
  /** The effect, and a remedy. */
  readonly text: string;
}

/**
 * The warnings of a valid configuration. Only the `moor` command asks for them, so the Worker does not contain them.
 *
 * @param input the configuration as its author wrote it.
 */
export function warningsOf(input: unknown, config: ResolvedConfig): Warning[] {
  return isRecord(input) ? [...loginWarnings(input, config), ...pathWarnings(config), ...guardWarnings(config)] : [];
}

/** Several pools have sessions, and no pool has the right to log visitors in. */
function loginWarnings(input: Record<string, unknown>, { pools, routes, ...config }: ResolvedConfig): Warning[] {
  // Where a provider logs visitors in, origins need not.
  if (loginsOf(config).length > 0) return [];
  const withSessions = poolsWithSessions(routes);
  const served = pools.filter(({ id }) => withSessions.has(id));
  if (served.some(({ session }) => session.may.includes("principal"))) return [];
  const unset = itemsOf(input, "pools").find(({ value: { id, session } }) => {
    return withSessions.has(String(id)) && (!isRecord(session) || session.may === undefined);
  });
  if (!unset) return [];
  const names = served.map(({ id }) => id).join(", ");
  const text =
    `left out, and several pools have sessions (${names}), so their origins may only patch. A login or a logout of theirs is ` +
    'answered with 502 origin_change_refused. Set may: ["patch", "principal", "end"] for each pool that logs visitors in, or ' +
    'may: ["patch"] if no pool does';
  return [{ path: `${unset.path}.session.may`, text }];
}

/** The address of the logout lies outside the path of the cookie. */
function pathWarnings({ carriers }: ResolvedConfig): Warning[] {
  return carriers.flatMap((carrier, index) => {
    if (carrier.type !== "cookie" || carrier.path === "/") return [];
    const text =
      `a browser sends the token to ${carrier.path} and below, and nowhere else. So POST /.moor/logout does not get it: end ` +
      'sessions there by Moor-End. Set path: "/" to have the session everywhere';
    return [{ path: `carriers[${index}].path`, text }];
  });
}

/** Paths that browsers, robots and other services ask for without a session. */
const ASKED_BY_ALL = ["/robots.txt", "/favicon.ico", "/manifest.json", "/.well-known/security.txt"];

/** A guard stands before paths that everybody asks for. */
function guardWarnings({ routes, ...config }: ResolvedConfig): Warning[] {
  if (loginsOf(config).length === 0) return [];
  const closed = ASKED_BY_ALL.filter((path) => {
    const first = routes.find((route) => coversPath(route.path, path));
    return first?.require !== undefined && first.require !== "none";
  });
  if (closed.length === 0) return [];
  const text =
    `${closed.join(", ")} need a login, and browsers and robots ask for them without one. Put routes for them, with ` +
    'require: "none", before the others';
  return [{ path: "require", text }];
}
