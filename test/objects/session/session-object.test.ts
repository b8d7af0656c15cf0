import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createObjectAuthority } from "../../../src/objects/clients/session-client.ts";
import { createSessionClass } from "../../../src/objects/session/session-object.ts";
import type { Change } from "../../../src/session/change.ts";
import { changeAt, POLICY, refTo, uniqueId } from "../../support/sessions.ts";
import { at, T0 } from "../../support/time.ts";
import { authority, beginSession, commit, id, now, object, read, ring, setTime, stored } from "./stored-session.ts";

beforeEach(beginSession);
afterEach(() => vi.useRealTimers());

describe("an object's storage", () => {
  const NOTHING = { record: undefined, keys: [], alarm: null };

  it("is not begun by a read", async () => {
    await read();
    expect(await stored()).toEqual(NOTHING);
  });

  it.each<[string, Partial<Change>, number]>([
    ["is too large", { patches: [{ a: "x".repeat(2_000) }] }, 0],
    ["has expired", { patches: [{}], expiresAt: T0 }, 0],
    ["asks for a version that there is not", { patches: [{}], ifVersion: 1 }, 0],
    ["proves a generation of a record that is gone", { patches: [{}] }, 1],
  ])("is not begun by a change that %s", async (_what, asked, generation) => {
    await commit(asked, generation);
    expect(await stored()).toEqual(NOTHING);
  });

  it("holds the record", async () => {
    await commit({ patches: [{ a: 1 }] });
    expect(await stored()).toMatchObject({
      keys: ["record"],
      record: { schema: 1, id, version: 1, attributes: { a: 1 } },
    });
  });

  it("holds the view before a rotation for as long as it is served, in the same row", async () => {
    await commit({ patches: [{ a: 1 }] });
    await commit({ rotate: true });
    expect(await stored()).toMatchObject({ keys: ["record"], record: { before: { view: { attributes: { a: 1 } } } } });
    await read(1);
    setTime(at(30));
    await commit({ patches: [{}] }, 1);
    expect((await stored()).keys).toEqual(["record"]);
    expect((await stored()).record).not.toHaveProperty("before");
  });

  it("holds it apart where both together could pass the limit of a row", async () => {
    const policy = { ...POLICY, maxAttributeBytes: 1_048_576 };
    await commit({ patches: [{ a: "x".repeat(1_000_000) }], policy });
    await commit({ rotate: true });
    expect((await stored()).keys.sort()).toEqual(["before", "record"]);
    expect((await stored()).record).not.toHaveProperty("before");
    expect(await read(0)).toMatchObject({ kind: "superseded", before: { generation: 0, attributeBytes: 1_000_008 } });
    await commit({ patches: [{ a: 1 }], policy }, 1);
    await commit({ rotate: true }, 1);
    expect((await stored()).keys).toEqual(["record"]);
  });

  it("is not written by a read, but for the first use of a generation", async () => {
    await commit({ patches: [{ a: 1 }] });
    await commit({ rotate: true });
    const writes = await runInDurableObject(object(), (_, { storage }) => vi.spyOn(storage.kv, "put"));
    await read(0);
    expect(writes).not.toHaveBeenCalled();
    await read(1);
    const first = writes.mock.calls.length;
    expect(first).toBeGreaterThan(0);
    await read(1);
    await read(0);
    expect(writes.mock.calls).toHaveLength(first);
  });

  it.each([
    ["an eviction", async () => evictDurableObject(object())],
    [
      "an abort",
      async () => {
        await runInDurableObject(object(), (_, state) => state.abort("replaced")).catch(() => {});
      },
    ],
  ])("outlives %s: the session, its generations and the ids of its changes", async (_what, lose) => {
    await commit({ id: "once", patches: [{ a: 1 }] });
    await commit({ principal: "alice" });
    await lose();
    expect(await read(1)).toMatchObject({ kind: "hit", copy: { principal: "alice", attributes: { a: 1 } } });
    expect(await read(0)).toMatchObject({ kind: "superseded", before: { attributes: { a: 1 } } });
    expect(await commit({ id: "once", patches: [{ a: 1 }] }, 1)).toMatchObject({
      kind: "committed",
      copy: { version: 1 },
    });
    expect(await read(1)).toMatchObject({ copy: { version: 2 } });
  });

  it("written by newer code, with a schema that this code does not know, is left alone", async () => {
    await commit({ patches: [{ a: 1 }] });
    const newer = { ...(await stored()).record, schema: 3, attributes: { of: "another shape" } };
    await runInDurableObject(object(), (_, { storage }) => storage.kv.put("record", newer));
    await evictDurableObject(object());
    expect(await read()).toMatchObject({ kind: "unavailable" });
    expect(await commit({ patches: [{ b: 1 }] })).toMatchObject({ kind: "unavailable" });
    setTime(at(700));
    await ring();
    expect(await stored()).toMatchObject({ record: newer, alarm: expect.any(Number) });
  });
});

describe("the single alarm of an object", () => {
  it("is set when the session is founded, for its first deadline", async () => {
    await commit({ patches: [{}] });
    expect((await stored()).alarm).toBe(at(600));
  });

  it("is not set again by changes, touches and reads", async () => {
    await commit({ patches: [{}] });
    const set = await runInDurableObject(object(), (_, { storage }) => vi.spyOn(storage, "setAlarm"));
    await commit({ patches: [{ a: 1 }], touch: true });
    await commit({ principal: "alice" });
    await commit({ end: true }, 1);
    await read();
    expect(set).not.toHaveBeenCalled();
  });

  it("is set again when it rings before the deadline has come", async () => {
    await commit({ patches: [{ a: 1 }] });
    await commit({ touch: true });
    setTime(at(600));
    expect(await ring()).toBe(true);
    expect(await read()).toMatchObject({ kind: "hit", copy: { attributes: { a: 1 } } });
    expect((await stored()).alarm).toBe(at(3_960));
  });

  it("leaves a tombstone of a session that is over, as long as its first token could found it again", async () => {
    await commit({ patches: [{ secret: 1 }] });
    setTime(at(600));
    await ring();
    expect(await stored()).toMatchObject({
      record: { attributes: {}, version: 2, ended: { at: at(600), reason: "idle" } },
      alarm: at(7_200),
    });
    expect(await commit({ patches: [{ a: 1 }] })).toMatchObject({ kind: "ended" });
  });

  it("frees the storage after that, and no change founds the session again", async () => {
    await commit({ patches: [{}] });
    setTime(at(600));
    await ring();
    setTime(at(7_200));
    await ring();
    expect(await stored()).toEqual({ record: undefined, keys: [], alarm: null });
    expect(await commit({ patches: [{}] })).toEqual({ kind: "ended", missing: true });
    expect(await stored()).toEqual({ record: undefined, keys: [], alarm: null });
  });

  it("keeps a tombstone until the last token of the session has expired, though no token could found it any more", async () => {
    await commit({ patches: [{}], touch: true });
    setTime(at(3_500));
    await commit({ touch: true });
    setTime(at(7_000));
    await commit({ touch: true });
    setTime(at(7_300));
    await commit({ end: true });
    await ring();
    expect(await stored()).toMatchObject({ keys: ["record"], alarm: at(10_960) });
    setTime(at(10_960));
    await ring();
    expect((await stored()).keys).toEqual([]);
  });

  it("frees the storage at once, when the session was older: then no tombstone is written", async () => {
    await commit({ patches: [{}], touch: true });
    setTime(at(3_500));
    await commit({ touch: true });
    setTime(at(7_460));
    const writes = await runInDurableObject(object(), (_, { storage }) => vi.spyOn(storage.kv, "put"));
    await ring();
    expect((await stored()).keys).toEqual([]);
    expect(writes).not.toHaveBeenCalled();
  });

  it("frees the storage of a session that was ended by hand, in time", async () => {
    await commit({ patches: [{}] });
    await commit({ rotate: true });
    await commit({ end: true }, 1);
    setTime(at(600));
    await ring();
    expect(await stored()).toMatchObject({ keys: ["record"], alarm: at(7_200) });
    setTime(at(7_200));
    await ring();
    expect((await stored()).keys).toEqual([]);
  });

  it("ends a session at its absolute deadline", async () => {
    const policy = { ...POLICY, idleSeconds: 86_400 };
    await commit({ patches: [{}], touch: true, policy });
    expect((await stored()).alarm).toBe(at(86_400));
    setTime(at(86_400));
    await ring();
    expect((await stored()).keys).toEqual([]);
  });

  it("may ring twice, as the platform allows", async () => {
    await commit({ patches: [{ a: 1 }] });
    setTime(at(600));
    await ring();
    const tombstone = await stored();
    await runInDurableObject(object(), (instance) => instance.alarm());
    expect(await stored()).toEqual(tombstone);
    setTime(at(7_200));
    await ring();
    await runInDurableObject(object(), (instance) => instance.alarm());
    expect((await stored()).keys).toEqual([]);
  });
});

describe("an object with its stores", () => {
  it("has no journal to take over where no Redis is bound", async () => {
    expect(await authority.takeOver(id)).toMatchObject({ kind: "unavailable" });
  });

  it("notes a replica that is due, and has its alarm publish it: KV may be out of reach", async () => {
    const copies = { replicate: "always", backup: "off", strictBackup: false } as const;
    const always = createObjectAuthority(env.SESSION_OBJECT, { copies });
    // KV takes no value that ends after 2038, and values at the tests' time do.
    await always.commit(refTo(id), changeAt(T0, { patches: [{}] }));
    expect(await stored()).toMatchObject({ keys: ["outside", "record"], alarm: at(5) });
  });

  it("tells the log of failures after its answer, and nothing of the session", async () => {
    await runInDurableObject(object(), (_, { storage }) => {
      vi.spyOn(storage, "setAlarm").mockRejectedValue(new Error("no alarm"));
    });
    const log = vi.spyOn(console, "warn").mockImplementation(() => {});
    expect(await commit({ patches: [{ secret: 1 }] })).toMatchObject({ kind: "committed" });
    await runInDurableObject(object(), () => {});
    const told = log.mock.calls.map(([entry]) => JSON.parse(entry));
    log.mockRestore();
    expect(told.filter(({ event }) => event !== "session")).toEqual([
      { event: "internal_error", reason: "Error: no alarm" },
    ]);
  });
});

it("an object of a Worker that has not told its class of the provider renews no login, and names the class that does", async () => {
  const found = await runInDurableObject(env.SESSION_OBJECT.getByName(id), (_, state) =>
    new (createSessionClass({}))(state, env as never).renew({ ref: refTo(id, now) }),
  );
  expect(found).toMatchObject({
    kind: "unavailable",
    cause: { message: expect.stringContaining("createSessionObject") },
  });
});

describe("the stores of an object", () => {
  const REPLICATED = { replicate: "always", backup: "off", strictBackup: false } as const;

  /** Commits a change in an object whose environment has this KV namespace, on the storage of the session's own object. */
  const commitBeside = (bindings: object, sessionId: string) =>
    runInDurableObject(env.SESSION_OBJECT.getByName(sessionId), async (_, state) => {
      const Class = createSessionClass({});
      const own = new Class(state, bindings as never);
      await own.commit({ ref: refTo(sessionId, now), change: changeAt(now, { patches: [{}] }), copies: REPLICATED });
    });
  /** A namespace, and the first key that is written to it. */
  const watched = () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    return { written: promise, namespace: { get: async () => null, put: async (key: string) => resolve(key) } };
  };
  const failing = (gets: string[]) => ({
    get: async (key: string) => {
      gets.push(key);
      throw new Error("KV GET failed: 500 Internal Server Error");
    },
    put: async () => {},
  });

  it("are those of its own environment, although the isolate has bound the stores of another", async () => {
    const [first, second] = [watched(), watched()];
    const other = uniqueId();
    await commitBeside({ ...env, SESSION_REPLICAS: first.namespace }, id);
    await commitBeside({ ...env, SESSION_REPLICAS: second.namespace }, other);
    expect(await first.written).toBe(`s/${id}`);
    expect(await second.written).toBe(`s/${other}`);
  });

  it("share a breaker with all objects of the same environment", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const gets: string[] = [];
    const shared = { ...env, SESSION_REPLICAS: failing(gets) };
    const ids = Array.from({ length: 6 }, uniqueId);
    for (const each of ids) await commitBeside(shared, each);
    warn.mockRestore();
    expect(gets).toEqual(ids.slice(0, 5).map((each) => `s/${each}`));
  });
});
