import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SessionEvent, SessionEvents } from "../../../src/config/types.ts";
import { createObjectAuthority, createObjectLocks } from "../../../src/objects/clients/session-client.ts";
import { createSessionObject } from "../../../src/objects/session/session-object.ts";
import type { Change, Ref } from "../../../src/session/change.ts";
import type { SessionRecord } from "../../../src/session/record.ts";
import { changeAt, POLICY, refTo, uniqueId } from "../../support/sessions.ts";
import { at, T0 } from "../../support/time.ts";

interface SessionCalls {
  commit(asked: { ref: ReturnType<typeof refTo>; change: Change }): Promise<unknown>;
}

const authority = createObjectAuthority(env.SESSION_OBJECT);
let id: string;
let now: number;

beforeEach(() => {
  id = uniqueId();
  vi.useFakeTimers({ toFake: ["Date"] });
  setTime(T0);
});
afterEach(() => vi.useRealTimers());

function setTime(time: number): void {
  now = time;
  vi.setSystemTime(time);
}
const object = () => env.SESSION_OBJECT.getByName(id);
const read = (generation = 0) => authority.read(refTo(id, now, generation), now);
const commit = (asked: Partial<Change>, generation = 0) =>
  authority.commit(refTo(id, now, generation), changeAt(now, asked));
const ring = () => runDurableObjectAlarm(object());
const stored = () =>
  runInDurableObject(object(), async (_, { storage }) => ({
    record: storage.kv.get<SessionRecord>("record"),
    keys: [...storage.kv.list()].map(([key]) => key),
    alarm: await storage.getAlarm(),
  }));

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
    const newer = { ...(await stored()).record, schema: 2, attributes: { of: "another shape" } };
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
    expect(await commit({ patches: [{}] })).toEqual({ kind: "ended" });
    expect(await stored()).toEqual({ record: undefined, keys: [], alarm: null });
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

describe("the stores of an object", () => {
  const REPLICATED = { replicate: "always", backup: "off", strictBackup: false } as const;

  /** Commits a change in an object whose environment has this KV namespace, on the storage of the session's own object. */
  const commitBeside = (bindings: object, sessionId: string) =>
    runInDurableObject(env.SESSION_OBJECT.getByName(sessionId), async (_, state) => {
      const Class = createSessionObject({});
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

describe("the hook of a library user", () => {
  /** An object with a hook, on the storage of the session's own object. */
  const withHook = <T>(events: SessionEvents, work: (own: { alarm(): Promise<void> } & SessionCalls) => Promise<T>) =>
    runInDurableObject(object(), (_, state) => work(new (createSessionObject({ events }))(state, env) as never));
  const ask = (asked: Partial<Change>) => ({ ref: refTo(id, now), change: changeAt(now, asked) });

  it("is told of each stored change, at once and by the alarm, and of no value", async () => {
    const events: SessionEvent[] = [];
    await withHook(
      (event) => void events.push(event),
      async (own) => {
        await own.commit(ask({ patches: [{ secret: "value" }] }));
        await own.commit(ask({ principal: "alice" }));
        setTime(at(600));
        await own.alarm();
        await own.alarm();
      },
    );
    const session = id.slice(0, 8);
    expect(events).toEqual([
      { kind: "created", session, at: T0 },
      { kind: "rotated", session, at: T0 },
      { kind: "principal-changed", session, at: T0 },
      { kind: "ended", session, at: at(600), reason: "idle" },
    ]);
  });

  it("is told of an end that leaves no tombstone, once", async () => {
    const events: SessionEvent[] = [];
    await commit({ patches: [{}], touch: true });
    setTime(at(3_500));
    await commit({ touch: true });
    setTime(at(7_460));
    await withHook(
      (event) => void events.push(event),
      async (own) => {
        await own.alarm();
        await own.alarm();
      },
    );
    expect(events).toEqual([{ kind: "ended", session: id.slice(0, 8), at: at(7_460), reason: "idle" }]);
  });

  it.each<[string, SessionEvents]>([
    [
      "throws",
      () => {
        throw new Error("broken hook");
      },
    ],
    ["rejects", () => Promise.reject(new Error("broken hook"))],
  ])("that %s is logged, and spoils nothing", async (_how, events) => {
    const log = vi.spyOn(console, "warn").mockImplementation(() => {});
    const answer = await withHook(events, (own) => own.commit(ask({ patches: [{ a: 1 }] })));
    await runInDurableObject(object(), () => {});
    const told = log.mock.calls.map(([entry]) => JSON.parse(entry));
    log.mockRestore();
    expect(answer).toMatchObject({ kind: "committed" });
    expect(told).toContainEqual({ event: "internal_error", reason: "Error: broken hook" });
  });
});

describe("an object's lease", () => {
  const ASKED = { lease: "a", waitMs: 0, lastsMs: 60_000 };
  const locks = createObjectLocks(env.SESSION_OBJECT);
  const lock = (lease: string, given: Partial<Ref> = {}) =>
    locks.lock({ ...refTo(id), ...given }, { lease, waitMs: 0, lastsMs: 60_000 });

  it("lets the change under it in, and goes back with it", async () => {
    expect(await lock("a")).toEqual({ kind: "locked", waitedMs: 0, waiting: 0 });
    expect(await lock("b")).toMatchObject({ kind: "timeout" });
    expect(await commit({ lease: "a", patches: [{ a: 1 }] })).toMatchObject({ kind: "committed" });
    expect(await lock("b")).toMatchObject({ kind: "locked" });
  });

  it("stores nothing, of a session that exists nowhere either", async () => {
    await lock("a");
    expect(await stored()).toEqual({ record: undefined, keys: [], alarm: null });
    expect(await locks.unlock(id, "a")).toEqual({ kind: "unlocked" });
    expect(await lock("b")).toMatchObject({ kind: "locked" });
  });

  it("is gone when the object was reset: the change under it is a conflict, and not applied", async () => {
    await commit({ patches: [{ a: 1 }] });
    await lock("a");
    await runInDurableObject(object(), (_, state) => state.abort("replaced")).catch(() => {});
    expect(await commit({ lease: "a", patches: [{ a: 2 }] })).toEqual({ kind: "conflict" });
    expect((await stored()).record).toMatchObject({ version: 1, attributes: { a: 1 } });
  });

  it("is not for an older generation that is served no more, nor for a session that has ended or is gone", async () => {
    await commit({ patches: [{ a: 1 }] });
    await commit({ principal: "alice", policy: { ...POLICY, graceSeconds: 0 } });
    await read(1);
    expect(await lock("old")).toMatchObject({ kind: "over" });
    expect(await lock("new", { generation: 1 })).toMatchObject({ kind: "locked" });
    await commit({ end: true }, 1);
    expect(await lock("late", { generation: 1 })).toMatchObject({ kind: "over" });
    expect(await locks.lock({ ...refTo(uniqueId()), bornAt: 0 }, ASKED)).toMatchObject({ kind: "over" });
  });

  it("of an older generation ends when that is served no more, and requests that wait with it wait in vain", async () => {
    await commit({ patches: [{ a: 1 }] });
    await lock("attacker");
    const waiting = locks.lock(refTo(id), { lease: "behind", waitMs: 5_000, lastsMs: 60_000 });
    await commit({ principal: "alice", policy: { ...POLICY, graceSeconds: 0 } });
    await read(1);
    expect(await lock("victim", { generation: 1 })).toMatchObject({ kind: "locked" });
    expect(await waiting).toMatchObject({ kind: "over" });
  });

  it("is taken from an older generation as soon as the newer one first asks for it, though it is shown nothing yet", async () => {
    await commit({ patches: [{ a: 1 }] });
    await commit({ principal: "alice", policy: { ...POLICY, graceSeconds: 0 } });
    expect(await lock("attacker")).toMatchObject({ kind: "locked" });
    expect(await lock("victim", { generation: 1 })).toMatchObject({ kind: "locked" });
    expect(await lock("again")).toMatchObject({ kind: "over" });
  });

  it("is given to older code, which does not say whose request it is", async () => {
    await commit({ end: true });
    const object = env.SESSION_OBJECT.getByName(id) as unknown as { lock(ask: object): Promise<unknown> };
    expect(await object.lock(ASKED)).toMatchObject({ kind: "locked" });
  });

  it("does not stand in the way of changes without a lease", async () => {
    await lock("a");
    expect(await commit({ patches: [{ a: 1 }] })).toMatchObject({ kind: "committed" });
    expect(await commit({ lease: "a", patches: [{ b: 1 }] })).toMatchObject({ kind: "committed" });
  });
});
