import type { AuthorityConfig } from "../../src/config/types.ts";
import { d1 } from "./d1.ts";
import { memcached } from "./memcached.ts";
import { postgres } from "./postgres.ts";
import { redis } from "./redis.ts";
import type { StoreSetup } from "./store-setup.ts";

/** The stores that `moor init --store` sets up, by the `type` of `stores.authority`. */
export const STORE_SETUPS: Readonly<Record<Exclude<AuthorityConfig["type"], "object">, StoreSetup>> = {
  redis,
  postgres,
  d1,
  memcached,
};
