import type { Copies } from "../../src/store/contracts.ts";
import { createKvReplicas, type ReplicaNamespace } from "../../src/store/kv-replicas.ts";
import { createSeal } from "../../src/store/seal.ts";
import { macRing } from "./rings.ts";

/** Replicas in a KV that is never stale, as an edge and as the objects reach it, each with its operations listed. */
export function countedKv() {
  const values = new Map<string, string>();
  const seal = createSeal(macRing(1));

  function reach(): { replicas: Copies; operations: ("get" | "put")[] } {
    const operations: ("get" | "put")[] = [];
    const namespace: ReplicaNamespace = {
      async get(key) {
        operations.push("get");
        return values.get(key) ?? null;
      },
      async put(key, value) {
        operations.push("put");
        values.set(key, value);
      },
    };
    return { replicas: createKvReplicas({ namespace, seal, clock: () => Date.now() }), operations };
  }

  return { edge: reach(), objects: reach() };
}
