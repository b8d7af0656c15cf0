import { isRecord } from "../../settings/grammar.ts";
import { describe, type Item, type Mistake } from "../../settings/mistakes.ts";

/** Mistakes of the operators' console. */
export function consoleMistakes(
  admin: Record<string, unknown>,
  login: unknown,
  routes: readonly Item[],
  { deploy }: { deploy: boolean },
): Mistake[] {
  const roles = roleMistakes(admin, login);
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
function roleMistakes({ console, host, roles }: Record<string, unknown>, login: unknown): Mistake[] {
  if (!isRecord(roles)) return [];
  const path = "admin.roles";
  if (console !== true) return [{ path, found: "roles without a console", accepted: "only with admin.console: true" }];
  if (!isRecord(login))
    return [{ path, found: "roles without login", accepted: "only with login, whose roles they are" }];
  const names = isRecord(login.roles) ? Object.keys(login.roles) : [];
  const unknown = ["act", "view"].flatMap((may): Mistake[] => {
    const role = roles[may];
    if (typeof role !== "string" || names.includes(role)) return [];
    const accepted = `a role of login.roles: ${names.join(", ") || "there is none yet"}`;
    return [{ path: `${path}.${may}`, found: describe(role), accepted }];
  });
  const hosts = Array.isArray(login.hosts) ? login.hosts : [];
  if (typeof host !== "string" || hosts.includes(host)) return unknown;
  const accepted = "a list with admin.host, where operators log in";
  return [...unknown, { path: "login.hosts", found: `no ${describe(host)}`, accepted }];
}
