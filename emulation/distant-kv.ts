import type { Clock } from "./clock.ts";
import type { FaultOf, KvFault } from "./faults.ts";
import { cacheMs, checkKey, checkValue, endOf, type KvGetOptions, type KvPutOptions } from "./kv-rules.ts";
import { carry } from "./link.ts";
import { platformErrors } from "./platform-errors.ts";

/** A namespace as a single location sees it: the modelled part of Cloudflare's `KVNamespace`. */
export interface LocalKv {
  get(key: string, options?: "text" | KvGetOptions): Promise<string | null>;
  put(key: string, value: string, options?: KvPutOptions): Promise<void>;
  delete(key: string): Promise<void>;
}

/** A namespace of Workers KV, as it behaves when it is deployed. */
export interface DistantKv {
  /** As seen from a location, which has a cache of its own. */
  at(location: string): LocalKv;
}

/** The parameters of a namespace's behaviour. */
export interface DistantKvOptions {
  readonly clock: Clock;
  /** A number from 0 to below 1, as `Math.random` gives. */
  readonly random: () => number;
  /**
   * After how many milliseconds a write is seen for certain, where it is not cached: by readers in its own location, and
   * elsewhere. Until then each read may see it or not. Default 1 s and 60 s.
   */
  readonly visibleAfterMs?: { readonly here: number; readonly elsewhere: number };
  /** How long a request of a location travels to the namespace, and a response back, in milliseconds. Default 0. */
  readonly delayMs?: (location: string) => number;
  /** The fault that a call meets; its operation is `get`, `put` or `delete`. Default: no fault. */
  readonly faultOf?: FaultOf<KvFault>;
}

interface Write {
  /** `null`: deleted. */
  readonly value: string | null;
  readonly endsAt: number;
  readonly writtenAt: number;
  readonly location: string;
}

interface Cached {
  readonly write: Write | undefined;
  readonly until: number;
}

/** KV takes one write for a key in this many milliseconds. */
const WRITE_EVERY_MS = 1_000;

/**
 * A namespace that is stale far away, for a minute and longer. A location answers from its cache, and repeats misses
 * from it as well, until `cacheTtl` has passed or the location has written itself. Past the cache, each read of a
 * recent write draws whether the write has arrived. So a location may even go back in time. A value is never seen after
 * its end. Source: Cloudflare's "How KV works".
 *
 * It holds neither timers nor promises between calls, so a namespace may serve an isolate for its life.
 */
export function createDistantKv({
  clock,
  random,
  visibleAfterMs: visible = { here: 1_000, elsewhere: 60_000 },
  delayMs = () => 0,
  faultOf = () => undefined,
}: DistantKvOptions): DistantKv {
  const historyMs = Math.max(visible.here, visible.elsewhere);
  /** Newest first; the last is old enough to be seen for certain. */
  const histories = new Map<string, readonly Write[]>();
  const caches = new Map<string, Map<string, Cached>>();

  function cacheOf(location: string): Map<string, Cached> {
    const cache = caches.get(location) ?? new Map<string, Cached>();
    caches.set(location, cache);
    return cache;
  }

  /** The value that a location gets when it asks the namespace itself, and how long it may keep the value. */
  function fetched(key: string, location: string, keepMs: number): Cached {
    const now = clock.now();
    let until = now + keepMs;
    const write = histories.get(key)?.find(({ location: writer, writtenAt }) => {
      const certainAt = writtenAt + (writer === location ? visible.here : visible.elsewhere);
      if (now >= certainAt || random() < 0.5) return true;
      // Where it has been written it is seen soon, even after a read that came too early.
      if (writer === location) until = Math.min(until, certainAt);
      return false;
    });
    return { write, until };
  }

  function read(key: string, location: string, keepMs: number): string | null {
    const cache = cacheOf(location);
    const now = clock.now();
    let cached = cache.get(key);
    if (!cached || cached.until <= now) {
      cached = fetched(key, location, keepMs);
      cache.set(key, cached);
    }
    return cached.write && now < cached.write.endsAt ? cached.write.value : null;
  }

  function write(method: "PUT" | "DELETE", key: string, write: Write): void {
    const history = histories.get(key) ?? [];
    const newest = history[0];
    const now = write.writtenAt;
    if (newest && now - newest.writtenAt < WRITE_EVERY_MS) throw platformErrors.kv(method, TOO_MANY);
    const certain = history.findIndex(({ writtenAt }) => now - writtenAt >= historyMs);
    histories.set(key, [write, ...(certain === -1 ? history : history.slice(0, certain + 1))]);
    cacheOf(write.location).delete(key);
  }

  return {
    at(location) {
      function call<T>(operation: "get" | "put" | "delete", work: () => T): Promise<T> {
        const method = METHODS[operation];
        const fault = faultOf(location, operation);
        const isRefused = fault?.kind === "429" && operation !== "get";
        const done = async () => {
          if (isRefused) throw platformErrors.kv(method, TOO_MANY);
          return work();
        };
        return carry(done, {
          clock,
          requestMs: delayMs(location),
          responseMs: delayMs(location),
          fault: fault?.kind === "429" ? undefined : fault,
          errors: {
            down: () => platformErrors.kv(method, "500 Internal Server Error"),
            lost: platformErrors.connectionLost,
          },
        });
      }

      return {
        async get(key, options = {}) {
          checkKey("GET", key);
          return call("get", () => read(key, location, cacheMs(options === "text" ? {} : options)));
        },
        async put(key, value, options = {}) {
          checkKey("PUT", key);
          return call("put", () => {
            checkValue(value);
            const writtenAt = clock.now();
            write("PUT", key, { value, endsAt: endOf(options, writtenAt), writtenAt, location });
          });
        },
        async delete(key) {
          checkKey("DELETE", key);
          const gone = { value: null, endsAt: Number.POSITIVE_INFINITY };
          return call("delete", () => write("DELETE", key, { ...gone, writtenAt: clock.now(), location }));
        },
      };
    },
  };
}

const METHODS = { get: "GET", put: "PUT", delete: "DELETE" } as const;
const TOO_MANY = "429 Too Many Requests";
