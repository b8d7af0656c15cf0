import { beforeEach, describe, expect, it, vi } from "vitest";
import { createObjectStorage, type ObjectStorage } from "../../../emulation/object-storage.ts";
import { SessionRows } from "../../../src/objects/session/session-rows.ts";
import { apply } from "../../../src/session/apply.ts";
import type { Change } from "../../../src/session/change.ts";
import type { SessionRecord } from "../../../src/session/record.ts";
import { changeAt, POLICY, refTo } from "../../support/sessions.ts";
import { T0 } from "../../support/time.ts";

let rows: Map<string, unknown>;
let storage: ObjectStorage;
let record: SessionRecord;
/** A value that is too large to share a row with another value of its size. */
let large: SessionRecord;

beforeEach(() => {
  rows = new Map();
  storage = createObjectStorage({ rows, setAlarm: () => {} }, () => {});
  record = applied(undefined, { patches: [{ basket: "tea" }] });
  const policy = { ...POLICY, maxAttributeBytes: 1_048_576 };
  large = applied(undefined, { patches: [{ basket: "x".repeat(131_072) }], policy });
});

function applied(before: SessionRecord | undefined, asked: Partial<Change>): SessionRecord {
  const result = apply(before, refTo("s", T0), changeAt(T0, asked), T0);
  if (!("save" in result) || !result.save) throw new Error(`not applied: ${result.kind}`);
  return result.save;
}

describe("a session's record", () => {
  const reads = () => vi.spyOn(storage.kv, "get");

  it("is read once", () => {
    new SessionRows(storage).save(record, undefined);
    const spy = reads();
    const rows = new SessionRows(storage);
    for (const each of [1, 2, 3]) expect([each, rows.load()]).toEqual([each, record]);
    expect(spy.mock.calls).toEqual([["record"], ["before"]]);
  });

  it("is not read after it has been written", () => {
    const rows = new SessionRows(storage);
    const spy = reads();
    rows.save(record, undefined);
    expect(rows.load()).toEqual(record);
    expect(spy).not.toHaveBeenCalled();
  });

  it("is the stored record after a write that has come half way", () => {
    const kept = new SessionRows(storage);
    kept.save(large, undefined);
    const rotated = applied(large, { rotate: true });
    vi.spyOn(storage.kv, "put").mockImplementation((key, value) => {
      if (key === "before") throw new Error("too large");
      rows.set(key, value);
    });
    expect(() => kept.save(rotated, record)).toThrow("too large");
    expect(kept.load()).toEqual(new SessionRows(storage).load());
    expect(kept.load()?.generation).toBe(1);
  });

  it("is gone for a request that comes while the storage is being freed", async () => {
    const kept = new SessionRows(storage);
    kept.save(record, undefined);
    const { promise: isFreed, resolve } = Promise.withResolvers<void>();
    vi.spyOn(storage, "deleteAll").mockImplementation(() => {
      rows.clear();
      return isFreed;
    });
    const freeing = kept.free();
    expect(kept.load()).toBeUndefined();
    resolve();
    await freeing;
  });

  it("is gone once the storage is freed", async () => {
    const rows = new SessionRows(storage);
    rows.save(record, undefined);
    await rows.free();
    expect(rows.load()).toBeUndefined();
  });
});

describe("the view before a rotation", () => {
  const rotated = (from: SessionRecord) => applied(from, { rotate: true });

  it.each([
    ["in the record's row while both are small", () => record, ["record"]],
    ["in a row of its own where they are large", () => large, ["before", "record"]],
  ])("is %s, and is loaded from there", (_where, from, keys) => {
    const kept = new SessionRows(storage);
    kept.save(from(), undefined);
    kept.save(rotated(from()), from());
    expect([...rows.keys()].sort()).toEqual(keys);
    expect(new SessionRows(storage).load()).toEqual(kept.load());
    expect(kept.load()?.before?.view).toMatchObject({ generation: 0 });
  });

  it("in a row of its own is written once, and deleted with it", () => {
    new SessionRows(storage).save(rotated(large), undefined);
    const kept = new SessionRows(storage);
    const loaded = kept.load() as SessionRecord;
    const puts = vi.spyOn(storage.kv, "put");
    const next = { ...loaded, version: loaded.version + 1 };
    kept.save(next, loaded);
    expect(puts.mock.calls.map(([key]) => key)).toEqual(["record"]);
    const { before, ...without } = next;
    kept.save(without, next);
    expect([...rows.keys()]).toEqual(["record"]);
  });

  it("moves from its own row to the record's once both are small", () => {
    const kept = new SessionRows(storage);
    const apart = rotated(large);
    kept.save(apart, undefined);
    const together = rotated(record);
    kept.save(together, apart);
    expect([...rows.keys()]).toEqual(["record"]);
    expect(new SessionRows(storage).load()).toEqual(together);
  });
});

describe("the knowledge about the stores outside", () => {
  it.each<[string, (rows: SessionRows) => unknown]>([
    ["read", (rows) => rows.outside()],
    ["written", (rows) => rows.saveOutside({ backedUpVersion: 1, journalSeenAt: 0, journalEmptyAt: 0 })],
    ["known when the record was written", (rows) => [rows.outside(), rows.save(record, undefined)]],
  ])("once %s, is read again after an await: so an object that was replaced answers nothing", async (_, meet) => {
    let isCurrent = true;
    const rows = new SessionRows(
      createObjectStorage({ rows: new Map(), setAlarm: () => {} }, () => {
        if (!isCurrent) throw new Error("replaced");
      }),
    );
    meet(rows);
    isCurrent = false;
    await undefined;
    expect(() => rows.outside()).toThrow("replaced");
  });

  it("is not read again by code that has written: an object that was replaced has failed there", async () => {
    const rows = new SessionRows(storage);
    rows.outside();
    await undefined;
    const spy = vi.spyOn(storage.kv, "get");
    rows.save(record, undefined);
    expect(rows.outside()).toMatchObject({ backedUpVersion: 0 });
    expect(spy).not.toHaveBeenCalled();
  });

  it("is read once by code that does not wait, and is the written knowledge after a write", () => {
    const rows = new SessionRows(storage);
    rows.save(record, undefined);
    const spy = vi.spyOn(storage.kv, "get");
    rows.outside();
    rows.noteAnswer({ sentAt: T0, backedUpVersion: 1, journal: "empty" });
    expect(rows.outside()).toEqual({ backedUpVersion: 1, journalSeenAt: T0, journalEmptyAt: T0 });
    expect(spy.mock.calls).toEqual([["outside"]]);
  });

  it("is gone with the storage", async () => {
    const rows = new SessionRows(storage);
    rows.saveOutside({ backedUpVersion: 1, journalSeenAt: 0, journalEmptyAt: 0 });
    const freed = rows.free();
    expect(rows.outside()).toMatchObject({ backedUpVersion: 0 });
    await freed;
  });
});
