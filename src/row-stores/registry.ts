import type { GenericSchema } from "valibot";
import { lacksPart } from "../lib/build-flags.ts";
import { d1 } from "./d1.ts";
import type { RowStoreKind } from "./kind.ts";
import { memcached } from "./memcached.ts";
import { postgres } from "./postgres.ts";
import { redis } from "./redis.ts";
import { redisTcp } from "./redis-tcp.ts";
import type { RowStore } from "./row-store.ts";

/** The registry: each kind of store whose rows may be the authority, by its `type` in `stores.authority`. */
export const ROW_STORES = { redis, "redis-tcp": redisTcp, postgres, d1, memcached } as const;

/** The `type` of a store of rows. */
export type RowStoreType = keyof typeof ROW_STORES;
type Kind = (typeof ROW_STORES)[RowStoreType];
/** A kind of store, of which only its own file knows the settings. */
type AnyKind = RowStoreKind<unknown, unknown, GenericSchema>;

/** The settings of a store of rows. */
export type RowStoreConfig = NonNullable<Kind["config"]>;
/** The bindings of all these stores whose names are fixed. */
export type RowBindings = Together<NonNullable<Kind["bindings"]>>;
type Together<Union> = (Union extends unknown ? (one: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** The kind of store of this type; `undefined`: there is none. */
export function rowStoreOf(type: unknown): AnyKind | undefined {
  return typeof type === "string" && Object.hasOwn(ROW_STORES, type)
    ? (ROW_STORES[type as RowStoreType] as unknown as AnyKind)
    : undefined;
}

/** The constant with which a build leaves out a store. The store's own file asks for it, word for word. */
export function buildFlagOf(type: string): string {
  return `MOOR_${type.toUpperCase().replaceAll("-", "_")}_ROWS`;
}

/**
 * Binds the store of rows that the settings name.
 *
 * @throws TypeError that names the wrong binding and the accepted values, or if the build is without the store.
 */
export function bindRowStore(env: object, settings: Readonly<RowStoreConfig>): RowStore {
  const { type } = settings;
  const kind = ROW_STORES[type] as unknown as AnyKind;
  return kind.bind({ ...env }, settings) ?? lacksPart(buildFlagOf(type), kind.title, `stores.authority is "${type}"`);
}
