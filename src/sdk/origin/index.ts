export type { ChangeCookie } from "./change-cookie.ts";
export { MoorOriginError, type MoorOriginErrorCode } from "./errors.ts";
export type { Fetch } from "./fetch-json.ts";
export type { HeaderSource, HeaderTarget } from "./headers.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export { createOrigin, type Origin, type OriginOptions } from "./origin.ts";
export type { OriginSession, SessionView } from "./session.ts";
export type { SessionApi, StoredSession } from "./session-api.ts";
export type { EndedSessions, ListedSession, SessionList, SessionsApi } from "./sessions-api.ts";
