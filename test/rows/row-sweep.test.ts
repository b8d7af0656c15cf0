import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRowsInMemory } from "../../emulation/rows.ts";
import { principalName } from "../../src/objects/clients/principal-client.ts";
import type { RowStore } from "../../src/row-stores/row-store.ts";
import { sweepRows } from "../../src/rows/row-sweep.ts";
import { setTime } from "../support/edge.ts";
import { changeAt, POLICY, refTo, uniqueId } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";
import { createRowsWorld } from "./rows-world.ts";

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

const IDLE_S = POLICY.idleSeconds * 1.1 + 1;
const shopper = () => changeAt(T0, { patches: [{ basket: "tea" }], touch: true });

describe("the sweep of rows", () => {
  it("rings every alarm that is due, however many rows before it cannot be rung", async () => {
    const DAMAGED = 150;
    const rows = createRowsInMemory({ clock: () => Date.now() });
    const times = { seen: undefined, keepUntil: at(1e6), notAfter: at(1e6) };
    for (let n = 0; n < DAMAGED; n++) {
      await rows.store.write(`session:${n}`, { ...times, next: { tag: `t${n}`, text: "not sealed" }, dueAt: T0 });
    }
    const { authority, sweep, events } = createRowsWorld({ rows });
    await authority.commit(refTo(uniqueId()), shopper());
    setTime(at(IDLE_S));
    expect(await sweep()).toEqual({ rung: 1, freed: 0, left: DAMAGED });
    expect(events.at(-1)).toMatchObject({ kind: "ended", reason: "idle" });
  });

  it("asks once for a row that the store names before it is due by this clock, and leaves it for the next sweep", async () => {
    let asked = 0;
    const names: string[] = [];
    const through = (store: RowStore): RowStore => ({
      ...store,
      due: async () => ({ kind: "names", names: ++asked < 9 ? names : [] }),
    });
    const { authority, principals, sweep } = createRowsWorld({ through, indexed: true });
    const ref = refTo(uniqueId());
    await authority.commit(ref, shopper());
    await principals.endAll("alice", {});
    names.push(`session:${ref.id}`, `principal:${await principalName("alice")}`);
    expect(await sweep()).toEqual({ rung: 0, freed: 0, left: 2 });
    expect(asked).toBe(2);
  });

  it("rings the alarms of principals although sessions are no longer indexed", async () => {
    const rows = createRowsInMemory({ clock: () => Date.now(), freesByItself: false });
    const before = createRowsWorld({ rows, indexed: true });
    await before.principals.endAll("alice", {});
    expect(rows.names()).toHaveLength(1);
    setTime(at(400 * 86_400));
    const through = (store: RowStore): RowStore => ({ ...store, free: async () => ({ kind: "freed", rows: 0 }) });
    await createRowsWorld({ rows, through }).sweep();
    expect(rows.names()).toEqual([]);
  });

  it("rings each kind of row, and frees rows once nothing is due", async () => {
    const names = ["session:a", "principal:b"];
    const rung: string[] = [];
    const ring = (kind: string) => async (key: string) => {
      rung.push(`${kind} ${key}`);
      return { kind: "rung" as const };
    };
    const swept = sweepRows({
      store: {
        due: async () => ({ kind: "names", names: names.splice(0) }),
        free: async () => ({ kind: "freed", rows: 7 }),
      },
      sessions: { ring: ring("session") },
      principals: { ring: ring("principal") },
      clock: () => Date.now(),
    });
    expect(await swept).toEqual({ rung: 2, freed: 7, left: 0 });
    expect(rung).toEqual(["session a", "principal b"]);
  });

  it("leaves rows to the next sweep that begins a minute later, and frees nothing then", async () => {
    const names = Array.from({ length: 20 }, (_, nth) => `session:${nth}`);
    let isFreed = false;
    const swept = sweepRows({
      store: {
        due: async () => ({ kind: "names", names }),
        async free() {
          isFreed = true;
          return { kind: "freed", rows: 0 };
        },
      },
      sessions: {
        async ring() {
          setTime(Date.now() + 5_000);
          return { kind: "rung" };
        },
      },
      principals: { ring: async () => ({ kind: "rung" }) },
      clock: () => Date.now(),
    });
    // Six at once take thirty seconds, and twelve take a minute.
    expect(await swept).toEqual({ rung: 12, freed: 0, left: 8 });
    expect(isFreed).toBe(false);
  });

  it("has the store forget the alarm of a row that is gone", async () => {
    const deleted: string[] = [];
    const through = (store: RowStore): RowStore => ({
      ...store,
      due: async () => ({ kind: "names", names: deleted.length === 0 ? ["session:gone"] : [] }),
      write: (name, write) => {
        if (!write.next) deleted.push(name);
        return store.write(name, write);
      },
    });
    expect(await createRowsWorld({ through }).sweep()).toMatchObject({ rung: 1, left: 0 });
    expect(deleted).toEqual(["session:gone"]);
  });

  it("frees rows where the store does not free them by itself", async () => {
    const rows = createRowsInMemory({ clock: () => Date.now(), freesByItself: false });
    const times = { seen: undefined, dueAt: undefined, keepUntil: at(60), notAfter: at(60) };
    await rows.store.write("session:over", { ...times, next: { tag: "t", text: "text" } });
    setTime(at(61));
    expect(await createRowsWorld({ rows }).sweep()).toEqual({ rung: 0, freed: 1, left: 0 });
    expect(rows.names()).toEqual([]);
  });

  it("tells why it could not read which rows are due", async () => {
    const cause = new Error("down");
    const through = (store: RowStore): RowStore => ({ ...store, due: async () => ({ kind: "unavailable", cause }) });
    expect(await createRowsWorld({ through }).sweep()).toEqual({ rung: 0, freed: 0, left: 0, cause });
  });
});
