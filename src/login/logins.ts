import type { RequireConfig } from "../config/login-types.ts";
import type { ResolvedConfig, ResolvedCors, ResolvedRoute } from "../config/resolved.ts";
import { allowOrigin, preflight } from "../inbound/cors.ts";
import type { KeyRing } from "../inbound/token/key-ring.ts";
import { clearSiteData } from "../lib/clear-site-data.ts";
import type { Log } from "../log.ts";
import type { Exchange, Responded, Visit } from "../request/exchange.ts";
import { judge } from "../session/login.ts";
import { NO_INTENT, type Session } from "../session/session.ts";
import type { Breaker } from "../store/breaker.ts";
import type { Authority, Copies, Renewals } from "../store/contracts.ts";
import type { OpenedSession } from "../store/open-session.ts";
import type { Principals } from "../store/principal-contracts.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { namesInOwn } from "../upstream/wire/origin-headers.ts";
import { BACKCHANNEL_PATH, CALLBACK_PATH, isNavigation, LEFT_PATH, LOGIN_PATH, redirectTo } from "./answers.ts";
import { createBackchannel } from "./backchannel.ts";
import { destinationOf } from "./destination.ts";
import { createDiscovery } from "./discovery.ts";
import { createEnvelopes } from "./envelope.ts";
import { createFlow, HANDLING } from "./flow.ts";
import { createGrants } from "./grants.ts";
import { createGuard, type Guard } from "./guard.ts";
import { createProvider } from "./provider.ts";
import { createAsk } from "./provider-call.ts";
import { createProviderKeys } from "./provider-keys.ts";
import { createRenewing, type Renewing } from "./renewing.ts";

/** The secrets and the address that logins need beside the configuration. */
export interface LoginBindings {
  /** Of tokens. It seals logins that are under way. */
  readonly ring: KeyRing;
  /** `undefined`: the provider knows this site as a public client. */
  readonly secret: string | undefined;
  /** The address that visitors use. */
  readonly issuer: string;
  /** Makes the breaker of a provider. Default: providers have none. */
  readonly makeBreaker?: (name: string) => Breaker;
}

/** The parts that logins are made of. */
export interface LoginParts extends LoginBindings {
  readonly config: Pick<ResolvedConfig, "login" | "logout" | "require" | "routes">;
  readonly match: Upstream["match"];
  readonly exchange: Pick<Exchange, "serve">;
  readonly authority: Pick<Authority, "read">;
  /** Needed for logouts that the provider asks for. */
  readonly principals?: Pick<Principals, "endAll"> | undefined;
  /** Needed if logins are renewed. */
  readonly renewals?: Renewals | undefined;
  readonly log: Log;
  /** Of the isolate. */
  readonly memory: Pick<Copies, "keep">;
  /** The breaker of the authority. Default: the authority counts as reachable. */
  readonly breaker?: Pick<Breaker, "state"> | undefined;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
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
  /** Whether a path is one of the paths of logins. */
  owns(pathname: string): boolean;
  /** Answers a request for such a path. */
  answer(visit: Visit): Promise<Response>;
}

/** Puts guard and logins together. */
export function createLogins(parts: LoginParts): Logins {
  const { config, ring, secret, issuer, match, exchange, authority, breaker, clock } = parts;
  const login = config.login as NonNullable<ResolvedConfig["login"]>;
  const guard = createGuard(config);
  const ask = createAsk(parts.makeBreaker?.("provider"));
  const discovery = createDiscovery(login, { ask, clock });
  const provider = createProvider({ login, ask, discovery, secret, clock });
  const backchannel =
    (typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) && login.backchannel && parts.principals
      ? createBackchannel({
          login,
          keys: createProviderKeys(discovery, ask, clock),
          principals: parts.principals,
          clock,
        })
      : undefined;
  const paths = new Set([LOGIN_PATH, CALLBACK_PATH, LEFT_PATH]);
  if ((typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) && backchannel) paths.add(BACKCHANNEL_PATH);
  // Both answers come after a cookie that is to stay: that of another account, or of whoever has come meanwhile.
  const forgets = config.logout.clearSiteData.filter((kind) => kind !== "cookies");
  const flow = createFlow({
    login,
    forgets,
    hosts: login.hosts ?? [new URL(issuer).hostname],
    envelopes: createEnvelopes(ring),
    grants:
      (typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH) && login.refreshSeconds !== undefined
        ? createGrants(ring)
        : undefined,
    provider,
    requiredAt({ host, pathname }, { headers }) {
      const facts = { host, pathname, method: "GET", headers };
      const route = match(facts);
      const asked = route && guard.requiredBy(facts, route);
      return asked === "unreadable" ? asked : (asked?.required ?? []);
    },
    // While the breaker is open, visitors who log in are the only ones to try the authority again.
    isAway: async ({ ref }) =>
      breaker?.state() === "open" && (await authority.read(ref, clock())).kind === "unavailable",
    clock,
  });

  return {
    requiredBy: guard.requiredBy,

    renewing:
      (typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH) && parts.renewals && login.refreshSeconds !== undefined
        ? createRenewing({ ...parts, login, renewals: parts.renewals })
        : undefined,

    denies: (visit, { view }, { route: { cors }, required }) =>
      isForeignSocket(visit, cors) || judge(view?.login, required, login, clock()).kind !== "allowed",

    deny(visit, opened, { route: { cors }, required }) {
      const { request, url } = visit;
      if (isForeignSocket(visit, cors))
        return refused(visit.observer.refused("cross_site", "a socket of another site"));
      const verdict = judge(opened.session.view?.login, required, login, clock());
      if (verdict.kind === "allowed") return undefined;
      const redirects = verdict.kind !== "role-missing" && isNavigation(request);
      if (redirects) return flow.begin(visit, opened, { to: url, verdict });
      const code = verdict.kind === "role-missing" ? "role_missing" : "login_required";
      const failure = () => flow.fail(visit, code, { to: url });
      const response = preflight(request, cors) ?? allowOrigin(failure(), request, cors);
      return refused(response);
    },

    async leave(visit, ended) {
      const { request, url } = visit;
      const isForm = request.headers.get("Sec-Fetch-Mode") === "navigate";
      if (login.logout !== "provider" || !isForm || ended.status >= 400) return ended;
      const to = ended.headers.get("Location") ?? "/";
      const address = await provider.logoutFor(url.origin + LEFT_PATH, to);
      // Some providers have no logout. The session here has ended in any case.
      if (address.kind === "address") return withLocation(ended, address.url.href);
      visit.observer.note({ event: "login_unavailable", reason: address.reason });
      return ended;
    },

    owns: (pathname) => paths.has(pathname),

    answer(visit) {
      const { request, url, observer } = visit;
      const step = url.pathname === LOGIN_PATH ? flow.start : flow.finish;
      if (url.pathname === LEFT_PATH && request.method === "GET") {
        const to = destinationOf(url.searchParams.get("state") ?? "/", url);
        if (!to) return Promise.resolve(observer.refused("bad_request", "logout: state"));
        const back = redirectTo(to.href, 303);
        // The page that logged out was still open when the answer to the logout came. A browser has kept it for Back since then.
        clearSiteData(back, forgets);
        return Promise.resolve(back);
      }
      let takes = "GET";
      if (typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) {
        if (url.pathname === BACKCHANNEL_PATH) takes = "POST";
        if (backchannel && takes === "POST" && request.method === takes) return backchannel(visit);
      }
      if (request.method !== takes) {
        const refused = observer.refused("method_not_allowed");
        refused.headers.set("Allow", takes);
        return Promise.resolve(refused);
      }
      return exchange.serve<Response>(visit, HANDLING, {
        assign: () => 0,
        answersItself: () => true,
        respond: (opened) => step(visit, opened),
      });
    },
  };
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
