import type { Copies } from "./contracts.ts";
import type { Fallback } from "./fallback-contract.ts";
import { bindKvReplicas } from "./kv-replicas.ts";
import { bindRedisFallback } from "./redis/bind.ts";
import type { Seal } from "./seal.ts";

/**
 * Makes a store from its own bindings of wrangler. `undefined`: they are not set. What the store keeps of a session is sealed.
 *
 * Faults of the bindings are thrown as a TypeError that names the wrong binding and the accepted values.
 */
export type BindStore<Store> = (bindings: never, seal: Seal) => Store | undefined;

/** The stores of copies, by the name that explain, metrics and the log show. The first of them that is bound keeps the replicas. */
export const REPLICAS = {
  kv: bindKvReplicas,
} as const satisfies Record<string, BindStore<Copies>>;

/** The fallbacks, by the same kind of name. The first of them that is bound stands in for the authority. */
export const FALLBACKS = {
  redis: bindRedisFallback,
} as const satisfies Record<string, BindStore<Fallback>>;

/** The bindings of all these stores. */
export type RegisteredBindings = BindingsOf<typeof REPLICAS> & BindingsOf<typeof FALLBACKS>;

/** A store of either kind takes its own bindings only, so all kinds together take the intersection. */
type BindingsOf<Stores> = Stores[keyof Stores] extends (bindings: infer Bindings, seal: Seal) => unknown
  ? Bindings
  : never;
