import { afterEach, beforeEach, vi } from "vitest";
import { createRowsInMemory } from "../../emulation/rows.ts";
import { testAuthority } from "../store/authority.suite.ts";
import { setTime } from "../support/edge.ts";
import { T0 } from "../support/time.ts";
import { createRowsWorld } from "./rows-world.ts";

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

const DOWN = { kind: "unavailable" as const, cause: new Error("down") };

for (const apartMs of [0, 9_000, -9_000]) {
  testAuthority(`an authority on rows, whose store's clock is ${apartMs} ms ahead`, {
    create: () => createRowsWorld({ rows: createRowsInMemory({ clock: () => Date.now() + apartMs }) }).authority,
    createUnreachable: () =>
      createRowsWorld({ through: (store) => ({ ...store, read: async () => DOWN, write: async () => DOWN }) })
        .authority,
    setClock: setTime,
    gaps: [],
  });
}
