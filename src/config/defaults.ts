import type { CheckedConfig } from "./schema.ts";
import type { ResolvedConfig, ResolvedPool, ResolvedRoute } from "./types.ts";

type SessionPolicy = ResolvedConfig["session"];

const POOL_DEFAULTS = { hashPolicy: [{ type: "session-id" }], attemptDeadlineMs: 30_000 } as const;

const SESSION_DEFAULTS = {
  idleSeconds: 43_200,
  absoluteSeconds: 604_800,
  firstIdleSeconds: 1_800,
  newSessionHours: 24,
  graceSeconds: 30,
  maxAttributeBytes: 65_536,
};

/** Fills in every default that `types.ts` names. */
export function fillDefaults(config: CheckedConfig): ResolvedConfig {
  const isOnly = config.pools.length === 1;
  const pools = config.pools.map((pool) => resolvePool(pool, isOnly));
  return {
    pools,
    routes: (config.routes ?? pools.slice(0, 1).map(({ id }) => ({ path: "/*", pool: id }))).map(resolveRoute),
    session: resolveSession(config.session),
    stores: {
      replicate: config.stores?.replicate ?? "travel",
      backup: config.stores?.backup ?? "async",
      strictBackup: config.stores?.strictBackup ?? false,
    },
    handoff: { dataBytes: config.handoff?.dataBytes ?? 2_048 },
    explain: config.explain ?? false,
  };
}

/** The session policy with its defaults; those that another timeout bounds keep within it. */
export function resolveSession(given: Partial<Record<keyof SessionPolicy, number | undefined>> = {}): SessionPolicy {
  const idleSeconds = given.idleSeconds ?? SESSION_DEFAULTS.idleSeconds;
  const absoluteSeconds = given.absoluteSeconds ?? SESSION_DEFAULTS.absoluteSeconds;
  return {
    idleSeconds,
    absoluteSeconds,
    firstIdleSeconds: given.firstIdleSeconds ?? Math.min(SESSION_DEFAULTS.firstIdleSeconds, idleSeconds),
    newSessionHours: given.newSessionHours ?? Math.min(SESSION_DEFAULTS.newSessionHours, absoluteSeconds / 3_600),
    graceSeconds: given.graceSeconds ?? SESSION_DEFAULTS.graceSeconds,
    maxAttributeBytes: given.maxAttributeBytes ?? SESSION_DEFAULTS.maxAttributeBytes,
  };
}

function resolvePool(pool: CheckedConfig["pools"][number], isOnly: boolean): ResolvedPool {
  return {
    id: pool.id,
    origins: pool.origins.map((origin) => ({ ...origin, weight: origin.weight ?? 1 })),
    hashPolicy: pool.hashPolicy ?? POOL_DEFAULTS.hashPolicy,
    attemptDeadlineMs: pool.attemptDeadlineMs ?? POOL_DEFAULTS.attemptDeadlineMs,
    session: {
      see: pool.session?.see ?? true,
      may: pool.session?.may ?? (isOnly ? ["patch", "principal", "end"] : ["patch"]),
    },
  };
}

function resolveRoute(route: NonNullable<CheckedConfig["routes"]>[number]): ResolvedRoute {
  return {
    host: route.host,
    path: route.path,
    pool: route.pool,
    session: route.session ?? true,
    freshness: route.freshness ?? "bounded",
    retry: route.retry ?? "safe",
    onStale: route.onStale ?? "serve",
  };
}
