import type { CreateAffinity } from "./affinity.ts";
import { createMaglev } from "./maglev.ts";
import { createWhrw1 } from "./whrw1.ts";

/** An algorithm that a pool may choose. */
export interface Algorithm {
  readonly create: CreateAffinity;
  /** Whether its orders follow the steps of slow start. */
  readonly hasSlowStart: boolean;
}

/** The algorithms, by the name that `affinity.algorithm` has in the configuration. */
export const ALGORITHMS = {
  whrw1: { create: createWhrw1, hasSlowStart: true },
  rendezvous: { create: createWhrw1, hasSlowStart: true },
  maglev: { create: createMaglev, hasSlowStart: false },
} as const satisfies Record<string, Algorithm>;

/** The name of one of {@link ALGORITHMS}. */
export type AlgorithmName = keyof typeof ALGORITHMS;

/** The algorithm of that name; `undefined` if Moor has no such algorithm. */
export function algorithmOf(name: unknown): Algorithm | undefined {
  return typeof name === "string" && Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name as AlgorithmName] : undefined;
}
