import { createWhrw1 } from "../../src/upstream/affinity/whrw1.ts";
import type { Contestant } from "./contestant.ts";

/** What Moor does. */
export const whrw1: Contestant = {
  name: "whrw1",
  compile(origins) {
    const affinity = createWhrw1(origins);
    return (session) => affinity.order(session, 1)[0] as number;
  },
};
