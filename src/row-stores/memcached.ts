import { literal } from "valibot";
import { isRecord, sessionRules } from "../settings/grammar.ts";
import { describe } from "../settings/mistakes.ts";
import { shape } from "../settings/shapes.ts";
import { defineRowStore } from "./kind.ts";
import { createMemcachedRows } from "./memcached/memcached-rows.ts";
import type { RowStore } from "./row-store.ts";

declare global {
  /** `false`: the build is without memcached. */
  const MOOR_MEMCACHED_ROWS: boolean | undefined;
}

/** Rows in one memcached, by a socket, for sessions that may be lost. */
export interface MemcachedRowsConfig {
  type: "memcached";
}

/** The binding of memcached. */
export interface MemcachedRowsBindings {
  /** `memcached://host:port`. */
  readonly MOOR_MEMCACHED?: string;
}

const DEADLINE_MS = 1_000;
const DEFAULT_PORT = 11_211;
/** memcached refuses values above a megabyte, unless it is started with `-I`. */
const MAX_ITEM_ATTRIBUTE_BYTES = 262_144;

/** memcached. */
export const memcached = defineRowStore<MemcachedRowsConfig, MemcachedRowsBindings>()({
  title: "memcached",
  schema: () => shape({ type: literal("memcached") }),
  guarantees: { survivesRestart: false, tellsTime: false, namesDue: false },
  mistakes(_authority, { session }, beside) {
    const bytes = isRecord(session) ? session.maxAttributeBytes : undefined;
    if (!sessionRules.maxAttributeBytes.accepts(bytes) || bytes <= MAX_ITEM_ATTRIBUTE_BYTES) return [];
    const accepted = `up to ${MAX_ITEM_ATTRIBUTE_BYTES} ${beside}: it refuses values above a megabyte`;
    return [{ path: "session.maxAttributeBytes", found: describe(bytes), accepted }];
  },
  bind({ MOOR_MEMCACHED: text }) {
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
      : undefined;
  },
});

function rowsAt(address: { hostname: string; port: number }): RowStore {
  return createMemcachedRows({
    // The command reads these settings in Node, which has no such module.
    connect: async () => (await import("cloudflare:sockets")).connect(address),
    deadlineMs: DEADLINE_MS,
    clock: Date.now,
  });
}
