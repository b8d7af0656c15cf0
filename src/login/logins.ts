import type { RequireConfig } from "../config/login-types.ts";
import { loginAt, loginsOf } from "../config/logins.ts";
import type { ResolvedConfig, ResolvedCors, ResolvedLogin, ResolvedRoute } from "../config/resolved.ts";
import { allowOrigin, preflight } from "../inbound/cors.ts";
import type { AskedParts } from "../lib/asked.ts";
import { clearSiteData } from "../lib/clear-site-data.ts";
import type { Log } from "../log.ts";
import type { Exchange, Responded, Visit } from "../request/exchange.ts";
import { judge } from "../session/login.ts";
import { NO_INTENT, type Session } from "../session/session.ts";
import type { Breaker } from "../store/breaker.ts";
import type { Authority, Memory, Renewals } from "../store/contracts.ts";
import type { OpenedSession } from "../store/open-session.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { namesInOwn } from "../upstream/wire/origin-headers.ts";
import { BACKCHANNEL_PATH, CALLBACK_PATH, isNavigation, LEFT_PATH, LOGIN_PATH, redirectTo } from "./answers.ts";
import { destinationOf } from "./destination.ts";
import { failLogin } from "./failing.ts";
import { HANDLING } from "./flow.ts";
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
  deny(visit: Visit, opened: OpenedSession, guarded: Guarded): Promise<Responded> | undefined;
  /**
   * Sends a visitor who has logged out here to the provider, to log out there. Only the form of a page goes there: a script could do nothing
   * with the provider's page.
   *
   * @param ended the answer to the logout here.
   */
  leave(visit: Visit, ended: Response): Promise<Response>;
  /** Whether an address is one of those of logins. A host that no login has none. */
  owns(url: URL): boolean;
  /** Answers a request for such an address. */
  answer(visit: Visit): Promise<Response>;
}

const PATHS = new Set([LOGIN_PATH, CALLBACK_PATH, LEFT_PATH]);
/** The code by which a guard refuses a request. */
const CODES = {
  login: "login_required",
  "step-up": "login_required",
  "role-missing": "role_missing",
  elsewhere: "login_elsewhere",
} as const;

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
  const refreshes = logins.some(({ refreshSeconds }) => refreshSeconds !== undefined);

  return {
    requiredBy: guard.requiredBy,

    renewing:
      (typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH) && parts.renewals && refreshes
        ? createRenewing({ ...parts, logins, renewals: parts.renewals })
        : undefined,

    denies: (visit, session, guarded) =>
      isForeignSocket(visit, guarded.route.cors) || verdictOn(visit, session, guarded).kind !== "allowed",

    deny(visit, opened, guarded) {
      const { request, url } = visit;
      const { cors } = guarded.route;
      if (isForeignSocket(visit, cors))
        return refused(visit.observer.refused("cross_site", "a socket of another site"));
      const verdict = verdictOn(visit, opened.session, guarded);
      if (verdict.kind === "allowed") return undefined;
      const here = at(url);
      const code = CODES[verdict.kind];
      if (here && code === "login_required" && isNavigation(request))
        return here.flow.begin(visit, opened, { to: url, verdict });
      const failure = () => failLogin(visit, code, { hosts: here?.hosts ?? [], to: url });
      const response = preflight(request, cors) ?? allowOrigin(failure(), request, cors);
      return refused(response);
    },

    async leave(visit, ended) {
      const { request, url } = visit;
      const here = at(url);
      const isForm = request.headers.get("Sec-Fetch-Mode") === "navigate";
      if (here?.login.logout !== "provider" || !isForm || ended.status >= 400) return ended;
      const to = ended.headers.get("Location") ?? "/";
      const address = await here.provider.logoutFor(url.origin + LEFT_PATH, to);
      // Some providers have no logout. The session here has ended in any case.
      if (address.kind === "address") return withLocation(ended, address.url.href);
      visit.observer.note({ event: "login_unavailable", reason: address.reason });
      return ended;
    },

    owns: (url) =>
      url.pathname.startsWith(LOGIN_PATH) &&
      (PATHS.has(url.pathname) ? at(url) !== undefined : backchannelOf(url) !== undefined),

    answer(visit) {
      const { request, url, observer } = visit;
      const { flow } = at(url) as OneLogin;
      const backchannel = backchannelOf(url);
      const takes = backchannel ? "POST" : "GET";
      if (request.method !== takes) {
        const refused = observer.refused("method_not_allowed");
        refused.headers.set("Allow", takes);
        return Promise.resolve(refused);
      }
      if (backchannel) return backchannel(visit);
      if (url.pathname === LEFT_PATH) {
        const to = destinationOf(url.searchParams.get("state") ?? "/", url);
        if (!to) return Promise.resolve(observer.refused("bad_request", "logout: state"));
        const back = redirectTo(to.href, 303);
        // The page that logged out was still open when the answer to the logout came. A browser has kept it for Back since then.
        clearSiteData(back, forgottenAt(config));
        return Promise.resolve(back);
      }
      const step = url.pathname === LOGIN_PATH ? flow.start : flow.finish;
      return exchange.serve<Response>(visit, HANDLING, {
        assign: () => 0,
        answersItself: () => true,
        respond: (opened) => step(visit, opened),
      });
    },
  };

  function backchannelOf(url: URL): OneLogin["backchannel"] {
    if (!(typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL)) return undefined;
    return url.pathname === BACKCHANNEL_PATH ? at(url)?.backchannel : undefined;
  }
}

/** The same answer, with its cookies, that leads elsewhere. */
function withLocation({ headers }: Response, location: string): Response {
  const left = new Response(null, { status: 303, headers });
  left.headers.set("Location", location);
  left.headers.set("Referrer-Policy", "no-referrer");
  return left;
}

function refused(response: Response): Promise<Responded> {
  return Promise.resolve({
    kind: "response",
    response,
    names: namesInOwn(response.headers),
    intent: NO_INTENT,
    pin: undefined,
  });
}

/** Whether the page of another site opens a WebSocket with the visitor's cookie. Only `SameSite=None` sends a cookie along with it. */
function isForeignSocket({ request: { headers }, url, client }: Visit, cors: ResolvedCors | undefined): boolean {
  const origin = headers.get("Origin");
  if (client.carrier.sameSite !== "none" || !headers.has("Upgrade") || origin === null) return false;
  return origin !== url.origin && !cors?.origins.includes(origin);
}
