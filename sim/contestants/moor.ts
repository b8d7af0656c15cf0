import type { CreateAffinity } from "../../src/affinity/affinity.ts";
import { ALGORITHMS } from "../../src/affinity/algorithms.ts";
import type { Contestant } from "./contestant.ts";

/** Weighted rendezvous hashing, Moor's default. */
export const whrw1 = contestant("whrw1", ALGORITHMS.whrw1.create);
/** Moor's Maglev, with a table of Envoy's default size. */
export const maglev = contestant("Maglev, 65,537", ALGORITHMS.maglev.create);

function contestant(name: string, create: CreateAffinity): Contestant {
  return {
    name,
    compile(origins) {
      const affinity = create(origins);
      return (session) => affinity.order(session, 1)[0] as number;
    },
  };
}
