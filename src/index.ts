/** Moor's public API. Origin servers import `moor/origin` instead. */

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
export { type KeyRing, parseKeyRing, type RingKey } from "./inbound/token/key-ring.ts";
export { createTokens, type OpenedToken, type Tokens } from "./inbound/token/tokens.ts";
export type { Log, LogEntry } from "./log.ts";
export { createMoor, type Moor } from "./moor.ts";
export { createObjectPrincipals } from "./objects/clients/principal-client.ts";
export { createObjectAuthority, type ObjectAuthorityOptions } from "./objects/clients/session-client.ts";
export { PoolObject } from "./objects/pool/pool-object.ts";
export { PrincipalObject } from "./objects/principal/principal-object.ts";
export { createSessionObject, SessionObject, type SessionObjectClass } from "./objects/session/session-object.ts";
export type { MoorParts } from "./request/parts.ts";
export type { Copy } from "./session/copy.ts";
export type { Authority, Committed, Copies, Kept, Lookup } from "./store/contracts.ts";
export { createMemory } from "./store/memory.ts";
export { createOriginTags, type OriginTags } from "./upstream/choose/learn.ts";
export type { PoolBindings } from "./upstream/pool.ts";
export { createHandoff, type Handoff } from "./upstream/wire/handoff.ts";
export { createHandler, type Env } from "./wiring/handler.ts";
