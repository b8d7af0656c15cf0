import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RowStore } from "../../src/row-stores/row-store.ts";
import { createMemory } from "../../src/store/memory.ts";
import type { Principals } from "../../src/store/principal-contracts.ts";
import { setTime } from "../support/edge.ts";
import { changeAt, POLICY, refTo, uniqueId } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";
import { createRowsWorld } from "./rows-world.ts";

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

const DOWN = { kind: "unavailable" as const, cause: new Error("down") };
const LIMIT = { sessions: 2, onTooMany: "end-oldest" as const };
const WHERE = { country: "", colo: "", device: "" };
const login = (now = T0, limit: typeof LIMIT = LIMIT) =>
  changeAt(now, { principal: "alice", index: { where: WHERE, limit } });

/** A world whose index cannot be told of logins until it is brought back. */
function worldWithoutIndex() {
  let isDown = true;
  const throughIndex = (index: Principals): Principals => ({
    ...index,
    confirm: async (...asked) => (isDown ? DOWN : index.confirm(...asked)),
  });
  const bringBack = () => {
    isDown = false;
  };
  return { ...createRowsWorld({ indexed: true, throughIndex }), bringBack };
}

describe("a login at an authority on rows", () => {
  it("is known to the index before its visitor has the answer", async () => {
    const { authority, principals } = createRowsWorld({ indexed: true });
    const id = uniqueId();
    await authority.commit(refTo(id), login());
    expect(await principals.list("alice", { most: 10 })).toMatchObject({ count: 1, sessions: [{ id }] });
  });

  it("is known to the index then, too, if the store's answer to it was lost, and a second attempt finds it stored", async () => {
    let losses = 1;
    const through = (store: RowStore): RowStore => ({
      ...store,
      async write(name, write) {
        const written = await store.write(name, write);
        return losses-- > 0 ? DOWN : written;
      },
    });
    const { authority, principals } = createRowsWorld({ indexed: true, through });
    const id = uniqueId();
    expect(await authority.commit(refTo(id), login())).toMatchObject({ kind: "committed" });
    expect(await principals.list("alice", { most: 10 })).toMatchObject({ count: 1, sessions: [{ id }] });
  });

  it("is spared by an end of all other sessions that it asks for, although the index did not know it yet", async () => {
    const { authority, principals, settled, bringBack } = worldWithoutIndex();
    const id = uniqueId();
    await authority.commit(refTo(id), login());
    bringBack();
    setTime(at(1));
    expect(await principals.endAll("alice", { except: id })).toMatchObject({ kind: "ending" });
    await settled();
    setTime(at(20));
    expect(await authority.read(refTo(id, at(20), 1), at(20))).toMatchObject({ kind: "hit" });
    await settled();
    expect(await authority.read(refTo(id, at(20), 1), at(20))).toMatchObject({ kind: "hit" });
  });

  it("is told to the index by the cron job, if the index was out of reach and the visitor does not come back", async () => {
    const { authority, principals, sweep, bringBack } = worldWithoutIndex();
    const id = uniqueId();
    expect(await authority.commit(refTo(id), login())).toMatchObject({ kind: "committed" });
    expect(await principals.count("alice")).toMatchObject({ count: 0 });
    bringBack();
    setTime(at(11));
    expect(await sweep()).toMatchObject({ rung: 1, left: 0 });
    expect(await principals.list("alice", { most: 10 })).toMatchObject({ sessions: [{ id }] });
  });

  it("is told to the index by the next change, if the index was out of reach", async () => {
    const { authority, principals, settled, bringBack } = worldWithoutIndex();
    const id = uniqueId();
    await authority.commit(refTo(id), login());
    await settled();
    bringBack();
    setTime(at(11));
    await authority.commit(refTo(id, at(11), 1), changeAt(at(11), { patches: [{ a: 1 }] }));
    await settled();
    expect(await principals.list("alice", { most: 10 })).toMatchObject({ sessions: [{ id }] });
  });

  it("is told to nobody if the store has not written it", async () => {
    const through = (store: RowStore): RowStore => ({
      ...store,
      write: async (name, write) => (name.startsWith("session:") ? DOWN : store.write(name, write)),
    });
    const { authority, principals, settled } = createRowsWorld({ indexed: true, through });
    expect(await authority.commit(refTo(uniqueId()), login())).toMatchObject(DOWN);
    await settled();
    expect(await principals.count("alice")).toMatchObject({ count: 0 });
  });

  it("is ended if all sessions of its principal have been ended since", async () => {
    const { authority, principals, settled } = createRowsWorld({ indexed: true });
    const [old, fresh] = [uniqueId(), uniqueId()];
    await authority.commit(refTo(old), login());
    setTime(at(1));
    await principals.endAll("alice", {});
    await settled();
    expect(await authority.read(refTo(old, at(1), 1), at(1))).toMatchObject({ kind: "ended" });
    setTime(at(2));
    await authority.commit(refTo(fresh, at(2)), login(at(2)));
    expect(await authority.read(refTo(fresh, at(2), 1), at(2))).toMatchObject({ kind: "hit" });
  });

  it("ends the session with the oldest login above the limit, without waiting for the cron job", async () => {
    const { authority, settled } = createRowsWorld({ indexed: true });
    const ids = [uniqueId(), uniqueId(), uniqueId()];
    for (const [second, id] of ids.entries()) {
      setTime(at(second));
      await authority.commit(refTo(id, at(second)), login(at(second)));
    }
    await settled();
    const found = await Promise.all(ids.map((id) => authority.read(refTo(id, at(3), 1), at(3))));
    expect(found.map(({ kind }) => kind)).toEqual(["ended", "hit", "hit"]);
  });

  it("leaves the index with the session's end", async () => {
    const { authority, principals, settled } = createRowsWorld({ indexed: true });
    const id = uniqueId();
    await authority.commit(refTo(id), login());
    await authority.commit(refTo(id, T0, 1), changeAt(T0, { end: true }));
    await settled();
    expect(await principals.count("alice")).toMatchObject({ count: 0 });
  });
});

describe("a session on rows", () => {
  it("says which write ends it, so that the store can wait for its replicas", async () => {
    const ends: boolean[] = [];
    const through = (store: RowStore): RowStore => ({
      ...store,
      async write(name, write) {
        ends.push(write.isEnd === true);
        return store.write(name, write);
      },
    });
    const { authority } = createRowsWorld({ through });
    const id = uniqueId();
    await authority.commit(refTo(id), changeAt(T0, { patches: [{ a: 1 }] }));
    await authority.commit(refTo(id), changeAt(T0, { end: true }));
    expect(ends).toEqual([false, true]);
  });

  it("tells each event once, although other writers move its row", async () => {
    const { authority, events } = createRowsWorld();
    const id = uniqueId();
    const changes = Array.from({ length: 6 }, (_, n) => changeAt(T0, { patches: [{ [`a${n}`]: 1 }] }));
    await Promise.all(changes.map((change) => authority.commit(refTo(id), change)));
    expect(events.map(({ kind }) => kind)).toEqual(["created"]);
  });

  it("publishes its replica after its row is written, and never a change that was not", async () => {
    const replicas = createMemory();
    let isDown = false;
    const through = (store: RowStore): RowStore => ({
      ...store,
      write: async (name, write) => (isDown ? DOWN : store.write(name, write)),
    });
    const { authority, settled, sweep } = createRowsWorld({ replicas, through });
    const id = uniqueId();
    const held = () => replicas.read(refTo(id), T0);
    isDown = true;
    expect(await authority.commit(refTo(id), changeAt(T0, { patches: [{ a: 1 }] }))).toMatchObject(DOWN);
    await settled();
    expect(await held()).toEqual({ kind: "miss" });
    isDown = false;
    await authority.commit(refTo(id), changeAt(T0, { patches: [{ a: 2 }] }));
    await settled();
    expect(await held()).toMatchObject({ kind: "hit", copy: { version: 1, attributes: { a: 2 } } });
    // A second version within the settle period is left for the cron job.
    await authority.commit(refTo(id), changeAt(T0, { patches: [{ a: 3 }] }));
    await settled();
    setTime(at(6));
    await sweep();
    expect(await held()).toMatchObject({ copy: { version: 2, attributes: { a: 3 } } });
  });

  it("ends when it goes idle, and its row is freed once no token can found it anew", async () => {
    const { authority, events, sweep, rows } = createRowsWorld();
    const id = uniqueId();
    await authority.commit(refTo(id), changeAt(T0, { patches: [{ a: 1 }], touch: true }));
    setTime(at(POLICY.idleSeconds * 1.1 + 1));
    expect(await sweep()).toMatchObject({ rung: 1 });
    expect(events).toMatchObject([{ kind: "created" }, { kind: "ended", reason: "idle" }]);
    expect(rows.names()).toEqual([`session:${id}`]);
    setTime(at(POLICY.newSessionHours * 3_600 + 60));
    await sweep();
    expect(rows.names()).toEqual([]);
  });

  it("lets a change in only under the lease that it names, one request at a time", async () => {
    const { authority } = createRowsWorld();
    const id = uniqueId();
    const lease = (name: string) => ({ lease: name, waitMs: 0, lastsMs: 30_000 });
    await authority.commit(refTo(id), changeAt(T0, { patches: [{ a: 1 }] }));
    expect(await authority.lock(refTo(id), lease("one"))).toMatchObject({ kind: "locked" });
    expect(await authority.lock(refTo(id), lease("two"))).toMatchObject({ kind: "timeout" });
    expect(await authority.commit(refTo(id), changeAt(T0, { patches: [{ a: 2 }], lease: "two" }))).toMatchObject({
      kind: "conflict",
    });
    expect(await authority.commit(refTo(id), changeAt(T0, { patches: [{ a: 3 }], lease: "one" }))).toMatchObject({
      kind: "committed",
    });
    expect(await authority.lock(refTo(id), lease("two"))).toMatchObject({ kind: "locked" });
    await authority.unlock(id, "two");
    expect(await authority.lock(refTo(id), lease("three"))).toMatchObject({ kind: "locked" });
  });

  it.each([
    [4, true],
    [64, false],
  ])(
    "has at most %d requests waiting for its lease, if it is %s that each call costs money",
    async (most, isMetered) => {
      const { authority } = createRowsWorld({ isMetered });
      const id = uniqueId();
      const lease = (name: string) => ({ lease: name, waitMs: 5_000, lastsMs: 30_000 });
      await authority.commit(refTo(id), changeAt(T0, { patches: [{ a: 1 }] }));
      await authority.lock(refTo(id), lease("holder"));
      const names = Array.from({ length: most + 1 }, (_, nth) => `waiter-${nth}`);
      const asked = names.map((name) => authority.lock(refTo(id), lease(name)));
      // The clock stands still, so only a full queue turns a request away.
      expect(await Promise.race(asked)).toMatchObject({ kind: "timeout", waiting: most });
      setTime(at(6));
      const kinds = (await Promise.all(asked)).map(({ kind }) => kind);
      expect(kinds).toEqual(names.map(() => "timeout"));
    },
  );

  it("has no lease before it is stored, so that made-up tokens write nothing", async () => {
    const { authority, rows } = createRowsWorld();
    const ask = { lease: "one", waitMs: 5_000, lastsMs: 30_000 };
    expect(await authority.lock(refTo(uniqueId()), ask)).toMatchObject({ kind: "over" });
    expect(rows.names()).toEqual([]);
  });
});
