import { createRowsInMemory } from "../../emulation/rows.ts";
import type { RowStore } from "../../src/rows/row-store.ts";
import { testRowStore } from "./row-store.suite.ts";

const DOWN = { kind: "unavailable" as const, cause: new Error("down") };
const unreachable: RowStore = {
  name: "memory-rows",
  isMetered: false,
  read: async () => DOWN,
  write: async () => DOWN,
  due: async () => DOWN,
  free: async () => DOWN,
};

for (const freesByItself of [true, false]) {
  testRowStore(`rows in memory, ${freesByItself ? "freed by themselves" : "freed by the sweep"}`, {
    create: () => createRowsInMemory({ clock: Date.now, freesByItself }).store,
    createUnreachable: () => unreachable,
    now: Date.now,
    gaps: [],
  });
}
