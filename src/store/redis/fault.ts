import { errors } from "@upstash/redis/cloudflare";

const MESSAGES = {
  timeout: "Redis did not answer in time",
  "no-answer": "no usable answer came from Redis",
  refused: "Redis answered with an error",
  unreadable: "Redis answered something else than was asked",
  unopened: "what Redis holds of the session cannot be opened with the keys at hand",
  "foreign-schema": "what Redis holds of the session is of another schema",
  "journal-full": "the session's journal is full",
} as const;

/** Why Redis is unavailable. */
export type RedisFaultCode = keyof typeof MESSAGES;

const ONE_SESSIONS: ReadonlySet<RedisFaultCode> = new Set(["unopened", "foreign-schema", "journal-full"]);

/** A fault of the Redis tier. Its text is fixed, so it may be logged: it never holds anything of a session. */
export class RedisFault extends Error {
  override readonly name = "RedisFault";
  readonly code: RedisFaultCode;

  constructor(code: RedisFaultCode, detail?: string) {
    super(detail === undefined ? MESSAGES[code] : `${MESSAGES[code]}: ${detail}`);
    this.code = code;
  }

  /** Whether it is about one session alone, and tells nothing of Redis itself. */
  get isOneSessions(): boolean {
    return ONE_SESSIONS.has(this.code);
  }
}

/** Errors by which an operator knows what to do. What else an error says may quote the command. */
const KNOWN_ERRORS = new RegExp(
  "^(?:ERR )?(BUSY|CLUSTERDOWN|CROSSSLOT|LOADING|MISCONF|NOAUTH|NOPERM|OOM|READONLY|WRONGPASS|WRONGTYPE" +
    "|unauthorized|max (?:daily )?requests? limit exceeded)\\b",
  "i",
);

/**
 * What the SDK threw, as a fault that can be logged. The SDK's errors quote the whole command and what the server
 * answered, so nothing of them is kept but their kind.
 */
export function faultOf(thrown: unknown): RedisFault {
  if (thrown instanceof errors.UpstashJSONParseError) return new RedisFault("unreadable");
  if (thrown instanceof errors.UpstashError) {
    return new RedisFault("refused", KNOWN_ERRORS.exec(thrown.message)?.[1]);
  }
  return new RedisFault(thrown instanceof Error && thrown.name === "TimeoutError" ? "timeout" : "no-answer");
}
