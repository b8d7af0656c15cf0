import { describe, expect, it } from "vitest";
import { createRowsInMemory } from "../../emulation/rows.ts";
import type { RowStore, RowWrite } from "../../src/row-stores/row-store.ts";
import { guardRows } from "../../src/rows/guarded-rows.ts";
import { BreakerOpenError, createBreaker } from "../../src/store/breaker.ts";
import { T0 } from "../support/time.ts";

const WRITE: RowWrite = {
  seen: undefined,
  next: { tag: "a", text: "text" },
  keepUntil: T0 + 1_000,
  dueAt: undefined,
  notAfter: T0 + 1_000,
  isEnd: true,
};
const CALLS: Readonly<Record<string, (store: RowStore) => Promise<{ kind: string } | undefined>>> = {
  read: (store) => store.read("row"),
  write: (store) => store.write("row", WRITE),
  due: (store) => store.due(10),
  free: (store) => store.free(10),
  sealedOtherwise: async (store) => store.sealedOtherwise?.(["AAA"], 10),
  "read on a connection": async (store) => store.connect?.().read("row"),
  "write on a connection": async (store) => store.connect?.().write("row", WRITE),
};

/** Rows behind a breaker, and what reaches the store. */
function guarded(isDown = false) {
  const { store: rows } = createRowsInMemory({ clock: () => T0 });
  const reached: unknown[] = [];
  const reach = <Answer>(what: unknown, answer: () => Promise<Answer>) => {
    reached.push(what);
    return isDown ? Promise.resolve({ kind: "unavailable" as const, cause: new Error("down") }) : answer();
  };
  const calls = {
    read: (name: string) => reach("read", () => rows.read(name)),
    write: (name: string, write: RowWrite) => reach({ write }, () => rows.write(name, write)),
  };
  const store: RowStore = {
    ...rows,
    ...calls,
    due: (limit) => reach("due", () => rows.due(limit)),
    free: (limit) => reach("free", () => rows.free(limit)),
    sealedOtherwise: (starts, limit) =>
      reach(
        "sealedOtherwise",
        async () => (await rows.sealedOtherwise?.(starts, limit)) ?? { kind: "names", names: [] },
      ),
    connect: () => ({ ...calls, end: async () => void reached.push("end") }),
  };
  const breaker = createBreaker({ name: "rows", clock: () => T0, random: () => 0 });
  return { store: guardRows(store, breaker), reached, breaker };
}

describe("rows behind a breaker", () => {
  it.each(Object.entries(CALLS))("are asked while it is closed, and not while it is open: %s", async (_name, call) => {
    const up = guarded();
    expect((await call(up.store))?.kind).not.toBe("unavailable");
    expect(up.reached).toHaveLength(1);
    const { store, reached, breaker } = guarded(true);
    for (let failures = 0; failures < 5; failures++) await call(store);
    expect(breaker.state()).toBe("open");
    const before = reached.length;
    expect(await call(store)).toMatchObject({ kind: "unavailable", cause: expect.any(BreakerOpenError) });
    expect(reached).toHaveLength(before);
  });

  it("have their connections ended, and are told everything of a write", async () => {
    const { store, reached } = guarded();
    const connection = store.connect?.();
    await connection?.write("row", WRITE);
    await connection?.end();
    expect(reached).toEqual([{ write: WRITE }, "end"]);
  });
});
