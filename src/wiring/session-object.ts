import type { MoorConfig } from "../config/types.ts";
import { logToConsole } from "../log.ts";
import { createSessionClass, type SessionObjectClass } from "../objects/session/session-object.ts";
import { bindOldSessions } from "./adoption.ts";
import { type Env, readEnvConfig } from "./handler.ts";
import { bindLoginProvider } from "./login-provider.ts";

/**
 * The class of the Durable Objects of sessions. The Worker exports it as `SessionObject`.
 *
 * @param bundled the configuration, unless `MOOR_CONFIG` is set. Its `events` are called with each event of a session.
 */
export function createSessionObject(bundled: MoorConfig): SessionObjectClass {
  return createSessionClass({
    events: bundled.events,
    bindOldSessions:
      typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION
        ? (env: Env) => bindOldSessions(env, () => readEnvConfig(env, bundled), logToConsole, { inObject: true })
        : undefined,
    bindLoginProvider:
      (typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && (typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH)
        ? (env: Env) => bindLoginProvider(env, () => readEnvConfig(env, bundled))
        : undefined,
  });
}
