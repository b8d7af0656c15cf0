import { readAdoptKey } from "../adoption/adopt-key.ts";
import { type Adoption, createAdoption } from "../adoption/adoption.ts";
import { routeOf } from "../adoption/old-application.ts";
import { createQuestions } from "../adoption/question.ts";
import { createRecent, type RecentNamespace } from "../adoption/recent.ts";
import { createRefusals } from "../adoption/refusals.ts";
import type { ResolvedConfig } from "../config/resolved.ts";
import type { RateLimiter } from "../inbound/founding-limit.ts";
import { parseKeyRing } from "../inbound/token/key-ring.ts";
import { leftOut } from "../lib/build-flags.ts";
import type { Log } from "../log.ts";
import { policyOf } from "../session/policy.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { BoundSessions } from "./sessions.ts";

/** The bindings for the adoption of sessions. */
export interface AdoptionEnv {
  /** Derives the ids of adopted sessions. It stays the same for as long as sessions are adopted. */
  MOOR_ADOPT_KEY?: string;
  /** Key ring that Moor shares with the old application, to sign questions and answers. */
  MOOR_CONFIRM_KEYS?: string;
  FOUNDING_LIMIT?: RateLimiter;
  readonly SESSION_REPLICAS?: RecentNamespace;
}

/** The adoption of sessions, as a Worker binds it. */
export interface BoundAdoption {
  /** The configuration, with the routes by which Moor asks old applications. */
  readonly config: ResolvedConfig;
  readonly create: (upstream: Upstream) => Adoption;
}

/**
 * Binds the adoption of sessions; `undefined`: the configuration names no old application.
 *
 * @throws TypeError that names the wrong binding and the accepted values.
 */
export function bindAdoption(
  env: AdoptionEnv,
  config: ResolvedConfig,
  issuer: string,
  sessions: Pick<BoundSessions, "authority" | "tokens">,
  log: Log,
): BoundAdoption | undefined {
  if (config.adopt.length === 0) return undefined;
  return typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION
    ? bind(env, config, issuer, sessions, log)
    : leftOut("MOOR_ADOPTION", "adopt is configured");
}

function bind(
  env: AdoptionEnv,
  config: ResolvedConfig,
  issuer: string,
  { authority, tokens }: Pick<BoundSessions, "authority" | "tokens">,
  log: Log,
): BoundAdoption {
  const { FOUNDING_LIMIT } = env;
  if (!FOUNDING_LIMIT) {
    throw new TypeError(
      "FOUNDING_LIMIT is not bound; adopt needs it, as in wrangler.toml: else anybody could send the old application any cookies.",
    );
  }
  if (!env.MOOR_CONFIRM_KEYS) {
    throw new TypeError(
      'MOOR_CONFIRM_KEYS is not set, and adopt needs it. "npm run moor -- keys adopt" prints a value, which the old application also gets.',
    );
  }
  const routes = config.adopt.map(routeOf);
  const parts = {
    routes,
    authority,
    tokens,
    clock: Date.now,
    pause: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)),
    config,
    policy: policyOf(config),
    issuer,
    adoptKey: readAdoptKey(env.MOOR_ADOPT_KEY),
    questions: createQuestions(parseKeyRing(env.MOOR_CONFIRM_KEYS, "MOOR_CONFIRM_KEYS")),
    refusals: createRefusals(FOUNDING_LIMIT, config.trustedProxies, log),
    recent: createRecent(env.SESSION_REPLICAS),
  };
  return {
    config: { ...config, routes: [...config.routes, ...routes] },
    create: (upstream) => createAdoption(parts, upstream),
  };
}
