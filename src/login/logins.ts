import type { RequireConfig } from "../config/login-types.ts";
import type { ResolvedConfig, ResolvedRoute } from "../config/resolved.ts";
import { allowOrigin, preflight } from "../inbound/cors.ts";
import type { KeyRing } from "../inbound/token/key-ring.ts";
import type { Exchange, Responded, Visit } from "../request/exchange.ts";
import { judge } from "../session/login.ts";
import { NO_INTENT } from "../session/session.ts";
import type { Breaker } from "../store/breaker.ts";
import type { OpenedSession } from "../store/open-session.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { CALLBACK_PATH, isNavigation, LOGIN_PATH } from "./answers.ts";
import { createEnvelopes } from "./envelope.ts";
import { createFlow, HANDLING } from "./flow.ts";
import { createGuard, type Guard } from "./guard.ts";
import { createProvider } from "./provider.ts";

/** The secrets and the address that logins need beside the configuration. */
export interface LoginBindings {
  /** Of tokens. It seals logins that are under way. */
  readonly ring: KeyRing;
  /** `undefined`: the provider knows this site as a public client. */
  readonly secret: string | undefined;
  /** The address that visitors use. */
  readonly issuer: string;
}

/** The parts that logins are made of. */
export interface LoginParts extends LoginBindings {
  readonly config: Pick<ResolvedConfig, "login" | "require" | "routes">;
  readonly match: Upstream["match"];
  readonly exchange: Pick<Exchange, "serve">;
  /** The breaker of the authority. Default: the authority counts as reachable. */
  readonly breaker?: Pick<Breaker, "state"> | undefined;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Guards requests, and logs visitors in at the provider. */
export interface Logins {
  readonly requiredBy: Guard["requiredBy"];
  /** The answer to a request whose session does not meet what is required; `undefined`: the request may go on. */
  deny(
    visit: Visit,
    opened: OpenedSession,
    guarded: { readonly route: ResolvedRoute; readonly required: readonly RequireConfig[] },
  ): Promise<Responded> | undefined;
  /** Whether a path is one of the paths of logins. */
  owns(pathname: string): boolean;
  /** Answers a request for such a path. */
  answer(visit: Visit): Promise<Response>;
}

/** Puts guard and logins together. */
export function createLogins(parts: LoginParts): Logins {
  const { config, ring, secret, issuer, match, exchange, breaker, clock } = parts;
  const login = config.login as NonNullable<ResolvedConfig["login"]>;
  const guard = createGuard(config);
  const flow = createFlow({
    login,
    hosts: login.hosts ?? [new URL(issuer).hostname],
    envelopes: createEnvelopes(ring),
    provider: createProvider({ login, secret, clock }),
    requiredAt({ host, pathname }, { headers }) {
      const facts = { host, pathname, method: "GET", headers };
      const route = match(facts);
      return (route && guard.requiredBy(facts, route)) ?? [];
    },
    isAway: () => breaker?.state() === "open",
    clock,
  });

  return {
    requiredBy: guard.requiredBy,

    deny(visit, opened, { route: { cors }, required }) {
      const verdict = judge(opened.session.view?.login, required, login, clock());
      if (verdict.kind === "allowed") return undefined;
      const { request, url } = visit;
      const redirects = verdict.kind !== "role-missing" && isNavigation(request);
      if (redirects) return flow.begin(visit, opened, { to: url, verdict });
      const code = verdict.kind === "role-missing" ? "role_missing" : "login_required";
      const failure = () => flow.fail(visit, code, { to: url });
      const response = preflight(request, cors) ?? allowOrigin(failure(), request, cors);
      return Promise.resolve({ kind: "response", response, moorHeaders: [], intent: NO_INTENT, pin: undefined });
    },

    owns: (pathname) => pathname === LOGIN_PATH || pathname === CALLBACK_PATH,

    answer(visit) {
      const { request, url, observer } = visit;
      const step = url.pathname === LOGIN_PATH ? flow.start : flow.finish;
      if (request.method !== "GET") {
        const refused = observer.refused("method_not_allowed");
        refused.headers.set("Allow", "GET");
        return Promise.resolve(refused);
      }
      return exchange.serve<Response>(visit, HANDLING, { assign: () => 0, respond: (opened) => step(visit, opened) });
    },
  };
}
