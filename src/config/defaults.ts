import { resolveCarrier } from "../carriers/registry.ts";
import { MAX_PRINCIPAL_SESSIONS } from "../settings/limits.ts";
import { resolveAdoptions } from "./adopt.ts";
import { fillLogin } from "./login-defaults.ts";
import type { Permission } from "./pool-types.ts";
import type {
  ResolvedConfig,
  ResolvedCors,
  ResolvedHealthCheck,
  ResolvedOrigin,
  ResolvedOutlierDetection,
  ResolvedPool,
  ResolvedRoute,
  ResolvedSession,
} from "./resolved.ts";
import type { CheckedConfig } from "./schema.ts";
import type { IgnoreConfig } from "./types.ts";

type CheckedPool = CheckedConfig["pools"][number];
/** The values that a session policy may set, each right by itself. */
type GivenSession = Partial<Record<Exclude<keyof ResolvedSession, "remember" | "bindTo">, number | undefined>> & {
  bindTo?: "host" | undefined;
  remember?: { idleSeconds?: number | undefined; absoluteSeconds?: number | undefined } | undefined;
};

export const POOL_DEFAULTS = {
  hashPolicy: [{ type: "session-id" }],
  affinity: { algorithm: "whrw1" },
  attemptDeadlineMs: 30_000,
  panicThresholdPercent: 25,
} as const;

export const OUTLIER_DEFAULTS = {
  consecutiveGatewayFailure: 5,
  failurePercentageThreshold: 10,
  intervalSeconds: 10,
  baseEjectionSeconds: 10,
  maxEjectionJitterSeconds: 2,
  maxEjectionPercent: 100,
};

/** The defaults of Envoy. */
export const SUCCESS_RATE_DEFAULTS = { minimumHosts: 5, requestVolume: 100, stdevFactor: 1_900 };
/** Envoy also accepts only status 200 by default. It has no other defaults. */
export const HEALTH_CHECK_DEFAULTS = {
  expectedStatuses: [{ start: 200, end: 201 }],
  intervalSeconds: 10,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
};
const PROBE_TIMEOUT_MS = 5_000;
const RETRY_BUDGET_DEFAULTS = { budgetPercent: 20, minRetries: 50 };
const MAX_EJECTION_SECONDS = 300;

const CLIENT_FIELDS = { address: "none", country: false, userAgent: false, trace: false } as const;

export const SESSION_DEFAULTS = {
  idleSeconds: 43_200,
  absoluteSeconds: 604_800,
  firstIdleSeconds: 1_800,
  newSessionHours: 12,
  graceSeconds: 30,
  maxAttributeBytes: 65_536,
};

const REMEMBER_DEFAULTS = { idleSeconds: 2_592_000, absoluteSeconds: 7_776_000 };

/** No field names a person. */
export const LOG_DEFAULTS = {
  requests: "failed",
  path: false,
  ...(typeof MOOR_CLIENT_FIELDS === "undefined" || MOOR_CLIENT_FIELDS ? CLIENT_FIELDS : (undefined as never)),
} as const;

/** A build without operators refuses `admin` later, when it binds the pools. */
const NO_ADMIN = {
  host: undefined,
  console: false,
  attributes: false,
  webhook: undefined,
  access: undefined,
  roles: undefined,
};

function fillAdmin(admin: NonNullable<CheckedConfig["admin"]>): NonNullable<ResolvedConfig["admin"]> {
  return { ...NO_ADMIN, ...definedOf(admin) };
}

/** Fills in every default that `types.ts` documents. */
export function fillDefaults(config: CheckedConfig): ResolvedConfig {
  const given = config.routes ?? config.pools.slice(0, 1).map(({ id }) => ({ path: "/*", pool: id }));
  const routes = given.map((route) => resolveRoute(route, config));
  const served = poolsWithSessions(routes);
  // Sessions in cookies know no login.
  const all: readonly Permission[] =
    config.stores?.authority?.type === "cookie" ? ["patch", "end"] : ["patch", "principal", "end"];
  const pools = config.pools.map((pool) => {
    return resolvePool(pool, served.size === 1 && served.has(pool.id) ? all : ["patch"]);
  });
  return {
    ...fillShared(config),
    ...(typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN ? fillLogin(config, { pools, routes }) : { pools, routes }),
    adopt: resolveAdoptions(config.adopt),
    admin:
      config.admin && (typeof MOOR_OPERATORS === "undefined" || MOOR_OPERATORS ? fillAdmin(config.admin) : NO_ADMIN),
    handoff: { dataBytes: config.handoff?.dataBytes ?? 2_048, lifeSeconds: config.handoff?.lifeSeconds ?? 60 },
    explain: config.explain ?? false,
    log: { ...LOG_DEFAULTS, ...definedOf(config.log ?? {}) },
    ...((typeof MOOR_TRACES === "undefined" || MOOR_TRACES) && config.traces && { traces: config.traces }),
  };
}

/** The ids of the pools to which routes with sessions lead. */
export function poolsWithSessions(routes: readonly ResolvedRoute[]): ReadonlySet<string> {
  return new Set(routes.filter(({ session }) => session).flatMap(({ pool }) => pool.map(({ id }) => id)));
}

type Shared =
  | "session"
  | "ignore"
  | "carriers"
  | "stores"
  | "principals"
  | "errorPage"
  | "trustedProxies"
  | "cors"
  | "logout";

/** Fills in the defaults of the fields that the Worker in front of origins and the middleware share. */
export function fillShared(config: Pick<CheckedConfig, Shared>): Pick<ResolvedConfig, Shared> {
  return {
    session: resolveSession(config.session),
    ignore: (config.ignore ?? []).map((pattern): IgnoreConfig => definedOf(pattern)),
    carriers: (config.carriers ?? [{ type: "cookie" as const }]).map(resolveCarrier),
    stores: {
      authority: config.stores?.authority ?? { type: "object" },
      replicate: config.stores?.replicate ?? (config.stores?.authority?.type === "cookie" ? "off" : "travel"),
      backup: config.stores?.backup ?? (hasJournal(config.stores?.authority) ? "async" : "off"),
      strictBackup: config.stores?.strictBackup ?? false,
      fallback: config.stores?.fallback ?? "redis",
    },
    principals: config.principals && {
      limit: {
        sessions: config.principals.limit?.sessions ?? MAX_PRINCIPAL_SESSIONS,
        onTooMany: config.principals.limit?.onTooMany ?? "end-oldest",
      },
    },
    errorPage: config.errorPage,
    trustedProxies: config.trustedProxies ?? [],
    cors: resolveCors(config.cors),
    logout: { clearSiteData: config.logout?.clearSiteData ?? [] },
  };
}

/** Whether the authority may have a backup and a journal. Other authorities are themselves the place where sessions are safe. */
export function hasJournal({ type }: { readonly type: string } = { type: "object" }): boolean {
  return type === "object";
}

/** The session policy with its defaults. A default that another timeout bounds is lowered to that timeout. */
export function resolveSession(given: GivenSession = {}): ResolvedSession {
  const idleSeconds = given.idleSeconds ?? SESSION_DEFAULTS.idleSeconds;
  const absoluteSeconds = given.absoluteSeconds ?? SESSION_DEFAULTS.absoluteSeconds;
  return {
    idleSeconds,
    absoluteSeconds,
    firstIdleSeconds: given.firstIdleSeconds ?? Math.min(SESSION_DEFAULTS.firstIdleSeconds, idleSeconds),
    newSessionHours: given.newSessionHours ?? Math.min(SESSION_DEFAULTS.newSessionHours, absoluteSeconds / 3_600),
    graceSeconds: given.graceSeconds ?? SESSION_DEFAULTS.graceSeconds,
    maxAttributeBytes: given.maxAttributeBytes ?? SESSION_DEFAULTS.maxAttributeBytes,
    ...(given.bindTo ? { bindTo: given.bindTo } : {}),
    ...(given.remember ? { remember: { ...REMEMBER_DEFAULTS, ...definedOf(given.remember) } } : {}),
  };
}

export function definedOf<T extends object>(given: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]: Exclude<T[Key], undefined> };
}

function resolvePool(pool: CheckedPool, rights: readonly Permission[]): ResolvedPool {
  return {
    id: pool.id,
    origins: pool.origins.map(resolveOrigin),
    host: pool.host ?? "origin",
    zone: pool.zone,
    rewrite: pool.rewrite ?? true,
    forwardedHeaders: pool.forwardedHeaders ?? "all",
    cacheBetween: pool.cacheBetween ?? true,
    announcedHeaders: pool.announcedHeaders,
    hashPolicy: pool.hashPolicy ?? POOL_DEFAULTS.hashPolicy,
    affinity: pool.affinity ?? POOL_DEFAULTS.affinity,
    learn: pool.learn && { ...pool.learn, ignoreCase: pool.learn.ignoreCase ?? false },
    formerBalancer: pool.formerBalancer,
    attemptDeadlineMs: pool.attemptDeadlineMs ?? POOL_DEFAULTS.attemptDeadlineMs,
    outlierDetection: resolveOutlierDetection(pool.outlierDetection),
    healthCheck: pool.healthCheck && resolveHealthCheck(pool.healthCheck),
    panicThresholdPercent: pool.panicThresholdPercent ?? POOL_DEFAULTS.panicThresholdPercent,
    slowStartSeconds: pool.slowStartSeconds ?? 0,
    retryBudget: { ...RETRY_BUDGET_DEFAULTS, ...definedOf(pool.retryBudget ?? {}) },
    strictAffinity: pool.strictAffinity ?? false,
    failback: pool.failback ?? "pin",
    closeOn: pool.closeOn ?? [503],
    session: {
      see: pool.session?.see ?? true,
      may: pool.session?.may ?? rights,
      write: pool.session?.write ?? pool.session?.see ?? true,
    },
  };
}

function resolveOutlierDetection(given: CheckedPool["outlierDetection"] = {}): ResolvedOutlierDetection {
  const { consecutive5xx, successRate, ...numbers } = given;
  const known = { ...OUTLIER_DEFAULTS, ...definedOf(numbers) };
  return {
    ...known,
    maxEjectionSeconds: numbers.maxEjectionSeconds ?? Math.max(MAX_EJECTION_SECONDS, known.baseEjectionSeconds),
    consecutive5xx,
    successRate: successRate && { ...SUCCESS_RATE_DEFAULTS, ...definedOf(successRate) },
  };
}

function resolveHealthCheck(given: NonNullable<CheckedPool["healthCheck"]>): ResolvedHealthCheck {
  const { expectedBody, unhealthyIntervalSeconds, timeoutMs, ...others } = given;
  const known = { ...HEALTH_CHECK_DEFAULTS, ...definedOf(others) };
  const { intervalSeconds } = known;
  const unhealthySeconds = unhealthyIntervalSeconds ?? intervalSeconds;
  const shorterMs = Math.min(intervalSeconds, unhealthySeconds) * 1_000;
  return {
    ...known,
    unhealthyIntervalSeconds: unhealthySeconds,
    timeoutMs: timeoutMs ?? Math.min(PROBE_TIMEOUT_MS, shorterMs),
    expectedBody,
  };
}

function resolveOrigin(origin: CheckedPool["origins"][number]): ResolvedOrigin {
  const { id, weight = 1, down = false, backup = false, route = id } = origin;
  return { ...origin, weight, down, backup, route };
}

function resolveCors(cors: CheckedConfig["cors"]): ResolvedCors | undefined {
  return cors && { origins: cors.origins, credentials: cors.credentials ?? false };
}

/** Fills in the defaults of a route. */
export function resolveRoute(
  route: NonNullable<CheckedConfig["routes"]>[number],
  { explain = false, cors }: Pick<CheckedConfig, "explain" | "cors">,
): ResolvedRoute {
  return {
    host: route.host,
    path: route.path,
    methods: route.methods,
    headers: route.headers ?? [],
    pool: typeof route.pool === "string" ? [{ id: route.pool, weight: 1 }] : route.pool,
    attemptDeadlineMs: route.attemptDeadlineMs,
    session: typeof route.session === "object" ? definedOf(route.session) : (route.session ?? true),
    retryOn: route.retryOn ?? ["connect-failure", "reset"],
    retryOrigins: route.retryOrigins ?? 2,
    hedgeAfterMs: route.hedgeAfterMs,
    maxSocketSeconds: route.maxSocketSeconds,
    strictAffinity: route.strictAffinity,
    explain: route.explain ?? explain,
    cors: resolveCors(route.cors ?? cors),
    ...fillHandling(route),
  };
}

type Handling = "touch" | "freshness" | "onStale" | "locking" | "lockWaitMs" | "onLockTimeout" | "crossSite";

/** Fills in the defaults of how Moor handles the sessions of some requests. */
export function fillHandling(
  given: Pick<NonNullable<CheckedConfig["routes"]>[number], Handling>,
): Pick<ResolvedRoute, Handling> {
  return {
    touch: given.touch ?? true,
    freshness: given.freshness ?? "bounded",
    onStale: given.onStale ?? "serve",
    locking: given.locking ?? "none",
    lockWaitMs: given.lockWaitMs ?? 5_000,
    onLockTimeout: given.onLockTimeout ?? "refuse",
    crossSite: given.crossSite ?? "refuse",
  };
}
