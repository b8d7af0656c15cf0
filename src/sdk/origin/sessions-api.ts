import type { ApiCall } from "./api-call.ts";
import { MoorOriginError } from "./errors.ts";
import { isJsonObject } from "./json.ts";

/** A session of a principal. Times are milliseconds since 1970. */
export interface ListedSession {
  readonly id: string;
  /** The login. */
  readonly at: number;
  readonly bornAt: number;
  /** When it ends at the latest. */
  readonly absoluteDeadline: number;
  /** When it was last used, give or take a tenth of the idle timeout; absent while it cannot be reached. */
  readonly lastSeenAt?: number;
  /** Of the login, ISO 3166-1; "" where it is unknown. */
  readonly country: string;
  /** Cloudflare's data centre of the login; "" where it is unknown. */
  readonly colo: string;
  /** Browser and system, as in "Firefox on Linux"; "" where they are unknown. */
  readonly device: string;
  /** Whether it is the session of this request. */
  readonly current: boolean;
}

/** A page of them, the newest login first. */
export interface SessionList {
  /** Of all pages; some of them may have ended unnoticed. */
  readonly count: number;
  readonly sessions: readonly ListedSession[];
  /** Where the next page begins, if there is another page. */
  readonly next?: string;
}

/** The result of ending many sessions. `left` sessions are still to be ended, which continues by itself. */
export interface EndedSessions {
  readonly ended: number;
  readonly left: number;
}

/**
 * The sessions of a request's principal (`/.moor/sessions`), so that people see where they are logged in and log out
 * there. Moor's configuration needs `principals`. The pool needs the permission `"principal"` to list and `"end"` to
 * end.
 *
 * All calls throw MoorOriginError: `principal-missing`, `session-not-stored`, `session-over`, `session-refused`,
 * `session-unavailable`.
 */
export interface SessionsApi {
  /**
   * Up to 100 of them.
   *
   * @param options.after `next` of the page before. Default: the first page.
   */
  list(options?: { after?: string }): Promise<SessionList>;
  /**
   * Ends a session.
   *
   * @throws MoorOriginError `session-unknown` if it is not a session of this principal, or no longer is.
   */
  end(id: string): Promise<void>;
  /** Ends all but the session of this request. */
  endOthers(): Promise<EndedSessions>;
  /** Ends all, the session of this request among them. */
  endAll(): Promise<EndedSessions>;
}

const PATH = "/.moor/sessions";
const ID = /^[A-Za-z0-9_-]{22}$/;

/** The API of a handoff. */
export function createSessionsApi(call: ApiCall): SessionsApi {
  return {
    list: async ({ after } = {}) =>
      readList(await call("GET", after === undefined ? PATH : `${PATH}?after=${encodeURIComponent(after)}`)),
    end: async (id) => {
      // The id may come from a form: only a well-formed id becomes part of an address.
      if (!ID.test(id)) throw new MoorOriginError("session-unknown", "this is no session's id");
      await call("DELETE", `${PATH}/${id}`);
    },
    endOthers: async () => readEnded(await call("DELETE", `${PATH}?others=true`)),
    endAll: async () => readEnded(await call("DELETE", PATH)),
  };
}

function readList(answer: unknown): SessionList {
  if (!isJsonObject(answer) || typeof answer.count !== "number" || !Array.isArray(answer.sessions)) throw noAnswer();
  return answer as unknown as SessionList;
}

function readEnded(answer: unknown): EndedSessions {
  if (!isJsonObject(answer) || typeof answer.ended !== "number" || typeof answer.left !== "number") throw noAnswer();
  return { ended: answer.ended, left: answer.left };
}

function noAnswer(): MoorOriginError {
  return new MoorOriginError("session-unavailable", "the sessions API's answer is no list of sessions");
}
