import type { ResolvedConfig, ResolvedLogin } from "../../config/resolved.ts";
import { LOGOUT_PATH } from "../../request/logout.ts";
import type { Visitor } from "../../request/visitor.ts";
import { judge, type Login } from "../../session/login.ts";
import { CONSOLE } from "./guard.ts";
import type { Operator, Passes } from "./operator.ts";

/** The parts by which roles are judged. */
export interface ByRoleParts {
  /** The login of the console's host. */
  readonly login: ResolvedLogin | undefined;
  readonly roles: NonNullable<ResolvedConfig["admin"]>["roles"];
  readonly passes: Pick<Passes, "formToken">;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/**
 * The rights of a visitor by their login at the provider. `nobody`: they are not logged in. `no-role`: `who` is logged in and has no role
 * of the console. `unavailable`: no store that knows the session answers.
 */
export type Judged =
  | { readonly kind: "operator"; readonly operator: Operator }
  | { readonly kind: "no-role"; readonly who: string }
  | { readonly kind: "nobody" | "unavailable" };

/** Judges visitors by the roles of `admin.roles`. The session is read at each request, so an end of the session ends the rights at once. */
export function createByRole({
  login: settings,
  roles,
  passes,
  clock,
}: ByRoleParts): (visitor: Visitor | undefined) => Promise<Judged> {
  if (!settings || !roles) return async () => ({ kind: "nobody" });
  const has = (login: Login, role: string | undefined) =>
    role !== undefined && judge(login, [{ role }], settings, clock()).kind === "allowed";

  return async (visitor) => {
    const found = (await visitor?.loggedIn()) ?? { kind: "nobody" };
    if (found.kind !== "login") return found;
    const { login, principal } = found;
    const who = `login:${principal}`;
    const may = has(login, roles.act) ? "act" : has(login, roles.view) ? "view" : undefined;
    if (!may) return { kind: "no-role", who };
    const logout = `${LOGOUT_PATH}?to=${CONSOLE}/login`;
    return { kind: "operator", operator: { who, may, formToken: await passes.formToken(who, login.at), logout } };
  };
}
