import { isRecord } from "../../settings/grammar.ts";
import { describe, type Item, itemsOf, type Mistake } from "../../settings/mistakes.ts";
import { coversHost, coversPath, leadsTo } from "./routes.ts";

/** Mistakes of a login and of the guards on routes. A mistake here would open a page that its author believes to be guarded. */
export function loginMistakes(
  input: Record<string, unknown>,
  { pools, routes }: { pools: readonly Item[]; routes: readonly Item[] },
): Mistake[] {
  const { login, principals, require: ofSite } = input;
  const guards = routes.map((route) => ({ ...route, require: route.value.require ?? ofSite ?? "none" }));
  if (!isRecord(login)) {
    const site = { path: "", value: { require: ofSite }, require: ofSite };
    return [site, ...guards]
      .filter(({ value }) => value.require !== undefined && value.require !== "none")
      .map(needsLogin);
  }
  const isGuarded = ofSite !== undefined && ofSite !== "none";
  const guarded = guards.filter(({ require }) => require !== "none");
  return [
    ...[{ path: "", require: ofSite }, ...guarded].flatMap((guard) => unknownRole(guard, login.roles)),
    ...guarded.flatMap((guard) => guardWithoutSession(guard, pools)),
    ...guarded.flatMap((guard) => hostWithoutLogin(guard, login.hosts)),
    ...openings(guards),
    ...pools.flatMap((pool) => loginByOrigin(pool, routes.length > 0 ? guarded : isGuarded ? undefined : [])),
    ...carriersBesideCookie(input.carriers),
    ...(login.backchannel === true && principals === undefined ? [backchannelWithoutIndex()] : []),
    ...(login.refreshSeconds === undefined ? [] : refreshWithoutObject(input.stores)),
  ];
}

/** The object of a session has the provider asked once, whatever the number of isolates. */
function refreshWithoutObject(stores: unknown): Mistake[] {
  const authority = isRecord(stores) && isRecord(stores.authority) ? stores.authority : { type: "object" };
  if (authority.type === "object") return [];
  const found = `a number, with stores.authority of type ${describe(authority.type)}`;
  return [{ path: "login.refreshSeconds", found, accepted: "no value, or Durable Objects as the authority" }];
}

/** The index of a principal's sessions finds the sessions that the provider ends. */
function backchannelWithoutIndex(): Mistake {
  return { path: "login.backchannel", found: "true", accepted: "false, or with principals: {}" };
}

/** A route with the login that it requires. */
interface Guard extends Item {
  readonly require: unknown;
}

const at = (path: string, key: string) => (path === "" ? key : `${path}.${key}`);

function needsLogin({ path, value }: Pick<Guard, "path" | "value">): Mistake {
  return {
    path: at(path, "require"),
    found: describe(value.require),
    accepted: '"none" without login: there is no provider',
  };
}

function unknownRole({ path, require }: Pick<Guard, "path" | "require">, roles: unknown): Mistake[] {
  const role = isRecord(require) ? require.role : undefined;
  const names = isRecord(roles) ? Object.keys(roles) : [];
  if (typeof role !== "string" || names.includes(role)) return [];
  const accepted = `a role of login.roles: ${names.join(", ") || "there is none yet"}`;
  return [{ path: at(path, "require.role"), found: describe(role), accepted }];
}

/** A visitor logs in at hosts that the provider knows, and no provider knows a wildcard. */
function hostWithoutLogin({ value: { host }, path }: Guard, hosts: unknown): Mistake[] {
  if (typeof host !== "string") return [];
  const isKnown = Array.isArray(hosts) ? host.startsWith("*.") || hosts.includes(host) : !host.startsWith("*.");
  if (isKnown) return [];
  const accepted = Array.isArray(hosts) ? "a host of login.hosts" : "a host by its name, or login.hosts with its names";
  return [{ path: `${path}.host`, found: `${describe(host)} with a guard`, accepted }];
}

/** A login is kept with a session, and a pool that learns serves visitors without a session. */
function guardWithoutSession({ value, path, require }: Guard, pools: readonly Item[]): Mistake[] {
  const learns = pools.some((pool) => leadsTo({ value, path }, pool.value.id) && pool.value.learn !== undefined);
  if (value.session !== false && !learns) return [];
  const found = `${describe(require)} on a route ${learns ? "to a pool that learns" : "without sessions"}`;
  const accepted = '"none", because a login is kept with the session of Moor';
  return [{ path: `${path}.require`, found, accepted }];
}

/**
 * Routes by which a request comes past the guard of an earlier route: to the same pool and path, if it leaves out a header, or uses
 * another method or another host.
 */
function openings(guards: readonly Guard[]): Mistake[] {
  return guards.flatMap((guard, index) =>
    guards.flatMap((other, place) => {
      const isSame = JSON.stringify(guard.require) === JSON.stringify(other.require);
      if (place === index || guard.require === "none" || isSame) return [];
      if (!sharesPool(guard, other) || !comesPast(other.value, guard.value)) return [];
      const found = `${describe(other.require)}, though ${guard.path} requires ${describe(guard.require)} for the same pool and path`;
      const accepted = `the same as ${guard.path}: a request with another host, method or header would come past its guard`;
      return [{ path: `${other.path}.require`, found, accepted }];
    }),
  );
}

/** Whether a route takes requests for the path of a guard that do not meet the guard's other conditions. */
function comesPast(other: Item["value"], guard: Item["value"]): boolean {
  if (typeof other.path !== "string" || typeof guard.path !== "string" || !coversPath(other.path, guard.path))
    return false;
  const host = (value: Item["value"]) => (typeof value.host === "string" ? value.host : undefined);
  const isConditional = guard.methods !== undefined || (Array.isArray(guard.headers) && guard.headers.length > 0);
  if (isConditional) return coversHost(host(other), host(guard)) || coversHost(host(guard), host(other));
  return !coversHost(host(guard), host(other));
}

function sharesPool(one: Guard, other: Guard): boolean {
  const ids = Array.isArray(one.value.pool)
    ? itemsOf(one.value, "pool").map(({ value }) => value.id)
    : [one.value.pool];
  return ids.some((id) => leadsTo(other, id));
}

/**
 * Origins behind a guard may not say who the visitor is.
 *
 * @param guarded `undefined`: there are no routes, and the site is guarded.
 */
function loginByOrigin({ value, path }: Item, guarded: readonly Guard[] | undefined): Mistake[] {
  const { session, id } = value;
  const may = isRecord(session) ? session.may : undefined;
  if (!Array.isArray(may) || !may.includes("principal")) return [];
  if (guarded && !guarded.some((guard) => leadsTo(guard, id))) return [];
  const accepted = 'no "principal" behind a guard: the provider says who the visitor is';
  return [{ path: `${path}.session.may`, found: '"principal"', accepted }];
}

/** A stranger who can plant a token could have a visitor log in to the stranger's account. */
function carriersBesideCookie(carriers: unknown): Mistake[] {
  return (Array.isArray(carriers) ? carriers : []).flatMap((carrier, index): Mistake[] => {
    if (!isRecord(carrier)) return [];
    const isCookie = carrier.type === "cookie";
    const key = isCookie ? ["domain", "prefix", "path"].find((name) => !isHostOnly(name, carrier[name])) : "type";
    if (key === undefined) return [];
    const accepted = isCookie
      ? "with login: a cookie of one host, with the prefix __Host-"
      : "with login: the cookie alone, because strangers can plant other tokens";
    return [{ path: `carriers[${index}].${key}`, found: describe(carrier[key]), accepted }];
  });
}

function isHostOnly(name: string, given: unknown): boolean {
  return given === undefined || (name === "prefix" && given === "__Host-") || (name === "path" && given === "/");
}
