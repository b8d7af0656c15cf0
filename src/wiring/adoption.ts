import { readAdoptKey } from "../adoption/adopt-key.ts";
import { type Adoption, createAdoption } from "../adoption/adoption.ts";
import { guardOldStore } from "../adoption/guarded-store.ts";
import { routeOf } from "../adoption/old-application.ts";
import { createOldSessions, createOlds } from "../adoption/old-sessions.ts";
import { createQuestions } from "../adoption/question.ts";
import { createRecent, type RecentNamespace } from "../adoption/recent.ts";
import { createRefusals } from "../adoption/refusals.ts";
import type { ResolvedAdoption } from "../config/adopt.ts";
import type { ResolvedConfig, ResolvedRoute } from "../config/resolved.ts";
import type { RateLimiter } from "../inbound/founding-limit.ts";
import { parseKeyRing } from "../inbound/token/key-ring.ts";
import { leftOut } from "../lib/build-flags.ts";
import type { Log } from "../log.ts";
import { createFollowJudges, type FollowJudges } from "../objects/clients/pool-client.ts";
import type { OldSessions } from "../objects/session/owed-end.ts";
import { bindReader, type GuardStore, type ReaderBindings, type ReaderSettings } from "../old-formats/registry.ts";
import { policyOf } from "../session/policy.ts";
import type { Breakers } from "../store/breakers.ts";
import { createUpstream, type Upstream } from "../upstream/upstream.ts";
import type { BoundSessions } from "./sessions.ts";

/** The bindings for the adoption of sessions. */
export interface AdoptionEnv extends ReaderBindings {
  /** Derives the ids of adopted sessions. It stays the same for as long as sessions are adopted. */
  MOOR_ADOPT_KEY?: string;
  /** Key ring that Moor shares with the old application, to sign questions and answers. */
  MOOR_CONFIRM_KEYS?: string;
  FOUNDING_LIMIT?: RateLimiter;
  /** Needed if a logout at an old application is followed. */
  POOL_OBJECT?: DurableObjectNamespace;
  readonly SESSION_REPLICAS?: RecentNamespace;
}

/** The adoption of sessions, as a Worker binds it. */
export interface BoundAdoption {
  /** The configuration, with the routes by which Moor asks old applications. */
  readonly config: ResolvedConfig;
  readonly create: (upstream: Upstream) => Adoption;
}

/** The knowledge about old applications that all isolates share. */
export interface KeptAdoption {
  readonly followJudges: FollowJudges;
  readonly recent: RecentNamespace;
}

/** Creates it. @param makeBreaker makes the breaker of the place where it is. */
export type CreateKeptAdoption = (makeBreaker: Breakers["make"], log: Log) => KeptAdoption;

interface AdoptionParts extends Pick<BoundSessions, "authority" | "tokens" | "memory" | "makeBreaker"> {
  /** Default: the objects of pools judge, and KV has the rest. */
  readonly createKeptAdoption?: CreateKeptAdoption | undefined;
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
  parts: AdoptionParts,
  log: Log,
): BoundAdoption | undefined {
  if (config.adopt.length === 0) return undefined;
  return typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION
    ? bind(env, config, issuer, parts, log)
    : leftOut("MOOR_ADOPTION", "adopt is configured");
}

/** @throws TypeError if a logout is to be followed, and the objects of pools are not bound. */
function judgesFor(
  { POOL_OBJECT }: AdoptionEnv,
  { adopt }: Pick<ResolvedConfig, "adopt">,
  kept: KeptAdoption | undefined,
): FollowJudges | undefined {
  if (!adopt.some(({ follow }) => follow === "end")) return undefined;
  if (kept) return kept.followJudges;
  if (!POOL_OBJECT) {
    throw new TypeError(
      "POOL_OBJECT is not bound; adopt[].follow needs it, as in wrangler.toml: it tells a logout from a store that has lost its sessions.",
    );
  }
  return createFollowJudges(POOL_OBJECT);
}

/**
 * The old applications, as the alarms of ended sessions reach them. Nothing is bound before a first session owes the end of its old one.
 *
 * @param readConfig reads the configuration.
 * @param inObject whether a Durable Object asks. The platform lets no object choose where a request goes, so each origin is asked by its
 * own address.
 */
export function bindOldSessions(
  env: AdoptionEnv & { readonly MOOR_ISSUER?: string },
  readConfig: () => ResolvedConfig,
  log: Log,
  { inObject }: { readonly inObject: boolean },
): OldSessions {
  const bind = () => {
    const { adopt, pools, routes: _, ...config } = readConfig();
    const asked = adopt.flatMap(({ confirm }) => confirm?.pool ?? []);
    const reachable = pools
      .filter(({ id }) => asked.includes(id))
      .map((pool) => ({ ...pool, learn: undefined, ...(inObject && { host: "origin" as const }) }));
    const routes = routesOf(adopt);
    const parts = { ...askingOf(env, adopt), config: { ...config, adopt }, routes, issuer: env.MOOR_ISSUER as string };
    const asking = { ...config, adopt, pools: reachable, routes: [...routes.values()] };
    const upstream = createUpstream(asking, Date.now, () => {}, {
      services: { ...env },
      log,
    });
    return { olds: createOlds({ ...parts, clock: Date.now }, upstream), issuer: parts.issuer };
  };
  return createOldSessions(bind, { clock: Date.now, log });
}

/** The routes of the questions, by the names of the applications that are asked. */
function routesOf(adopt: readonly ResolvedAdoption[]): ReadonlyMap<string, ResolvedRoute> {
  return new Map(adopt.flatMap((entry) => (entry.confirm ? [[entry.from, routeOf(entry)] as const] : [])));
}

/** @throws TypeError that names the wrong binding and the accepted values. */
function askingOf(env: AdoptionEnv, adopt: readonly ResolvedAdoption[], guard?: GuardStore) {
  const { MOOR_ADOPT_KEY, MOOR_CONFIRM_KEYS } = env;
  const asksAny = adopt.some(({ confirm }) => confirm);
  if (asksAny && !MOOR_CONFIRM_KEYS) {
    throw new TypeError(
      'MOOR_CONFIRM_KEYS is not set, and adopt needs it. "npm run moor -- keys adopt" prints a value, which the old application also gets.',
    );
  }
  return {
    adoptKey: readAdoptKey(MOOR_ADOPT_KEY),
    questions: asksAny ? createQuestions(parseKeyRing(MOOR_CONFIRM_KEYS, "MOOR_CONFIRM_KEYS")) : undefined,
    makeReader: (settings: ReaderSettings) => bindReader(env, settings, guard),
  };
}

function bind(env: AdoptionEnv, config: ResolvedConfig, issuer: string, given: AdoptionParts, log: Log): BoundAdoption {
  const { FOUNDING_LIMIT } = env;
  const { authority, tokens, memory, makeBreaker, createKeptAdoption } = given;
  const kept = createKeptAdoption?.(makeBreaker, log);
  if (!FOUNDING_LIMIT) {
    throw new TypeError(
      "FOUNDING_LIMIT is not bound; adopt needs it, as in wrangler.toml: else anybody could send the old application any cookies.",
    );
  }
  const routes = routesOf(config.adopt);
  const parts = {
    routes,
    authority,
    memory,
    tokens,
    followJudges: judgesFor(env, config, kept),
    clock: Date.now,
    config,
    policy: policyOf(config),
    issuer,
    ...askingOf(env, config.adopt, (store) => guardOldStore(store, makeBreaker("old-sessions"))),
    refusals: createRefusals(FOUNDING_LIMIT, config.trustedProxies, log),
    recent: createRecent(kept?.recent ?? env.SESSION_REPLICAS),
  };
  return {
    config: { ...config, routes: [...config.routes, ...routes.values()] },
    create: (upstream) => createAdoption(parts, upstream),
  };
}
