import { connect } from "cloudflare:sockets";
import { leftOut } from "../../lib/build-flags.ts";
import type { RowStore } from "../row-store.ts";
import { createMemcachedRows } from "./memcached-rows.ts";

/** The binding of memcached. */
export interface MemcachedBindings {
  /** `memcached://host:port`. */
  readonly MOOR_MEMCACHED?: string;
}

const DEADLINE_MS = 1_000;
const DEFAULT_PORT = 11_211;

/**
 * Rows in one memcached, by a socket.
 *
 * @throws TypeError that names the wrong binding and the accepted values, or if the build is without memcached.
 */
export function bindMemcachedRows({ MOOR_MEMCACHED: text }: MemcachedBindings): RowStore {
  const url =
    text !== undefined && /^memcached:\/\/[^/@?#]+\/?$/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (!url) {
    const found = text === undefined ? "not set" : "no address of memcached";
    throw new TypeError(
      `MOOR_MEMCACHED is ${found}; it takes one, as in "memcached://cache.example.com:${DEFAULT_PORT}".`,
    );
  }
  return typeof MOOR_MEMCACHED_ROWS === "undefined" || MOOR_MEMCACHED_ROWS
    ? rowsAt({ hostname: url.hostname, port: Number(url.port || DEFAULT_PORT) })
    : leftOut("MOOR_MEMCACHED_ROWS", 'stores.authority is "memcached"');
}

function rowsAt(address: SocketAddress): RowStore {
  return createMemcachedRows({ connect: () => connect(address), deadlineMs: DEADLINE_MS, clock: Date.now });
}
