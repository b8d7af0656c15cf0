import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RowStore } from "../../src/row-stores/row-store.ts";
import type { Principals } from "../../src/store/principal-contracts.ts";
import { setTime } from "../support/edge.ts";
import { changeAt, refTo, uniqueId } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";
import { createRowsWorld, DOWN, login } from "./rows-world.ts";

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

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

  it("is answered after three seconds, though the index says nothing", async () => {
    vi.useFakeTimers({ now: T0, toFake: ["Date", "setTimeout", "clearTimeout"] });
    const throughIndex = (index: Principals): Principals => ({ ...index, confirm: () => new Promise(() => {}) });
    const { authority } = createRowsWorld({ indexed: true, throughIndex });
    let kind: string | undefined;
    const done = authority.commit(refTo(uniqueId()), login()).then((committed) => {
      kind = committed.kind;
    });
    // Keys are derived outside of the timers.
    while (vi.getTimerCount() === 0) await crypto.subtle.digest("SHA-256", new Uint8Array());
    await vi.advanceTimersByTimeAsync(2_999);
    expect(kind).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    await done;
    expect(kind).toBe("committed");
  });

  it("is not told to the index by each read, while the index is out of reach", async () => {
    let asked = 0;
    const throughIndex = (index: Principals): Principals => ({
      ...index,
      confirm: async () => {
        asked++;
        return DOWN;
      },
    });
    const { authority, settled } = createRowsWorld({ indexed: true, throughIndex });
    const id = uniqueId();
    await authority.commit(refTo(id), login());
    // The first read notes that the token of the login has come back.
    await authority.read(refTo(id, T0, 1), T0);
    await settled();
    const before = asked;
    for (let nth = 0; nth < 3; nth++) await authority.read(refTo(id, T0, 1), T0);
    await settled();
    expect(asked).toBe(before);
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
