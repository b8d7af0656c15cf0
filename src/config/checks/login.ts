import { isRecord } from "../../settings/grammar.ts";
import { describe, type Item, itemsOf, type Mistake } from "../../settings/mistakes.ts";
import { at, type Guard, hostWithoutLogin, loginOfHost, loginsIn, pathsTo, severalMistakes } from "./logins.ts";
import { coversHost, coversPath, leadsTo } from "./routes.ts";

/** Mistakes of logins and of the guards on routes. A mistake here would open a page that its author believes to be guarded. */
export function loginMistakes(
  input: Record<string, unknown>,
  { pools, routes }: { pools: readonly Item[]; routes: readonly Item[] },
): Mistake[] {
  const { principals, require: ofSite } = input;
  const guards = routes.map((route) => ({ ...route, require: route.value.require ?? ofSite ?? "none" }));
  const site = { path: "", value: { require: ofSite }, require: ofSite };
  const own = [site, ...guards].filter(({ value }) => value.require !== undefined && value.require !== "none");
  const logins = loginsIn(input);
  if (logins.length === 0) return own.map(needsLogin);
  const isGuarded = ofSite !== undefined && ofSite !== "none";
  const guarded = guards.filter(({ require }) => require !== "none");
  return [
    ...(typeof MOOR_LOGINS === "undefined" || MOOR_LOGINS ? severalMistakes(input, logins, { own, guarded }) : []),
    ...own.flatMap((guard) => unknownRole(guard, logins)),
    ...guarded.flatMap((guard) => guardWithoutSession(guard, pools)),
    ...guarded.flatMap((guard) => hostWithoutLogin(guard, logins)),
    ...openings(guards),
    ...pools.flatMap((pool) => loginByOrigin(pool, routes.length > 0 ? guarded : isGuarded ? undefined : [])),
    ...carriersBesideCookie(input.carriers),
    ...logins.flatMap(({ value, path }) => [
      ...((typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) && value.backchannel && !principals
        ? [backchannelWithoutIndex(path)]
        : []),
      ...((typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH) && value.refreshSeconds !== undefined
        ? refreshWithoutObject(path, input.stores)
        : []),
    ]),
  ];
}

/** The object of a session has the provider asked once, whatever the number of isolates. */
function refreshWithoutObject(login: string, stores: unknown): Mistake[] {
  const authority = isRecord(stores) && isRecord(stores.authority) ? stores.authority : { type: "object" };
  if (authority.type === "object") return [];
  const found = `a number, with stores.authority of type ${describe(authority.type)}`;
  return [{ path: `${login}.refreshSeconds`, found, accepted: "no value, or Durable Objects as the authority" }];
}

/** The index of a principal's sessions finds the sessions that the provider ends. */
function backchannelWithoutIndex(login: string): Mistake {
  return { path: `${login}.backchannel`, found: "true", accepted: "false, or with principals: {}" };
}

function needsLogin({ path, value }: Pick<Guard, "path" | "value">): Mistake {
  return {
    path: at(path, "require"),
    found: describe(value.require),
    accepted: '"none" without login: there is no provider',
  };
}

/** A role counts with the login that has it. At hosts of other logins nobody has the role, and its pages are closed. */
function unknownRole({ path, value, require }: Guard, logins: readonly Item[]): Mistake[] {
  const { role, login } = isRecord(require) ? require : {};
  const { host } = value;
  const owner = typeof host === "string" && !host.startsWith("*.") ? loginOfHost(logins, host) : undefined;
  const judging = logins.filter((each) => (login === undefined ? !owner || each === owner : each.value.id === login));
  const names = judging.flatMap(({ value: { roles } }) => (isRecord(roles) ? Object.keys(roles) : []));
  if (typeof role !== "string" || names.includes(role) || judging.length === 0) return [];
  const accepted = `a role of ${pathsTo(judging, "roles")}: ${names.join(", ") || "there is none yet"}`;
  return [{ path: at(path, "require.role"), found: describe(role), accepted }];
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
      const isSame = requirementOf(guard) === requirementOf(other);
      if (place === index || guard.require === "none" || isSame) return [];
      if (!sharesPool(guard, other) || !comesPast(other.value, guard.value, place < index)) return [];
      const found = `${describe(other.require)}, though ${guard.path} requires ${describe(guard.require)} for the same pool and path`;
      const accepted = `the same as ${guard.path}: a request with another host, method or header would come past its guard`;
      return [{ path: `${other.path}.require`, found, accepted }];
    }),
  );
}

/**
 * What a guard requires, to be compared. A guard of a host may leave the login to the host, or name it. Without a host it requires the login
 * that it names at every host.
 */
function requirementOf({ require, value: { host } }: Guard): string {
  const { login, ...rest } = isRecord(require) ? require : {};
  if (require === "none") return require;
  return JSON.stringify(host === undefined ? { login, ...rest } : rest);
}

/** Whether a route takes requests for the path of a guard that do not meet the guard's other conditions. */
function comesPast(other: Item["value"], guard: Item["value"], isEarlier: boolean): boolean {
  if (typeof other.path !== "string" || typeof guard.path !== "string" || !coversPath(other.path, guard.path))
    return false;
  const host = (value: Item["value"]) => (typeof value.host === "string" ? value.host : undefined);
  const isConditional = guard.methods !== undefined || (Array.isArray(guard.headers) && guard.headers.length > 0);
  if (isConditional) return coversHost(host(other), host(guard)) || coversHost(host(guard), host(other));
  // An earlier route of a host takes what is asked for there, also from a guard of every host.
  const takesHost = isEarlier && host(other) !== host(guard);
  return takesHost || !coversHost(host(guard), host(other));
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
