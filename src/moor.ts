import type { Adoption } from "./adoption/adoption.ts";
import { createAdmin } from "./api/app.ts";
import type { RequireConfig } from "./config/login-types.ts";
import { loginsOf } from "./config/logins.ts";
import { readAddress } from "./inbound/address.ts";
import { type Asked, askedBy } from "./inbound/arrival.ts";
import { createLogins, type LoginBindings } from "./login/logins.ts";
import { cutOverrides } from "./login/override-headers.ts";
import { createAtOrigins } from "./moor/at-origins.ts";
import { createCounters } from "./observe/counters.ts";
import type { Observer } from "./observe/observer.ts";
import { createSignals } from "./observe/signals.ts";
import {
  answerAstray,
  createExchange,
  type Exchange,
  type Handling,
  type KeepAlive,
  outlivesClient,
  postAgain,
  type Visit,
} from "./request/exchange.ts";
import { LOGOUT_PATH } from "./request/logout.ts";
import type { MoorParts } from "./request/parts.ts";
import { isFormOfOtherSite } from "./request/repost.ts";
import { createVisitor } from "./request/visitor.ts";
import type { OldRef } from "./session/record.ts";
import type { Breaker } from "./store/breaker.ts";
import { createIgnores } from "./upstream/routes.ts";
import { isBodyUnsendable, takeBody } from "./upstream/send/body.ts";
import { createUpstream, type Upstream } from "./upstream/upstream.ts";

/** Answers a request, whatever happens; `keepAlive` holds on to work that must not end when its client leaves. */
export type Moor = (request: Request, keepAlive: KeepAlive) => Promise<Response>;

/** `fetch` cannot send these methods. */
const UNSUPPORTED_METHODS = new Set(["CONNECT", "TRACE", "TRACK"]);

/**
 * Puts Moor together. Below, a request goes by from top to bottom; the numbers are those of the README's list.
 *
 * @param bindAdoption needed if the configuration has `adopt`. Default: no session of an old application is adopted.
 */
export function createMoor(
  parts: MoorParts & { readonly login?: LoginBindings | undefined },
  bindAdoption?: (upstream: Upstream) => Adoption,
): Moor {
  const { config, handoff, clock, log } = parts;
  const ended = bindAdoption && ((old: OldRef, visit: Visit) => (adoption as Adoption).ended(old, visit));
  const exchange = createExchange({ ...parts, ended });
  const upstream = createUpstream(config, clock, cutting(parts, exchange), { ...parts.bindings, log }, handoff);
  const logins =
    (typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && parts.login && loginsOf(config).length > 0
      ? createLogins({ ...parts, ...parts.login, match: upstream.match, exchange, breaker: authorityBreaker(parts) })
      : undefined;
  const counters = config.admin && createCounters(clock(), parts.tallies);
  const adoption = bindAdoption?.(upstream);
  const renewing = typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH ? logins?.renewing : undefined;
  const admin = createAdmin({ ...parts, ...renewing?.reads(parts), counters });
  const ignores = config.ignore.length > 0 ? createIgnores(config.ignore) : undefined;
  const signals = createSignals({ ...parts, counters });
  const sending =
    (typeof MOOR_TRACES === "undefined" || MOOR_TRACES) && parts.tracer
      ? { ...upstream, send: parts.tracer.spanned("moor.forward", upstream.send) }
      : upstream;
  const { serve, passOn } = createAtOrigins({ config, exchange, upstream: sending, logins, adoption });
  const hasConsole = config.admin?.console === true;
  const consoleHost = hasConsole ? config.admin?.host : undefined;

  async function receive(request: Asked, observer: Observer, keepAlive: KeepAlive): Promise<Response> {
    const address = readAddress(request);
    if (address.kind !== "address") return answerAstray(address, observer);
    const { method, headers } = request;
    if (UNSUPPORTED_METHODS.has(method)) return observer.refused("method_not_supported");
    if (request.body !== null && isBodyUnsendable(request))
      return observer.refused("bad_request", `${method} with a body`);
    const { url, host } = address;
    const { pathname } = url;
    observer.addressed(pathname);
    if (consoleHost !== undefined && url.hostname === consoleHost && !pathname.startsWith("/.moor/"))
      return observer.refused("no_route");
    const isLogin = (typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && logins?.owns(url) === true;
    if (pathname.startsWith("/.moor/") && pathname !== LOGOUT_PATH && !isLogin)
      return admin.fetch(
        request.original,
        (entry) => observer.note(entry),
        (typeof MOOR_CONSOLE === "undefined" || MOOR_CONSOLE) && hasConsole
          ? createVisitor({ ...exchange, renewing }, request, address, observer, keepAlive)
          : undefined,
      );

    const visit = await exchange.enter(request, address, observer, keepAlive); // 1, 2
    if (pathname === LOGOUT_PATH) {
      const ended = exchange.logOut(visit);
      return (typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && logins ? logins.leave(visit, await ended) : ended;
    }
    if ((typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && logins && isLogin) return logins.answer(visit);
    const route = upstream.match({ host, pathname, method, headers }); // 3
    if (!route) return observer.refused("no_route");
    observer.routed(route);
    let required: readonly RequireConfig[] | undefined;
    let handling: Handling = route;
    if (typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) {
      const asked = logins?.requiredBy({ host, pathname, method, headers }, route);
      if (asked === "unreadable") return observer.refused("bad_request", "a path that can be read in several ways");
      required = asked?.required;
      if (asked?.isStrict && route.freshness !== "strict") handling = { ...route, freshness: "strict" };
    }
    const needsSession = required !== undefined || (route.session && !ignores?.(request, pathname));
    if (needsSession && route.crossSite === "repost" && isFormOfOtherSite(request, url, visit.client))
      return postAgain(visit, request.original);
    // The body is read before a lease is taken, because a client may be slow to send it, and other requests wait for the lease.
    const body = request.body === null ? null : await takeBody(request.original);
    if (body === "incomplete") return observer.refused("bad_request", "incomplete body");
    // A client that holds a body back must not be served from copies that became too old meanwhile.
    const arrival = body === null ? visit.arrival : { ...visit.arrival, arrivedAt: clock() };
    const routed = { ...visit, arrival, host, route, body, required, handling };
    const arriving = needsSession && adoption?.concerns(routed) ? adoption : undefined;
    const answered = arriving ? arriving.serve(routed, serve) : needsSession ? serve(routed) : passOn(routed);
    if (outlivesClient(visit, route)) keepAlive(answered);
    return answered;
  }

  return (given, keepAlive) => {
    const request = askedBy(given);
    return signals.serve(request, (observer) => receive(request, observer, keepAlive));
  };
}

/**
 * Cuts out of the headers for an origin what carriers read, and behind a guard what would make it serve another path. A trace goes on
 * in those headers.
 */
function cutting({ config, tracer }: MoorParts, { carriers }: Exchange): Exchange["carriers"]["cut"] {
  const { cut } = carriers;
  const others: ((headers: Headers) => void)[] = [];
  if ((typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && loginsOf(config).length > 0) others.push(cutOverrides);
  if ((typeof MOOR_TRACES === "undefined" || MOOR_TRACES) && tracer) others.push(tracer.propagate);
  if (others.length === 0) return cut;
  return (headers, sent) => {
    cut(headers, sent);
    for (const other of others) other(headers);
  };
}

function authorityBreaker({ breakers, authority }: MoorParts): Breaker | undefined {
  return breakers?.find(({ name }) => name === authority.name);
}
