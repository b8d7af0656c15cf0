import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createObjectLocks } from "../../../src/objects/clients/session-client.ts";
import type { Ref } from "../../../src/session/change.ts";
import { POLICY, refTo, uniqueId } from "../../support/sessions.ts";
import { beginSession, commit, id, object, read, stored } from "./stored-session.ts";

beforeEach(beginSession);
afterEach(() => vi.useRealTimers());

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
