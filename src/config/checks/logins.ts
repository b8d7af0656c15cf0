import { isRecord } from "../../settings/grammar.ts";
import { describe, type Item, itemsOf, type Mistake } from "../../settings/mistakes.ts";
import { repeatedIds } from "./pools.ts";
import { coversHost } from "./routes.ts";

/** A route with the login that it requires. */
export interface Guard extends Item {
  readonly require: unknown;
}

/** The path of a setting. */
export const at = (path: string, key: string) => (path === "" ? key : `${path}.${key}`);

/** The paths of a setting of several logins. */
export const pathsTo = (logins: readonly Item[], key: string) => logins.map(({ path }) => at(path, key)).join(" or ");

/** The logins of a configuration as its author wrote them: `login`, or the list `logins`. */
export function loginsIn(input: Record<string, unknown>): Item[] {
  const { login } = input;
  return isRecord(login) ? [{ value: login, path: "login" }] : itemsOf(input, "logins");
}

/** The login by which visitors of a host log in, as far as the configuration says. */
export function loginOfHost(logins: readonly Item[], host: string): Item | undefined {
  return logins.find(({ value: { hosts } }) => Array.isArray(hosts) && hosts.includes(host)) ?? withoutHosts(logins)[0];
}

/**
 * Mistakes of several logins. The host of a request decides which login is meant. So no two logins have the same host.
 *
 * @param guards `own`: those that say by themselves what they require. `guarded`: all.
 */
export function severalMistakes(
  { login, logins: given }: Record<string, unknown>,
  logins: readonly Item[],
  { own, guarded }: { readonly own: readonly Guard[]; readonly guarded: readonly Guard[] },
): Mistake[] {
  const both = login !== undefined && given !== undefined;
  const hosts = logins.flatMap(({ value, path }) =>
    (Array.isArray(value.hosts) ? value.hosts : []).map((host, index) => ({ host, path: `${path}.hosts[${index}]` })),
  );
  return [
    ...(both
      ? [{ path: "logins", found: `${describe(given)}, beside login`, accepted: "either login or logins" }]
      : []),
    ...repeatedIds(logins, "each login once"),
    ...withoutHosts(logins)
      .slice(1)
      .map(({ path }) => ({
        path: `${path}.hosts`,
        found: "nothing",
        accepted: "a list of hosts: only one login may leave it out, for the host of MOOR_ISSUER",
      })),
    ...hosts.flatMap(({ host, path }, index) => {
      const first = hosts.findIndex((other) => other.host === host);
      const accepted = `each host once: ${hosts[first]?.path} has it, and a host has one login`;
      return first < index ? [{ path, found: describe(host), accepted }] : [];
    }),
    ...own.flatMap((guard) => unknownLogin(guard, logins)),
    ...guarded.flatMap((guard) => loginOfOtherHost(guard, logins)),
  ];
}

function withoutHosts(logins: readonly Item[]): Item[] {
  return logins.filter(({ value: { hosts } }) => hosts === undefined);
}

/** A guard that names a login which does not exist. */
function unknownLogin({ path, require }: Guard, logins: readonly Item[]): Mistake[] {
  const id = isRecord(require) ? require.login : undefined;
  if (typeof id !== "string" || logins.some(({ value }) => value.id === id)) return [];
  const ids = logins.flatMap(({ value }) => (typeof value.id === "string" ? [value.id] : []));
  const accepted = ids.length > 0 ? `the id of a login: ${ids.join(", ")}` : "nothing, as there is one login";
  return [{ path: at(path, "require.login"), found: describe(id), accepted }];
}

/** A visitor logs in at hosts that the provider knows, and no provider knows a wildcard. */
export function hostWithoutLogin({ value: { host }, path }: Guard, logins: readonly Item[]): Mistake[] {
  if (typeof host !== "string") return [];
  const named = logins.filter(({ value: { hosts } }) => Array.isArray(hosts));
  if (host.startsWith("*.") ? named.length > 0 : loginOfHost(logins, host)) return [];
  const accepted =
    named.length > 0
      ? `a host of ${pathsTo(named, "hosts")}`
      : `a host by its name, or ${pathsTo(logins, "hosts")} with its names`;
  return [{ path: `${path}.host`, found: `${describe(host)} with a guard`, accepted }];
}

/** A guard that no visitor can pass, because another login is that of its host. */
function loginOfOtherHost({ value: { host }, path, require }: Guard, logins: readonly Item[]): Mistake[] {
  const named = logins.find(({ value }) => isRecord(require) && value.id === require.login);
  if (typeof host !== "string" || !named || !isRecord(require) || require.login === undefined) return [];
  const { hosts } = named.value;
  const isOfHost = host.startsWith("*.")
    ? !Array.isArray(hosts) || hosts.some((each) => coversHost(host, String(each)))
    : loginOfHost(logins, host) === named;
  if (isOfHost) return [];
  const found = `${describe(require.login)} at ${describe(host)}, where nobody logs in by it`;
  return [{ path: `${path}.require.login`, found, accepted: `a login with that host, or nothing` }];
}
