import { isRecord } from "../../settings/grammar.ts";
import { describe, type Item, type Mistake } from "../../settings/mistakes.ts";
import { loginOfHost, pathsTo } from "./logins.ts";

/** Mistakes of the operators' console. */
export function consoleMistakes(
  admin: Record<string, unknown>,
  logins: readonly Item[],
  routes: readonly Item[],
  { deploy }: { deploy: boolean },
): Mistake[] {
  const roles = roleMistakes(admin, logins);
  return admin.console === true ? [...hostMistakes(admin.host, routes, deploy), ...roles] : roles;
}

/** The console shares its host with no page: a script of that page could act as the operator. */
function hostMistakes(host: unknown, routes: readonly Item[], deploy: boolean): Mistake[] {
  if (host === undefined) {
    const accepted = "in a deploy: true only with admin.host, a host of its own";
    return deploy ? [{ path: "admin.console", found: "true without admin.host", accepted }] : [];
  }
  return routes
    .filter(({ value }) => value.host === host)
    .map(({ path }) => ({
      path: `${path}.host`,
      found: `${describe(host)}, the host of the console`,
      accepted: "a host that is not admin.host while admin.console is true",
    }));
}

/** Operators by role log in at the host of the console, so the provider has to know that host. */
function roleMistakes({ console, host, roles }: Record<string, unknown>, logins: readonly Item[]): Mistake[] {
  if (!isRecord(roles)) return [];
  const path = "admin.roles";
  if (console !== true) return [{ path, found: "roles without a console", accepted: "only with admin.console: true" }];
  if (logins.length === 0)
    return [{ path, found: "roles without login", accepted: "only with login, whose roles they are" }];
  const named = logins.filter(({ value: { hosts } }) => Array.isArray(hosts) && hosts.includes(host));
  const [login] = typeof host === "string" ? named : [loginOfHost(logins, "localhost")];
  const judging = login ? [login] : logins;
  const names = judging.flatMap(({ value }) => (isRecord(value.roles) ? Object.keys(value.roles) : []));
  const unknown = ["act", "view"].flatMap((may): Mistake[] => {
    const role = roles[may];
    if (typeof role !== "string" || names.includes(role)) return [];
    const accepted = `a role of ${pathsTo(judging, "roles")}: ${names.join(", ") || "there is none yet"}`;
    return [{ path: `${path}.${may}`, found: describe(role), accepted }];
  });
  if (typeof host !== "string" || login) return unknown;
  const accepted = "a list with admin.host, where operators log in";
  return [...unknown, { path: pathsTo(logins, "hosts"), found: `no ${describe(host)}`, accepted }];
}
