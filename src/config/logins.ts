import type { ResolvedConfig, ResolvedLogin } from "./resolved.ts";

/** All logins of a configuration: that of `login`, or those of `logins`. */
export function loginsOf({ login, logins }: Pick<ResolvedConfig, "login" | "logins">): readonly ResolvedLogin[] {
  const several = typeof MOOR_LOGINS === "undefined" || MOOR_LOGINS ? logins : undefined;
  return several ?? (login ? [login] : []);
}

/**
 * The login of the visitors of a host: the login that names the host, otherwise the login that names no hosts. The login of `login` is that
 * of every host. `undefined`: nobody logs in at this host, and its guards are closed.
 *
 * @param hostname without a port. As for routes, a dot at its end does not count.
 */
export function loginAt(logins: readonly ResolvedLogin[], hostname: string): ResolvedLogin | undefined {
  if (!(typeof MOOR_LOGINS === "undefined" || MOOR_LOGINS)) return logins[0];
  const host = hostname.replace(/\.$/, "");
  return (
    logins.find(({ hosts }) => hosts?.includes(host)) ??
    logins.find(({ id, hosts }) => id === undefined || hosts === undefined)
  );
}

/**
 * The name of the secret of a login: `MOOR_LOGIN_SECRET`, or `MOOR_LOGIN_SECRET_STAFF_EU` of the login `staff-eu`.
 *
 * @param id of a login of `logins`; `undefined`: the login of `login`.
 */
export function secretNameOf(id: string | undefined): "MOOR_LOGIN_SECRET" | `MOOR_LOGIN_SECRET_${string}` {
  return (typeof MOOR_LOGINS === "undefined" || MOOR_LOGINS) && id !== undefined
    ? `MOOR_LOGIN_SECRET_${id.toUpperCase().replaceAll("-", "_")}`
    : "MOOR_LOGIN_SECRET";
}
