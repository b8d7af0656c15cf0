import { Redis } from "@upstash/redis/cloudflare";

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
