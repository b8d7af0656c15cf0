import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RowStore } from "../../src/row-stores/row-store.ts";
import { createMemory } from "../../src/store/memory.ts";
import { copiesIn } from "../store/copies.suite.ts";
import { setTime } from "../support/edge.ts";
import { changeAt, POLICY, refTo, uniqueId } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";
import { createRowsWorld, DOWN, login } from "./rows-world.ts";

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

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

  it("and a principal say so of an end of all sessions and of a logout at the provider, which no token would miss", async () => {
    const ends: boolean[] = [];
    const through = (store: RowStore): RowStore => ({
      ...store,
      async write(name, write) {
        if (name.startsWith("principal:")) ends.push(write.isEnd === true);
        return store.write(name, write);
      },
    });
    const { authority, principals } = createRowsWorld({ through, indexed: true });
    await authority.commit(refTo(uniqueId()), login());
    expect(ends.splice(0)).toContain(false);
    await principals.endAll("alice", {});
    await principals.endAll("bob", { logout: { sid: "s-1" } });
    expect(ends).toEqual([true, true]);
  });

  it("is kept until its deadline, also if that is later than any token could found it anew", async () => {
    const kept: number[] = [];
    const through = (store: RowStore): RowStore => ({
      ...store,
      async write(name, write) {
        kept.push(write.keepUntil);
        return store.write(name, write);
      },
    });
    const { authority } = createRowsWorld({ through });
    const id = uniqueId();
    const last = POLICY.newSessionHours * 3_600;
    const step = POLICY.idleSeconds / 2;
    for (let second = 0; second < last; second += step) {
      setTime(at(second));
      await authority.commit(refTo(id, at(second)), changeAt(at(second), { patches: [{ second }], touch: true }));
    }
    expect(kept.at(0)).toBeGreaterThan(at(last));
    expect(kept.at(-1)).toBeGreaterThan(Date.now() + POLICY.idleSeconds * 1_000);
  });

  it("has its lease asked for less often, the longer a request waits", async () => {
    const { authority, pauses } = createRowsWorld();
    const id = uniqueId();
    const lease = (name: string) => ({ lease: name, waitMs: 60_000, lastsMs: 90_000 });
    await authority.commit(refTo(id), changeAt(T0, { patches: [{ a: 1 }] }));
    await authority.lock(refTo(id), lease("holder"));
    const waiting = authority.lock(refTo(id), lease("waiter"));
    await expect.poll(() => pauses.length).toBeGreaterThan(8);
    setTime(at(61));
    expect(await waiting).toMatchObject({ kind: "timeout" });
    const [first = 0, second = 0] = pauses;
    expect([first, second]).toEqual([50, 75]);
    expect(Math.max(...pauses)).toBe(500);
  });

  it("that has ended has no lease", async () => {
    const { authority } = createRowsWorld();
    const id = uniqueId();
    await authority.commit(refTo(id), changeAt(T0, { patches: [{ a: 1 }] }));
    await authority.commit(refTo(id), changeAt(T0, { end: true }));
    const asked = authority.lock(refTo(id), { lease: "one", waitMs: 0, lastsMs: 30_000 });
    expect(await asked).toMatchObject({ kind: "over" });
  });

  it("tells each event once, although other writers move its row", async () => {
    const { authority, events } = createRowsWorld();
    const id = uniqueId();
    const changes = Array.from({ length: 6 }, (_, n) => changeAt(T0, { patches: [{ [`a${n}`]: 1 }] }));
    await Promise.all(changes.map((change) => authority.commit(refTo(id), change)));
    expect(events.map(({ kind }) => kind)).toEqual(["created"]);
  });

  it("publishes its replica after its row is written, and never a change that was not", async () => {
    const replicas = copiesIn(createMemory());
    let isDown = false;
    let reads = 0;
    const through = (store: RowStore): RowStore => ({
      ...store,
      async read(name) {
        reads++;
        return store.read(name);
      },
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
    // A second version within the settle period is left for the cron job, and costs no call until then.
    reads = 0;
    await authority.commit(refTo(id), changeAt(T0, { patches: [{ a: 3 }] }));
    await settled();
    expect(reads).toBe(1);
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
