import { HashRing } from "ketama";
import type { Contestant } from "../contestant.ts";

/** npm's `ketama`: a ring of SHA-1. */
export const ketama: Contestant = {
  name: "ketama",
  build(ids) {
    const ring = new HashRing([...ids]);
    return { pick: (key) => ring.getNode(key), firstThree: (key) => ring.getNodes(key, 3) };
  },
};
