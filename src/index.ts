/** Moor's public API. `moor/origin` is what origin servers import. */

export { defineConfig } from "./config/define.ts";
export { formatMistakes, type Mistake } from "./config/mistakes.ts";
export { type ReadConfig, readConfig } from "./config/read.ts";
export type {
  HashPolicy,
  MoorConfig,
  OriginConfig,
  Permission,
  PoolConfig,
  ResolvedConfig,
  RouteConfig,
  SessionConfig,
} from "./config/types.ts";
export { type KeyRing, parseKeyRing, type RingKey } from "./inbound/key-ring.ts";
export { createTokens, type OpenedToken, type Tokens } from "./inbound/tokens.ts";
export type { Log, LogEntry } from "./log.ts";
export { createMoor, type Moor, type MoorParts } from "./moor.ts";
export type { Authority, Committed, Copies, Copy, Kept, Lookup } from "./store/contracts.ts";
export { createMemory } from "./store/memory.ts";
export { createObjectAuthority, type ObjectAuthorityOptions } from "./store/object-authority.ts";
export { SessionObject } from "./store/session-object.ts";
export { createHandoff, type Handoff } from "./upstream/handoff.ts";
