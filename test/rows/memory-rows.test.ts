import { createRowsInMemory } from "../../emulation/rows.ts";
import { testRowStore } from "../row-stores/row-store.suite.ts";

for (const freesByItself of [true, false]) {
  const create = () => createRowsInMemory({ clock: Date.now, freesByItself }).store;
  testRowStore(`rows in memory, ${freesByItself ? "freed by themselves" : "freed by the sweep"}`, {
    create,
    createUnreachable: create,
    now: Date.now,
    gaps: [
      {
        reason: "a store in memory is always in reach",
        cases: [
          "is unavailable when it is out of reach, which is never the absence of a row",
          "names no rows as due when it is out of reach",
        ],
      },
    ],
  });
}
