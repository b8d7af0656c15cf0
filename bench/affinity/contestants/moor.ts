import type { CreateAffinity } from "../../../src/affinity/affinity.ts";
import { ALGORITHMS } from "../../../src/affinity/algorithms.ts";
import type { Contestant } from "../contestant.ts";

/** Weighted rendezvous hashing, Moor's default. */
export const whrw1 = contestant("whrw1", ALGORITHMS.whrw1.create);
/** Moor's Maglev. */
export const maglev = contestant("maglev", ALGORITHMS.maglev.create);

function contestant(name: string, create: CreateAffinity): Contestant {
  return {
    name,
    build(ids) {
      const affinity = create(ids.map((id) => ({ id, weight: 1 })));
      return {
        pick: (key) => ids[affinity.order(key, 1)[0] as number],
        firstThree: (key) => affinity.order(key, 3).map((index) => ids[index] as string),
      };
    },
  };
}
