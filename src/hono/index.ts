/** Moor as middleware of one's own Worker: what `moor/hono` exports. */

export type { HandlingConfig, MiddlewareConfig } from "../config/middleware.ts";
export { PrincipalObject } from "../objects/principal/principal-object.ts";
export {
  createSessionClass as createSessionObject,
  SessionObject,
  type SessionObjectClass,
} from "../objects/session/session-object.ts";
export type { AnyAttributes, NameOf, PatchOf, ValueOf } from "./attributes.ts";
export type { EdgeSession } from "./edge-session.ts";
export { MoorHonoError, type MoorHonoErrorCode } from "./errors.ts";
export { type MoorEnv, type MoorMiddleware, moor } from "./middleware.ts";
