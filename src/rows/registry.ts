import type { AuthorityConfig } from "../config/types.ts";
import { bindD1Rows } from "./d1/bind.ts";
import { bindMemcachedRows } from "./memcached/bind.ts";
import { bindPostgresRows } from "./postgres/bind.ts";
import { bindRedisRows } from "./redis/bind.ts";
import type { RowStore } from "./row-store.ts";

/**
 * Makes a store of rows from its own bindings of wrangler.
 *
 * @throws TypeError that names the wrong or missing binding and the accepted values.
 */
export type BindRows = (bindings: never, config: never) => RowStore;

/** The name of a store of rows in `stores.authority.type`. */
export type RowAuthorityType = Exclude<AuthorityConfig["type"], "object">;

/** The stores whose rows may be the authority, by the `type` that `stores.authority` names. */
export const ROW_STORES = {
  redis: bindRedisRows,
  postgres: bindPostgresRows,
  d1: bindD1Rows,
  memcached: bindMemcachedRows,
} as const satisfies Record<RowAuthorityType, BindRows>;

/** The bindings of all these stores. Some stores have bindings of names that the configuration lists. */
export type RowBindings = Parameters<typeof bindRedisRows>[0] & Parameters<typeof bindMemcachedRows>[0];
