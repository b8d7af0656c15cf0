import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Ref } from "../../../src/session/change.ts";
import { setTime } from "../../support/edge.ts";
import { at, T0 } from "../../support/time.ts";
import { AWAY, clock, patch, type Session, session } from "./published-session.ts";

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

describe("a session is published", () => {
  it.each<["travel" | "always" | "off", string, Partial<Ref>, (number | string)[]]>([
    ["travel", "in the region it was born in, or nobody knows where", {}, []],
    ["travel", "elsewhere", AWAY, [1]],
    ["always", "in the region it was born in, or nobody knows where", {}, [1]],
    ["always", "elsewhere", AWAY, [1]],
    ["off", "in the region it was born in, or nobody knows where", {}, []],
    ["off", "elsewhere", AWAY, []],
  ])("with %s, when it is changed %s: %o gives %o", async (replicate, _where, ref, versions) => {
    const one = session(replicate);
    await one.commit(patch(1), ref);
    expect(one.versions()).toEqual(versions);
    expect(await one.inKv()).toBe(versions[0] ?? "miss");
  });

  it("when it is read elsewhere", async () => {
    const one = session("travel");
    await one.commit(patch(1));
    await one.read(AWAY);
    expect(await one.inKv()).toBe(1);
  });

  it("only if there is a session", async () => {
    const one = session("always");
    await one.read(AWAY);
    await one.commit({ end: true }, AWAY);
    expect(one.published).toEqual([]);
  });

  it("after the answer, which waits for no KV", async () => {
    const one = session("always");
    const go = one.hold();
    expect(await one.commitNow(patch(1))).toMatchObject({ kind: "committed" });
    expect(one.published).toEqual([]);
    go();
    await one.settled();
    expect(one.versions()).toEqual([1]);
  });

  it("as it is vouched for just then, with the word that a replica exists", async () => {
    const one = session("always");
    const committed = await one.commit(patch(1));
    expect(one.published[0]?.copy).toMatchObject({ attributes: { value: 1 }, vouchedAt: T0, replicated: true });
    expect(committed).toMatchObject({ copy: { replicated: false } });
    expect(await one.read()).toMatchObject({ copy: { replicated: true } });
  });

  it("with the word that a replica exists only when there is a replica", async () => {
    const one = session("always");
    one.faults.set({ kind: "down" });
    await one.commit(patch(1));
    expect(await one.read()).toMatchObject({ copy: { replicated: false } });
  });
});

describe("a replica is published anew", () => {
  let one: Session;
  beforeEach(async () => {
    one = session("travel");
    await one.commit(patch(1), AWAY);
    expect(one.versions()).toEqual([1]);
  });

  it("not by a read elsewhere of the published version, for half of the time for which it may answer", async () => {
    await one.pass(60);
    await one.read(AWAY);
    expect(one.versions()).toEqual([1]);
  });

  it("by a read after that, so that it goes on answering", async () => {
    await one.pass(60.001);
    await one.read(AWAY);
    expect(one.published.map(({ copy }) => [copy.version, copy.vouchedAt])).toEqual([
      [1, T0],
      [1, at(60.001)],
    ]);
  });

  it("by a read elsewhere of a version that it does not hold", async () => {
    await one.pass(10);
    await one.commit(patch(2));
    expect(one.versions()).toEqual([1]);
    await one.read(AWAY);
    expect(one.versions()).toEqual([1, 2]);
  });

  it("not by a client in the region of its birth, unless that client ends it", async () => {
    await one.pass(100);
    await one.commit(patch(2));
    await one.read();
    expect(one.versions()).toEqual([1]);
    await one.commit({ end: true });
    expect(await one.inKv()).toBe("ended");
  });

  it("not when publishing has been switched off since, not even its end", async () => {
    one.sessions.copies = { ...one.sessions.copies, replicate: "off" };
    await one.pass(100);
    await one.commit(patch(2), AWAY);
    await one.commit({ end: true }, AWAY);
    expect(one.versions()).toEqual([1]);
  });
});

describe("a tombstone", () => {
  it("follows a replica, wherever the session has ended", async () => {
    const one = session("travel");
    await one.commit(patch(1), AWAY);
    await one.pass(5);
    await one.commit({ end: true });
    expect(one.published[1]?.copy).toMatchObject({ version: 2, ended: { reason: "ended" }, attributes: {} });
  });

  it("is not published where there is no replica", async () => {
    const one = session("travel");
    await one.commit(patch(1));
    await one.commit({ end: true }, AWAY);
    await one.read(AWAY);
    expect(one.published).toEqual([]);
  });

  it("is published once, however often it is asked for", async () => {
    const one = session("always");
    await one.commit(patch(1));
    await one.pass(5);
    await one.commit({ end: true });
    await one.pass(100);
    await one.read(AWAY);
    await one.commit({ end: true }, AWAY);
    expect(one.versions()).toEqual([1, 2]);
  });
});

describe("a generation that has not been used", () => {
  const login = { principal: "alice" };
  let one: Session;
  beforeEach(async () => {
    one = session("travel");
    await one.commit(patch(1), AWAY);
    await one.pass(60);
    await one.commit(login, AWAY);
  });

  it("is not published: the generation before it is still served", () => expect(one.versions()).toEqual([1]));

  it("costs no alarm, although the generation before it is used elsewhere in the meantime", async () => {
    await one.read(AWAY);
    await one.commit(patch(2), AWAY);
    expect([one.versions(), one.alarm()]).toEqual([[1], at(600)]);
  });

  it("is published when it is used elsewhere", async () => {
    await one.read({ ...AWAY, generation: 1 });
    expect(one.versions()).toEqual([1, 2]);
    expect(one.published[1]?.copy).toMatchObject({ generation: 1, principal: "alice" });
  });

  it("is published when it has been used and the generation before it is used elsewhere", async () => {
    await one.read({ generation: 1 });
    expect(one.versions()).toEqual([1]);
    await one.read(AWAY);
    expect(one.published[1]?.copy).toMatchObject({ generation: 1, version: 2 });
  });

  it("is not published by an alarm that the generation before it left, and which then has nothing to do", async () => {
    const other = session("always");
    await other.commit(patch(1));
    setTime(clock() + 1_000);
    await other.commit(patch(2));
    await other.commit(login);
    await other.pass(120);
    expect(other.versions()).toEqual([1]);
    expect(other.outside()).not.toHaveProperty("replicaDue");
  });

  it("leaves a tombstone like any other session", async () => {
    await one.commit({ end: true }, { generation: 1 });
    expect(await one.inKv()).toBe("ended");
  });
});
