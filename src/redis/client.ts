/** The address of Redis and the deadline of its commands. */
export interface RedisAddress {
  /** `https://…`, or `http://…` for a Redis on the same machine. */
  readonly url: string;
  readonly token: string;
  /** How long one command may take, in milliseconds. */
  readonly deadlineMs: number;
}

/** A client of the REST protocol. */
export interface RedisClient {
  /**
   * Runs one command.
   *
   * @returns its reply: texts, numbers, nulls, and arrays of them.
   * @throws RedisFault if no usable answer came in time, or if Redis refused the command.
   */
  run(command: readonly string[]): Promise<unknown>;
  /** Runs a Lua script in one step. */
  eval(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
}

/** Does work with a client of Redis. The work waits for each command before it sends the next. */
export type ReachRedis = <Answer>(work: (redis: RedisClient) => Promise<Answer>) => Promise<Answer>;

/**
 * A client of the REST protocol of Upstash (https://upstash.com/docs/redis/features/restapi). It sends each command once, as a POST of
 * its own. It keeps nothing of a request, so an isolate may use it for its whole life.
 *
 * @throws TypeError if the address is not valid.
 */
export function createRedisClient({ url, token, deadlineMs }: RedisAddress): RedisClient {
  if (!/^https?:\/\/[a-z0-9[]\S*$/i.test(url)) throw new TypeError("the URL of Redis must begin with https://");
  if (!/^[\x21-\x7e]+$/.test(token)) throw new TypeError("the token for Redis must be visible ASCII, and not empty");
  if (!(deadlineMs >= 1 && deadlineMs <= 60_000)) throw new TypeError("deadlineMs must be 1 to 60,000");
  const headers = new Headers({ Authorization: `Bearer ${token}`, "Content-Type": "application/json" });

  async function send(body: string): Promise<unknown> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), deadlineMs);
    let answer: string;
    try {
      // A redirect would take the token and the session to another address.
      const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal: limit.signal });
      answer = await response.text();
    } catch {
      // The error may quote the address, so only its kind is kept.
      throw new RedisFault(limit.signal.aborted ? "timeout" : "no-answer");
    } finally {
      // A timer that is left to run would wake the isolate for nothing.
      clearTimeout(timer);
    }
    return resultIn(answer);
  }

  return {
    run: (command) => send(JSON.stringify(command)),
    eval(script, keys, args) {
      const rest = JSON.stringify([String(keys.length), ...keys, ...args]);
      return send(`["eval",${quoted(script)},${rest.slice(1)}`);
    },
  };
}

/** The scripts as JSON. They are constants, so there are few, and most of a command is its script. */
const quotedScripts = new Map<string, string>();

function quoted(script: string): string {
  const known = quotedScripts.get(script);
  if (known !== undefined) return known;
  const json = JSON.stringify(script);
  quotedScripts.set(script, json);
  return json;
}

/** The result in an answer. The status adds nothing: an error has `error` in its JSON. */
function resultIn(answer: string): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(answer);
  } catch {
    unreadable();
  }
  if (typeof parsed !== "object" || parsed === null) unreadable();
  if ("error" in parsed) throw refusal(parsed.error);
  return "result" in parsed ? parsed.result : unreadable();
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

/** Throws the fault for an answer that cannot be read. */
export function unreadable(): never {
  throw new RedisFault("unreadable");
}

/** Whether a reply, or a part of it, is an array of texts alone. */
export function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((element) => typeof element === "string");
}

const MESSAGES = {
  timeout: "Redis did not answer in time",
  "no-answer": "no usable answer came from Redis",
  refused: "Redis answered with an error",
  unreadable: "Redis answered something else than was asked",
  unopened: "what Redis holds of the session cannot be opened with the keys at hand",
  "foreign-schema": "what Redis holds of the session is of another schema",
  "journal-full": "the session's journal is full",
  unreplicated: "fewer replicas of Redis have the change than waitReplicas asks for",
} as const;

/** Why Redis is unavailable. */
export type RedisFaultCode = keyof typeof MESSAGES;

const ONE_SESSIONS: ReadonlySet<RedisFaultCode> = new Set(["unopened", "foreign-schema", "journal-full"]);

/** A fault of the Redis tier. Its text is fixed, so it may be logged: it never holds anything of a session. */
export class RedisFault extends Error {
  override readonly name = "RedisFault";
  readonly code: RedisFaultCode;
  /** The node of a Cluster that has the slot, as `host:port`; the host may be empty. `undefined`: it was not refused for its slot. */
  readonly movedTo: string | undefined;

  constructor(code: RedisFaultCode, detail?: string, movedTo?: string) {
    super(detail === undefined ? MESSAGES[code] : `${MESSAGES[code]}: ${detail}`);
    this.code = code;
    this.movedTo = movedTo;
  }

  /** Whether Redis said nothing. */
  get isSilence(): boolean {
    return this.code === "timeout" || this.code === "no-answer";
  }

  /** Whether the fault concerns one session alone, and says nothing about Redis itself. */
  get isOneSessions(): boolean {
    return ONE_SESSIONS.has(this.code);
  }
}

/** Errors that tell an operator what to do. Other text of an error may quote the command. */
const KNOWN_ERRORS = new RegExp(
  "^(?:ERR )?(ASK|BUSY|CLUSTERDOWN|CROSSSLOT|LOADING|MISCONF|MOVED|NOAUTH|NOPERM|OOM|READONLY|TRYAGAIN|WRONGPASS|WRONGTYPE" +
    "|unauthorized|max (?:daily )?requests? limit exceeded)\\b",
  "i",
);

/** The fault for an error of Redis. The error may quote the whole command, so only its kind is kept. */
export function refusal(error: unknown): RedisFault {
  if (typeof error !== "string") return new RedisFault("refused");
  return new RedisFault("refused", KNOWN_ERRORS.exec(error)?.[1], /^MOVED \d+ (\S+)$/.exec(error)?.[1]);
}
