import type { RequireConfig } from "../config/login-types.ts";
import { loginAt, loginsOf } from "../config/logins.ts";
import type { ResolvedConfig, ResolvedCors, ResolvedLogin, ResolvedRoute } from "../config/resolved.ts";
import { allowOrigin, preflight } from "../inbound/cors.ts";
import type { AskedParts } from "../lib/asked.ts";
import { clearSiteData } from "../lib/clear-site-data.ts";
import type { Log } from "../log.ts";
import type { Exchange, Responded, Visit } from "../request/exchange.ts";
import { judge } from "../session/login.ts";
import type { Session } from "../session/session.ts";
import type { Breaker } from "../store/breaker.ts";
import type { Authority, Memory, Renewals } from "../store/contracts.ts";
import type { OpenedSession } from "../store/open-session.ts";
import type { Upstream } from "../upstream/upstream.ts";
import {
  BACKCHANNEL_PATH,
  CALLBACK_PATH,
  isNavigation,
  LEFT_PATH,
  LOGIN_PATH,
  ownAnswer,
  redirectTo,
} from "./answers.ts";
import { destinationOf } from "./destination.ts";
import { failLogin } from "./failing.ts";
import { type Flow, HANDLING } from "./flow.ts";
import { createGuard, type Guard } from "./guard.ts";
import { createOneLogin, forgottenAt, type OneLogin, type OneLoginParts } from "./one-login.ts";
import { createRenewing, type Renewing } from "./renewing.ts";

/** The secrets and the address that logins need beside the configuration. */
export type LoginBindings = Pick<OneLoginParts, "ring" | "secretOf" | "issuer" | "makeBreaker">;

/** The parts that logins are made of. */
export interface LoginParts extends LoginBindings, Pick<OneLoginParts, "principals" | "clock"> {
  readonly config: Pick<ResolvedConfig, "login" | "logins" | "logout" | "require" | "routes">;
  readonly match: Upstream["match"];
  readonly exchange: Pick<Exchange, "serve">;
  readonly authority: Pick<Authority, "read">;
  /** Needed if logins are renewed. */
  readonly renewals?: Renewals | undefined;
  readonly log: Log;
  /** Of the isolate. */
  readonly memory: Pick<Memory, "keep">;
  /** The breaker of the authority. Default: the authority counts as reachable. */
  readonly breaker?: Pick<Breaker, "state"> | undefined;
}

/** A route, and everything that a request for it requires. */
export interface Guarded {
  readonly route: ResolvedRoute;
  readonly required: readonly RequireConfig[];
}

/** Guards requests, and logs visitors in at the provider. */
export interface Logins {
  readonly requiredBy: Guard["requiredBy"];
  /** Absent: logins are not renewed. */
  readonly renewing?: Renewing | undefined;
  /** Whether {@link Logins.deny} will answer a request. */
  denies(visit: Visit, session: Session, guarded: Guarded): boolean;
  /** The answer to a request whose session does not meet what is required; `undefined`: the request may go on. */
  deny(visit: Visit, opened: OpenedSession, guarded: Guarded): Promise<Responded> | Responded | undefined;
  /**
   * Sends a visitor who has logged out here to the provider, to log out there. Only the form of a page goes there: a script could do nothing
   * with the provider's page.
   *
   * @param ended the answer to the logout here.
   */
  leave(visit: Visit, ended: Response): Promise<Response>;
  /** Answers requests for an address. `undefined`: it is no address of a login. A host without a login has none. */
  answererAt(url: URL): Answerer | undefined;
}

/** Answers a request for an address of a login. */
export type Answerer = (visit: Visit) => Promise<Response>;

/**
 * Puts guard and logins together. The host of a request decides which login is meant.
 *
 * @throws TypeError if no visitor could ever log in by one of the logins.
 */
export function createLogins(parts: LoginParts): Logins {
  const { config, match, exchange, authority, breaker, clock } = parts;
  const logins = loginsOf(config);
  const guard = createGuard(config);
  const shared = {
    ...parts,
    requiredAt({ host, pathname }: URL, { headers }: AskedParts) {
      const facts = { host, pathname, method: "GET", headers };
      const route = match(facts);
      const asked = route && guard.requiredBy(facts, route);
      return asked === "unreadable" ? asked : (asked?.required ?? []);
    },
    // While the breaker is open, visitors who log in are the only ones to try the authority again.
    isAway: async ({ ref }: OpenedSession) =>
      breaker?.state() === "open" && (await authority.read(ref, clock())).kind === "unavailable",
  };
  const made = new Map(logins.map((login) => [login, createOneLogin(login, shared)]));
  if (typeof MOOR_LOGINS === "undefined" || MOOR_LOGINS) {
    for (const [login, { hosts }] of made) {
      if (!hosts.some((host) => loginAt(logins, host) === login))
        throw new TypeError(`logins: ${login.id} has no hosts, and the host of MOOR_ISSUER is that of another login.`);
    }
  }
  /** The login of the host of a request. */
  const at = ({ hostname }: URL): OneLogin | undefined => made.get(loginAt(logins, hostname) as ResolvedLogin);
  const verdictOn = ({ url }: Visit, { view }: Session, { required }: Guarded) =>
    judge(view?.login, required, loginAt(logins, url.hostname), clock());

  return {
    requiredBy: guard.requiredBy,

    renewing:
      (typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH) &&
      parts.renewals &&
      logins.some(({ refreshSeconds }) => refreshSeconds !== undefined)
        ? createRenewing({ ...parts, logins, renewals: parts.renewals })
        : undefined,

    denies: (visit, session, guarded) =>
      isForeignSocket(visit, guarded.route.cors) || verdictOn(visit, session, guarded).kind !== "allowed",

    deny(visit, opened, guarded) {
      const { request, url } = visit;
      const { cors } = guarded.route;
      if (isForeignSocket(visit, cors))
        return ownAnswer(visit.observer.refused("cross_site", "a socket of another site"));
      const verdict = verdictOn(visit, opened.session, guarded);
      if (verdict.kind === "allowed") return undefined;
      const here = at(url);
      const code = verdict.kind === "login" || verdict.kind === "step-up" ? "login_required" : verdict.kind;
      if (here && code === "login_required" && isNavigation(request))
        return here.flow.begin(visit, opened, { to: url, verdict });
      const failure = () => failLogin(visit, code, { hosts: here?.hosts ?? [], to: url });
      return ownAnswer(preflight(request, cors) ?? allowOrigin(failure(), request, cors));
    },

    async leave(visit, ended) {
      const { request, url } = visit;
      const here = at(url);
      const isForm = request.headers.get("Sec-Fetch-Mode") === "navigate";
      if (here?.login.logout !== "provider" || !isForm || ended.status >= 400) return ended;
      const to = ended.headers.get("Location") ?? "/";
      const address = await here.provider.logoutFor(url.origin + LEFT_PATH, to);
      // Some providers have no logout. The session here has ended in any case.
      if (address.kind === "address") return redirectTo(address.url.href, 303, ended.headers);
      visit.observer.note({ event: "login_unavailable", reason: address.reason });
      return ended;
    },

    answererAt(url) {
      const here = url.pathname.startsWith(LOGIN_PATH) ? at(url) : undefined;
      if (!here) return undefined;
      if (url.pathname === LOGIN_PATH) return by("GET", inSession(here.flow.start));
      if (url.pathname === CALLBACK_PATH) return by("GET", inSession(here.flow.finish));
      if (url.pathname === LEFT_PATH) return by("GET", comeBack);
      return (typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) &&
        url.pathname === BACKCHANNEL_PATH &&
        here.backchannel
        ? by("POST", here.backchannel)
        : undefined;
    },
  };

  function inSession(step: Flow["start"]): Answerer {
    return (visit) =>
      exchange.serve<Response>(visit, HANDLING, {
        assign: () => 0,
        answersItself: () => true,
        respond: (opened) => step(visit, opened),
      });
  }

  /** Answers a visitor who has logged out at the provider. */
  async function comeBack({ url, observer }: Visit): Promise<Response> {
    const to = destinationOf(url.searchParams.get("state") ?? "/", url);
    if (!to) return observer.refused("bad_request", "logout: state");
    const back = redirectTo(to.href, 303);
    // The page that logged out was still open when the answer to the logout came. A browser has kept it for Back since then.
    clearSiteData(back, forgottenAt(config));
    return back;
  }
}

/** Refuses requests by any other method. */
function by(method: string, answer: Answerer): Answerer {
  return async (visit) => {
    if (visit.request.method === method) return answer(visit);
    const refused = visit.observer.refused("method_not_allowed");
    refused.headers.set("Allow", method);
    return refused;
  };
}

/** Whether the page of another site opens a WebSocket with the visitor's cookie. Only `SameSite=None` sends a cookie along with it. */
function isForeignSocket({ request: { headers }, url, client }: Visit, cors: ResolvedCors | undefined): boolean {
  const origin = headers.get("Origin");
  if (client.carrier.sameSite !== "none" || !headers.has("Upgrade") || origin === null) return false;
  return origin !== url.origin && !cors?.origins.includes(origin);
}
