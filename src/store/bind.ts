import { parseKeyRing } from "../inbound/token/key-ring.ts";
import type { Breakers } from "./breakers.ts";
import type { Copies } from "./contracts.ts";
import type { Fallback } from "./fallback-contract.ts";
import { guardCopies, guardFallback } from "./guarded.ts";
import { FALLBACKS, REPLICAS, type RegisteredBindings } from "./registry.ts";
import { createSeal, type Seal } from "./seal.ts";

/** The bindings of wrangler for the stores outside the objects. */
export interface StoreBindings extends RegisteredBindings {
  /** Key ring that seals the data that leaves the authority. */
  readonly MOOR_STORE_KEYS?: string;
}

/** The stores outside the objects, each behind its breaker. A store without a binding is absent. */
export interface BoundStores {
  readonly fallback: Fallback | undefined;
  readonly replicas: Copies | undefined;
}

const COPIES_DEADLINE_MS = 1_000;

/**
 * Binds the stores of the {@link REPLICAS} and {@link FALLBACKS}. They keep nothing of a request, so an isolate may use them for its
 * whole life.
 *
 * @throws TypeError that names the wrong binding and the accepted values.
 */
export function bindStores(bindings: StoreBindings, breakers: Breakers): BoundStores {
  const fallback = firstBound(FALLBACKS, bindings, sealOf(bindings));
  return {
    fallback: fallback && guardFallback(fallback, breakers.make(fallback.name)),
    replicas: bindReplicas(bindings, breakers),
  };
}

/**
 * Binds a store of the {@link REPLICAS} alone, for an authority that has no fallback.
 *
 * @throws TypeError that names the wrong binding and the accepted values.
 */
export function bindReplicas(bindings: StoreBindings, breakers: Breakers): Copies | undefined {
  const replicas = firstBound(REPLICAS, bindings, sealOf(bindings));
  return replicas && guardCopies(replicas, breakers.make(replicas.name), COPIES_DEADLINE_MS);
}

function sealOf({ MOOR_STORE_KEYS }: StoreBindings): Seal {
  return createSeal(parseKeyRing(MOOR_STORE_KEYS, "MOOR_STORE_KEYS"));
}

/** The first store whose bindings are set. */
function firstBound<Bindings, Store>(
  stores: Readonly<Record<string, (bindings: Bindings, seal: Seal) => Store | undefined>>,
  bindings: Bindings,
  seal: Seal,
): Store | undefined {
  for (const bind of Object.values(stores)) {
    const store = bind(bindings, seal);
    if (store) return store;
  }
  return undefined;
}
