import type { ApiCall } from "./api-call.ts";
import { MoorOriginError } from "./errors.ts";
import { isJsonObject, type JsonObject, jsonCopy } from "./json.ts";
import type { SessionTimes } from "./times.ts";

/** A session as the session API answers with it. */
export interface StoredSession {
  readonly version: number;
  readonly generation: number;
  readonly principal: string | undefined;
  readonly attributes: Readonly<JsonObject>;
  /** Absent if Moor is of a release that does not tell them. */
  readonly times?: SessionTimes | undefined;
}

/**
 * The session API (`/.moor/session`), for the session of a request. A change is stored when its promise resolves,
 * whatever happens to the response. The request's handoff authorises the calls, for as long as it is valid (60 s by default).
 * A server that holds a socket or a stream calls `renew` once in each half of that time.
 *
 * All calls throw MoorOriginError: `session-not-stored`, `session-over`, `session-refused`, `session-unavailable`.
 */
export interface SessionApi {
  /** The session as it is now. */
  read(): Promise<StoredSession>;
  /**
   * Merges into the attributes (RFC 7396).
   *
   * @param options.ifVersion only if the session still has this version. Default: whatever its version.
   * @throws MoorOriginError `session-changed` if it has another.
   */
  patch(patch: JsonObject, options?: { ifVersion?: number }): Promise<StoredSession>;
  /**
   * Gets a new handoff for the calls from now on, and the session as it is now. It counts as a use of the session, like a request of
   * the visitor.
   */
  renew(): Promise<StoredSession>;
  /** Ends the session for good. */
  end(): Promise<void>;
}

/** The API of a handoff. */
export function createSessionApi(call: ApiCall): SessionApi {
  return {
    read: async () => readSession(await call("GET", "/.moor/session")),
    renew: async () => readSession(await call("POST", "/.moor/session")),
    patch: async (patch, { ifVersion } = {}) =>
      readSession(
        await call("PATCH", "/.moor/session", {
          headers: {
            "content-type": "application/merge-patch+json",
            ...(ifVersion !== undefined && { "if-match": `"${ifVersion}"` }),
          },
          body: JSON.stringify(jsonCopy(patch, "remove")),
        }),
      ),
    end: async () => {
      await call("DELETE", "/.moor/session");
    },
  };
}

function readSession(answer: unknown): StoredSession {
  if (isJsonObject(answer)) {
    const { attributes, version, generation, principal } = answer;
    const named = typeof principal === "string";
    const counted = typeof version === "number" && typeof generation === "number";
    if (isJsonObject(attributes) && counted && (named || principal == null)) {
      return { attributes, version, generation, principal: named ? principal : undefined, ...readTimes(answer) };
    }
  }
  throw new MoorOriginError("session-unavailable", "the session API's answer is no session");
}

function readTimes({ bornAt, idleDeadline, absoluteDeadline, loggedInAt }: JsonObject): Pick<StoredSession, "times"> {
  if (typeof bornAt !== "number" || typeof idleDeadline !== "number" || typeof absoluteDeadline !== "number") return {};
  const login = typeof loggedInAt === "number" ? loggedInAt : undefined;
  return { times: { bornAt, idleDeadline, absoluteDeadline, loggedInAt: login } };
}
