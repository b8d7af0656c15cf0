import type {
  ResolvedHealthCheck,
  ResolvedOutlierDetection,
  ResolvedPool,
  ResolvedRoute,
} from "../../src/config/resolved.ts";
import type { ChoiceFacts } from "../../src/upstream/choose/order.ts";
import { createRetries, type Retries } from "../../src/upstream/send/retries.ts";
import { T0 } from "./time.ts";

/** The defaults, without jitter. */
export const OUTLIER_DETECTION: ResolvedOutlierDetection = {
  consecutiveGatewayFailure: 5,
  failurePercentageThreshold: 10,
  consecutive5xx: undefined,
  successRate: undefined,
  intervalSeconds: 10,
  baseEjectionSeconds: 10,
  maxEjectionSeconds: 300,
  maxEjectionJitterSeconds: 0,
  maxEjectionPercent: 100,
};

/** Every ten seconds, two to rise and three to fall. */
export const HEALTH_CHECK: ResolvedHealthCheck = {
  path: "/health",
  expectedStatuses: [{ start: 200, end: 201 }],
  expectedBody: undefined,
  intervalSeconds: 10,
  unhealthyIntervalSeconds: 10,
  timeoutMs: 1_000,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
};

/** A pool of origins at `http://<id>.test`, each with a second to answer. */
export function poolConfig(ids: readonly string[], { urls = ids.map((id) => `http://${id}.test`) } = {}): ResolvedPool {
  return {
    id: "shop",
    origins: ids.map((id, index) => ({ id, url: urls[index] ?? "", weight: 1, down: false, backup: false, route: id })),
    hashPolicy: [{ type: "session-id" }],
    affinity: { algorithm: "whrw1" },
    host: "origin",
    zone: undefined,
    rewrite: true,
    forwardedHeaders: "all",
    cacheBetween: true,
    announcedHeaders: undefined,
    learn: undefined,
    formerBalancer: undefined,
    attemptDeadlineMs: 1_000,
    outlierDetection: OUTLIER_DETECTION,
    healthCheck: undefined,
    panicThresholdPercent: 25,
    slowStartSeconds: 0,
    retryBudget: { budgetPercent: 20, minRetries: 50 },
    strictAffinity: false,
    failback: "pin",
    closeOn: [503],
    session: { see: true, may: ["patch", "principal", "end"], write: true },
  };
}

/** The facts that affinity uses of a plain request, for a session born at the tests' time 0. */
export function choiceFacts(sessionId: string, given: Partial<ChoiceFacts> = {}): ChoiceFacts {
  return {
    sessionId,
    sessionIsFresh: false,
    bornAt: T0,
    headers: new Headers(),
    url: new URL("https://shop.test/"),
    clientIp: undefined,
    ...given,
  };
}

/** A route of every request to the pool `shop`, with the settings that a test changes. */
export function routeOf(given: Partial<ResolvedRoute> = {}): ResolvedRoute {
  return {
    host: undefined,
    path: "/*",
    methods: undefined,
    headers: [],
    pool: [{ id: "shop", weight: 1 }],
    attemptDeadlineMs: undefined,
    session: true,
    touch: true,
    freshness: "bounded",
    retryOn: ["connect-failure", "reset"],
    retryOrigins: 2,
    hedgeAfterMs: undefined,
    maxSocketSeconds: undefined,
    strictAffinity: undefined,
    onStale: "serve",
    locking: "none",
    lockWaitMs: 5_000,
    onLockTimeout: "refuse",
    crossSite: "refuse",
    explain: false,
    cors: undefined,
    ...given,
  };
}

/** The failures after which a request of a route is sent again. */
export function retriesOf(route: Partial<ResolvedRoute> = {}, init: RequestInit = {}): Retries {
  return createRetries(routeOf(route))(new Request("https://shop.test/", init), null);
}
