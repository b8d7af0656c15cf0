import { createWhrw1 } from "../../../src/upstream/affinity/whrw1.ts";
import type { Contestant } from "../contestant.ts";

/** Moor's own. */
export const whrw1: Contestant = {
  name: "whrw1",
  build(ids) {
    const affinity = createWhrw1(ids.map((id) => ({ id, weight: 1 })));
    return {
      pick: (key) => ids[affinity.order(key, 1)[0] as number],
      firstThree: (key) => affinity.order(key, 3).map((index) => ids[index] as string),
    };
  },
};
