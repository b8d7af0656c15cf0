import { errors, Redis } from "@upstash/redis/cloudflare";

/** How Redis is reached. */
export interface RedisAddress {
  /** `https://…`, or `http://…` for one of this machine. */
  readonly url: string;
  readonly token: string;
  /** How long one command may take, in milliseconds. */
  readonly deadlineMs: number;
}

/** What of the SDK is used. */
export type RedisClient = Pick<Redis, "eval" | "zadd">;

/**
 * A client of the REST protocol that sends each command once, as a POST of its own, and throws when no answer came. It
 * holds nothing of a request, so one may serve an isolate for its life.
 *
 * @throws TypeError if the address is none.
 */
export function createRedisClient({ url, token, deadlineMs }: RedisAddress): RedisClient {
  if (!/^https?:\/\/[a-z0-9[]\S*$/i.test(url)) throw new TypeError("the URL of Redis must begin with https://");
  if (!/^[\x21-\x7e]+$/.test(token)) throw new TypeError("the token for Redis must be visible ASCII, and not empty");
  if (!(deadlineMs >= 1 && deadlineMs <= 60_000)) throw new TypeError("deadlineMs must be 1 to 60,000");
  return new Redis({
    url,
    token,
    // Or "12345" would come back as a number.
    automaticDeserialization: false,
    // Or a script would travel in a pipeline, whose failures look different.
    enableAutoPipelining: false,
    // `false` would still send everything twice.
    retry: { retries: 0 },
    // With one signal for all, a command that timed out would resolve to null, as if there were nothing, and so would
    // every one after it.
    signal: () => AbortSignal.timeout(deadlineMs),
    // What is stored is ASCII; a server that ignores the encoding cannot garble it.
    responseEncoding: false,
    readYourWrites: false,
    enableTelemetry: false,
  });
}

/** What the work comes to, or `unavailable` when it meets a fault. Anything else that is thrown is a mistake of the code. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | { kind: "unavailable"; cause: RedisFault }> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof RedisFault) return { kind: "unavailable", cause };
    throw cause;
  }
}

/** What the SDK's command answers. */
export async function sent(command: Promise<unknown>): Promise<unknown> {
  try {
    return await command;
  } catch (thrown) {
    throw faultOf(thrown);
  }
}

/** For an answer that is none. */
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
