import type { Adoption } from "./adoption/adoption.ts";
import { createAdmin } from "./api/app.ts";
import type { RequireConfig } from "./config/login-types.ts";
import { readAddress } from "./inbound/address.ts";
import { type Asked, askedBy } from "./inbound/arrival.ts";
import { type Answerer, createLogins, type LoginBindings } from "./login/logins.ts";
import { createAtOrigins, type Routed } from "./moor/at-origins.ts";
import { cutting } from "./moor/cutting.ts";
import { createCounters } from "./observe/counters.ts";
import type { Observer } from "./observe/observer.ts";
import { createSignals } from "./observe/signals.ts";
import {
  type AnyVisit,
  answerAstray,
  createExchange,
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
 * @param parts.login needed if the configuration has logins.
 * @param bindAdoption needed if the configuration has `adopt`. Default: no session of an old application is adopted.
 */
export function createMoor(
  parts: MoorParts & { readonly login?: LoginBindings | undefined },
  bindAdoption?: (upstream: Upstream) => Adoption,
): Moor {
  const { config, handoff, clock, log } = parts;
  const ended = bindAdoption && ((old: OldRef, visit: AnyVisit) => (adoption as Adoption).ended(old, visit));
  const exchange = createExchange({ ...parts, ended });
  const upstream = createUpstream(config, clock, cutting(parts, exchange), { ...parts.bindings, log }, handoff);
  const logins =
    (typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && parts.login
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

  /** Answers at once what needs no visit. */
  function receive(request: Asked, observer: Observer, keepAlive: KeepAlive): Response | Promise<Response> {
    const address = readAddress(request);
    if (address.kind !== "address") return answerAstray(address, observer);
    if (UNSUPPORTED_METHODS.has(request.method)) return observer.refused("method_not_supported");
    if (request.body !== null && isBodyUnsendable(request))
      return observer.refused("bad_request", `${request.method} with a body`);
    const { url } = address;
    const { pathname } = url;
    observer.addressed(pathname);
    if (consoleHost !== undefined && url.hostname === consoleHost && !pathname.startsWith("/.moor/"))
      return observer.refused("no_route");
    const answerLogin = typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN ? logins?.answererAt(url) : undefined;
    if (pathname.startsWith("/.moor/") && pathname !== LOGOUT_PATH && !answerLogin)
      return admin.fetch(
        request.original,
        (entry) => observer.note(entry),
        (typeof MOOR_CONSOLE === "undefined" || MOOR_CONSOLE) && hasConsole
          ? createVisitor({ ...exchange, renewing }, request, address, observer, keepAlive)
          : undefined,
      );
    const { host } = address;
    const visit = exchange.enter(request, address, observer, keepAlive); // 1, 2
    return visit instanceof Promise
      ? visit.then((entered) => dispatch(entered, host, pathname, answerLogin))
      : dispatch(visit, host, pathname, answerLogin);
  }

  /** Finds who answers a visit. */
  function dispatch(visit: Visit, host: string, pathname: string, login?: Answerer): Response | Promise<Response> {
    const { request, url, observer } = visit;
    const { method, headers } = request;
    if (pathname === LOGOUT_PATH) {
      const ended = exchange.logOut(visit);
      return (typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && logins
        ? ended.then((response) => logins.leave(visit, response))
        : ended;
    }
    if ((typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && login) return login(visit);
    const route = upstream.match({ host, pathname, method, headers }); // 3
    if (!route) return observer.refused("no_route");
    observer.routed(route);
    let required: readonly RequireConfig[] | undefined;
    let handling: Handling = route;
    if (typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) {
      const asked = logins?.requiredBy({ host, pathname, method, headers }, route);
      if (asked === "unreadable") return observer.refused("bad_request", "an ambiguous path");
      required = asked?.required;
      if (asked?.isStrict && route.freshness !== "strict") handling = { ...route, freshness: "strict" };
    }
    const needsSession = required !== undefined || (route.session && !ignores?.(request, pathname));
    if (needsSession && route.crossSite === "repost" && isFormOfOtherSite(request, url, visit.client))
      return postAgain(visit, request.original);
    if (request.body === null) return answer({ ...visit, host, route, body: null, required, handling }, needsSession);
    // The body is read before a lease is taken, because a client may be slow to send it, and other requests wait for the lease.
    return takeBody(request, () => request.original.arrayBuffer()).then((body) => {
      if (body === "incomplete") return observer.refused("bad_request", "incomplete body");
      // A client that holds a body back must not be served from copies that became too old meanwhile.
      const arrival = body === null ? visit.arrival : { ...visit.arrival, arrivedAt: clock() };
      return answer({ ...visit, arrival, host, route, body, required, handling }, needsSession);
    });
  }

  function answer(routed: Routed, needsSession: boolean): Promise<Response> {
    const arriving = needsSession && adoption?.concerns(routed) ? adoption : undefined;
    const answered = arriving ? arriving.serve(routed, serve) : needsSession ? serve(routed) : passOn(routed);
    if (outlivesClient(routed, routed.route)) routed.keepAlive(answered);
    return answered;
  }

  return (given, keepAlive) => {
    const request = askedBy(given);
    return signals.serve(request, (observer) => receive(request, observer, keepAlive));
  };
}

function authorityBreaker({ breakers, authority }: MoorParts): Breaker | undefined {
  return breakers?.find(({ name }) => name === authority.name);
}
