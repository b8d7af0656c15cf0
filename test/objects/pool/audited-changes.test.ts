import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { PoolAuthority } from "../../../src/objects/pool/pool-authority.ts";
import { PoolRows } from "../../../src/objects/pool/pool-rows.ts";
import { type AuditEntry, KEEP_MS, MOST_ENTRIES } from "../../../src/upstream/live/audit.ts";
import type { PoolChange } from "../../../src/upstream/live/pool-contracts.ts";
import { changeOf } from "../../support/pool-states.ts";
import { at, T0 } from "../../support/time.ts";

let now: number;
let pools = 0;
let pool: string;

beforeEach(() => {
  now = T0;
  pool = `audited-${pools++}`;
});

/** Works on the authority of the pool, on the storage of its object. */
function onAuthority<T>(work: (authority: PoolAuthority) => Promise<T>): Promise<T> {
  return runInDurableObject(env.POOL_OBJECT.getByName(pool), (_, { storage }) =>
    work(
      new PoolAuthority({
        rows: new PoolRows(storage),
        alarms: storage,
        publish: async () => {},
        probe: async () => ({ kind: "passed", status: 200 }),
        sendNote: async () => {},
        keepAlive: () => {},
        random: () => 0,
        clock: () => now,
        log: () => {},
      }),
    ),
  );
}
const change = (action: PoolChange["action"], id: string, given: Partial<PoolChange> = {}) =>
  onAuthority((authority) => {
    const by = { id, who: "token", from: "api" } as const;
    return authority.change({ pool, change: changeOf(action, { by, ...given }), awayMs: 1_000 });
  });
const entries = async (most = 100) => (await onAuthority((authority) => authority.audited({ most }))).entries;

describe("a change that names the version on which it was decided", () => {
  it("is made if the pool is still at that version", async () => {
    expect(await change("drain", "one", { onVersion: 0 })).toMatchObject({ kind: "changed", state: { version: 1 } });
    expect(await change("restore", "two", { onVersion: 1 })).toMatchObject({ kind: "changed", state: { version: 2 } });
  });

  it("is refused, and changes nothing, if another operator was first", async () => {
    await change("drain", "one", { onVersion: 0 });
    expect(await change("eject", "two", { onVersion: 0 })).toEqual({ kind: "refused", reason: "version-changed" });
    expect(await onAuthority((authority) => authority.look({ awayMs: 1_000 }))).toMatchObject({
      state: { version: 1 },
    });
  });
});

describe("the actions of operators on a pool", () => {
  it("are kept with operator, result and versions, the newest first, whether they changed anything or not", async () => {
    await change("drain", "one");
    now = at(1);
    await change("drain", "two");
    now = at(2);
    await change("eject", "three", { others: [] });
    const of = { who: "token", from: "api", pool, origin: "b" };
    expect(await entries()).toEqual([
      { ...of, id: "three", at: at(2), action: "eject", outcome: "last-origin", versions: { before: 1, after: 1 } },
      { ...of, id: "two", at: at(1), action: "drain", outcome: "unchanged", versions: { before: 1, after: 1 } },
      { ...of, id: "one", at: T0, action: "drain", outcome: "changed", versions: { before: 0, after: 1 } },
    ]);
  });

  it("are made and kept once when the call is repeated, although the version has changed in the meantime", async () => {
    const once = await change("drain", "one", { onVersion: 0 });
    now = at(1);
    expect(await change("drain", "one", { onVersion: 0 })).toEqual(once);
    expect(await entries()).toHaveLength(1);
  });

  it("are not kept for changes that the pool makes by itself", async () => {
    await onAuthority((authority) => authority.change({ pool, change: changeOf("drain"), awayMs: 1_000 }));
    expect(await entries()).toEqual([]);
  });
});

describe("the actions that an object keeps", () => {
  const entryAt = (time: number, id = "one", outcome = "done"): AuditEntry => ({
    id,
    at: time,
    who: "token",
    from: "api",
    action: "end",
    outcome,
  });
  const keep = (entry: AuditEntry) => onAuthority((authority) => authority.audit({ entry }));

  it("have a result in place of the intent", async () => {
    await keep(entryAt(T0, "one", "asked"));
    await keep(entryAt(T0, "one", "ended"));
    expect(await entries()).toEqual([entryAt(T0, "one", "ended")]);
  });

  it("are forgotten after 400 days", async () => {
    await keep(entryAt(T0));
    await keep(entryAt(T0 + KEEP_MS));
    expect(await entries()).toHaveLength(2);
    await keep(entryAt(T0 + KEEP_MS + 1));
    expect((await entries()).map(({ at: time }) => time)).toEqual([T0 + KEEP_MS + 1, T0 + KEEP_MS]);
  });

  it("are at most ten thousand: the oldest goes", async () => {
    await keep(entryAt(T0));
    await runInDurableObject(env.POOL_OBJECT.getByName(pool), (_, { storage }) => {
      storage.kv.put("audited", MOST_ENTRIES);
    });
    await keep(entryAt(at(1)));
    expect((await entries()).map(({ at: time }) => time)).toEqual([at(1)]);
  });
});
