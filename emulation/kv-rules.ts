import { platformErrors } from "./platform-errors.ts";

/** How a value is read. */
export interface KvGetOptions {
  readonly type?: "text";
  /** How long the location answers from its own cache, in seconds. Default 60, at least 30. */
  readonly cacheTtl?: number;
}

/** How long a value lives. Default: without end. */
export interface KvPutOptions {
  /** When it ends, in seconds since 1970; at least 60 s ahead. */
  readonly expiration?: number;
  /** In how many seconds it ends; at least 60. Beats `expiration`. */
  readonly expirationTtl?: number;
}

const MOST_KEY_BYTES = 512;
const MOST_VALUE_BYTES = 25 * 1024 * 1024;
const LEAST_CACHE_SECONDS = 30;
const DEFAULT_CACHE_SECONDS = 60;
const LEAST_LIFE_SECONDS = 60;

/** @throws what KV throws for a key that it does not take. */
export function checkKey(method: "GET" | "PUT" | "DELETE", key: string): void {
  if (key === "") throw new TypeError("Key name cannot be empty.");
  if (key === "." || key === "..") throw new TypeError(`"${key}" is not allowed as a key name.`);
  const bytes = byteLength(key);
  if (bytes > MOST_KEY_BYTES) {
    const text = `UTF-8 encoded length of ${bytes} exceeds key length limit of ${MOST_KEY_BYTES}.`;
    throw platformErrors.kv(method, `414 ${text}`);
  }
}

/** How long a read is cached, in milliseconds. @throws what KV throws for less than it takes. */
export function cacheMs({ cacheTtl = DEFAULT_CACHE_SECONDS }: KvGetOptions): number {
  if (cacheTtl >= LEAST_CACHE_SECONDS) return cacheTtl * 1000;
  const text = `Invalid cache_ttl of ${cacheTtl}. Cache TTL must be at least ${LEAST_CACHE_SECONDS}.`;
  throw platformErrors.kv("GET", `400 ${text}`);
}

/** @throws what KV throws for a value that it does not take. */
export function checkValue(value: string): void {
  // No character takes more than three bytes for each of its code units.
  const bytes = value.length * 3 > MOST_VALUE_BYTES ? byteLength(value) : 0;
  if (bytes <= MOST_VALUE_BYTES) return;
  throw platformErrors.kv("PUT", `413 Value length of ${bytes} exceeds limit of ${MOST_VALUE_BYTES}.`);
}

/**
 * When a value written at `now` ends, in milliseconds since 1970. @throws the error that KV throws for an end that it
 * does not accept.
 */
export function endOf({ expiration, expirationTtl }: KvPutOptions, now: number): number {
  const nowSeconds = Math.floor(now / 1000);
  if (expirationTtl !== undefined) {
    if (!(expirationTtl > 0)) throw refused("expiration_ttl", expirationTtl, "Please specify integer greater than 0.");
    if (expirationTtl < LEAST_LIFE_SECONDS) {
      throw refused("expiration_ttl", expirationTtl, `Expiration TTL must be at least ${LEAST_LIFE_SECONDS}.`);
    }
    return (nowSeconds + expirationTtl) * 1000;
  }
  if (expiration === undefined) return Number.POSITIVE_INFINITY;
  if (!(expiration > nowSeconds)) {
    const most = "the current number of seconds since the UNIX epoch";
    throw refused("expiration", expiration, `Please specify integer greater than ${most}.`);
  }
  if (expiration < nowSeconds + LEAST_LIFE_SECONDS) {
    const least = `at least ${LEAST_LIFE_SECONDS} seconds in the future`;
    throw refused("expiration", expiration, `Expiration times must be ${least}.`);
  }
  return expiration * 1000;
}

function refused(name: string, given: number, why: string): Error {
  return platformErrors.kv("PUT", `400 Invalid ${name} of ${given}. ${why}`);
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
