import type { PoolConfig } from "../../src/config/pool-types.ts";
import type { Visit } from "./curves.ts";

const withPool = (pool: Partial<PoolConfig>): Visit => ({ kind: "clean read", page: "/framework", config: { pool } });

/** Settings of a pool that make a clean read cheaper, after the defaults and before all of them together. The page has ten headers. */
export const SAVINGS: readonly { readonly name: string; readonly visit: Visit }[] = [
  { name: "the defaults", visit: withPool({}) },
  { name: '`forwardedHeaders: "rfc7239"`', visit: withPool({ forwardedHeaders: "rfc7239" }) },
  { name: "`cacheBetween: false`", visit: withPool({ cacheBetween: false }) },
  {
    name: '`announcedHeaders: ["Moor-Patch"]`',
    visit: withPool({ announcedHeaders: ["Moor-Patch"] }),
  },
  {
    name: "all three",
    visit: withPool({ forwardedHeaders: "rfc7239", cacheBetween: false, announcedHeaders: ["Moor-Patch"] }),
  },
];
