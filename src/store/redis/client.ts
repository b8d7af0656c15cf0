import { errors, Redis } from "@upstash/redis/cloudflare";

/** The address of Redis and the deadline of its commands. */
export interface RedisAddress {
  /** `https://…`, or `http://…` for a Redis on the same machine. */
  readonly url: string;
  readonly token: string;
  /** How long one command may take, in milliseconds. */
  readonly deadlineMs: number;
}

/** The methods of the SDK that Moor uses. */
export type RedisClient = Pick<Redis, "eval" | "zadd">;

/**
 * A client of the REST protocol. It sends each command once, as a POST of its own, and throws when no answer came. It keeps
 * nothing of a request, so an isolate may use it for its whole life.
 *
 * @throws TypeError if the address is not valid.
 */
export function createRedisClient({ url, token, deadlineMs }: RedisAddress): RedisClient {
  if (!/^https?:\/\/[a-z0-9[]\S*$/i.test(url)) throw new TypeError("the URL of Redis must begin with https://");
  if (!/^[\x21-\x7e]+$/.test(token)) throw new TypeError("the token for Redis must be visible ASCII, and not empty");
  if (!(deadlineMs >= 1 && deadlineMs <= 60_000)) throw new TypeError("deadlineMs must be 1 to 60,000");
  return new Redis({
    url,
    token,
    // With the SDK's deserialization, "12345" would come back as a number.
    automaticDeserialization: false,
    // With pipelining, a script would travel in a pipeline, whose failures look different.
    enableAutoPipelining: false,
    // The value `false` would still send every command twice.
    retry: { retries: 0 },
    // If all commands shared one signal, a command that timed out would resolve to null, as if there were no value, and so would
    // every command after it.
    signal: () => AbortSignal.timeout(deadlineMs),
    // Stored texts are ASCII, so a server that ignores the encoding cannot garble them.
    responseEncoding: false,
    readYourWrites: false,
    enableTelemetry: false,
  });
}

/**
 * Runs the work, and returns `unavailable` when it meets a fault of Redis. Any other error is a mistake in the code, and is
 * thrown on.
 */
export async function attempt<T>(work: () => Promise<T>): Promise<T | { kind: "unavailable"; cause: RedisFault }> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof RedisFault) return { kind: "unavailable", cause };
    throw cause;
  }
}

/**
 * The answer to a command of the SDK.
 *
 * @throws RedisFault if the command fails.
 */
export async function sent(command: Promise<unknown>): Promise<unknown> {
  try {
    return await command;
  } catch (thrown) {
    throw faultOf(thrown);
  }
}

/** Throws the fault for an answer that cannot be read. */
export function unreadable(): never {
  throw new RedisFault("unreadable");
}

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

  /** Whether the fault concerns one session alone, and says nothing about Redis itself. */
  get isOneSessions(): boolean {
    return ONE_SESSIONS.has(this.code);
  }
}

/** Errors that tell an operator what to do. Other text of an error may quote the command. */
const KNOWN_ERRORS = new RegExp(
  "^(?:ERR )?(BUSY|CLUSTERDOWN|CROSSSLOT|LOADING|MISCONF|NOAUTH|NOPERM|OOM|READONLY|WRONGPASS|WRONGTYPE" +
    "|unauthorized|max (?:daily )?requests? limit exceeded)\\b",
  "i",
);

/**
 * Turns an error of the SDK into a fault that can be logged. The SDK's errors quote the whole command and the server's answer, so
 * only the kind of the error is kept.
 */
export function faultOf(thrown: unknown): RedisFault {
  if (thrown instanceof errors.UpstashJSONParseError) return new RedisFault("unreadable");
  if (thrown instanceof errors.UpstashError) {
    return new RedisFault("refused", KNOWN_ERRORS.exec(thrown.message)?.[1]);
  }
  return new RedisFault(thrown instanceof Error && thrown.name === "TimeoutError" ? "timeout" : "no-answer");
}
