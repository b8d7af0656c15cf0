/** Moor's public API. `moor/origin` is what origin servers import. */

export { defineConfig } from "./config/define.ts";
export { formatMistakes, type Mistake } from "./config/mistakes.ts";
export type {
  AffinityConfig,
  HashPolicy,
  HealthCheckConfig,
  OriginConfig,
  OutlierDetectionConfig,
  Permission,
  PoolConfig,
  SuccessRateConfig,
} from "./config/pool-types.ts";
export { type ReadConfig, readConfig } from "./config/read.ts";
export type { ResolvedConfig } from "./config/resolved.ts";
export type { MoorConfig, RouteConfig, SessionConfig, SessionEvent, SessionEvents } from "./config/types.ts";
export { createHandler, type Env } from "./handler.ts";
export { type KeyRing, parseKeyRing, type RingKey } from "./inbound/key-ring.ts";
export { createTokens, type OpenedToken, type Tokens } from "./inbound/tokens.ts";
export type { Log, LogEntry } from "./log.ts";
export { createMoor, type Moor } from "./moor.ts";
export type { MoorParts } from "./moor-parts.ts";
export type { Authority, Committed, Copies, Copy, Kept, Lookup } from "./store/contracts.ts";
export { createMemory } from "./store/memory.ts";
export { createObjectAuthority, type ObjectAuthorityOptions } from "./store/object-authority.ts";
export { createObjectPrincipals } from "./store/object-principals.ts";
export { PrincipalObject } from "./store/principal-object.ts";
export { createSessionObject, SessionObject, type SessionObjectClass } from "./store/session-object.ts";
export { createHandoff, type Handoff } from "./upstream/handoff.ts";
export { PoolObject } from "./upstream/live/pool-object.ts";
export { createOriginTags, type OriginTags } from "./upstream/origin-tags.ts";
export type { PoolBindings } from "./upstream/pool.ts";
