/**
 * Moor's public API: all that a Worker needs whose `worker.ts` comes from `moor init`. The parts that Moor is made of stay inside the
 * package, so that they may change. Origin servers import `moor/origin` instead.
 */

export type { AdoptConfig } from "./config/adopt.ts";
export { defineConfig } from "./config/define.ts";
export type { HealthCheckConfig, OutlierDetectionConfig, SuccessRateConfig } from "./config/health-types.ts";
export type { AffinityConfig, HashPolicy, OriginConfig, Permission, PoolConfig } from "./config/pool-types.ts";
export type { MoorConfig, RouteConfig, SessionConfig, SessionEvent, SessionEvents } from "./config/types.ts";
export { PoolObject } from "./objects/pool/pool-object.ts";
export { PrincipalObject } from "./objects/principal/principal-object.ts";
export { SessionObject, type SessionObjectClass } from "./objects/session/session-object.ts";
export { createHandler, type Env } from "./wiring/handler.ts";
export { createSessionObject } from "./wiring/session-object.ts";
