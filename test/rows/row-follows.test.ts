import { beforeEach, expect, it } from "vitest";
import { createRowsInMemory, type RowsInMemory } from "../../emulation/rows.ts";
import type { LogEntry } from "../../src/log.ts";
import { T0 } from "../support/time.ts";
import { known, processOf } from "./pools-world.ts";

let log: LogEntry[];
let rows: RowsInMemory;
beforeEach(() => {
  log = [];
  rows = createRowsInMemory({ clock: () => T0 });
});
/** The judges of another process. */
const judges = (store = rows.store) =>
  processOf(store, { clock: () => T0, log: (entry) => log.push(entry) }).pools.followJudges;
const gone = (nth: number) => ({ lived: 0, gone: { session: `s${nth}`, bornAt: T0 } });

it("ends the sessions of five visitors who log out, if all processes together have seen a hundred that live", async () => {
  await judges().report("old", "app", { lived: 50 });
  await judges().report("old", "app", { lived: 50 });
  for (let nth = 0; nth < 5; nth++)
    expect(await judges().report("old", "app", gone(nth))).toMatchObject({ kind: "followed", ends: true });
  expect(log).toEqual([]);
});

it("stops at every process when too many are gone at once, says so once, and goes on for another application", async () => {
  for (let nth = 0; nth < 4; nth++)
    expect(await judges().report("old", "app", gone(nth))).toMatchObject({ ends: true });
  expect(await judges().report("old", "app", gone(4))).toMatchObject({ ends: false, stoppedAt: T0 });
  expect(await known(judges().report("old", "app", gone(5)))).toMatchObject({ ends: false, stoppedAt: T0 });
  expect(await judges().report("old", "other", gone(0))).toMatchObject({ ends: true });
  expect(log).toEqual([{ event: "follow_stopped", kind: "app", reason: "5 of 5 sessions were gone" }]);
});

it("judges nothing while the store is away: no session ends", async () => {
  const fault = { kind: "unavailable" as const, cause: new Error("the store is away") };
  const away = judges({ ...rows.store, read: async () => fault });
  expect(await away.report("old", "app", gone(0))).toEqual(fault);
});
