import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { KvFault } from "../../../emulation/faults.ts";
import { setTime } from "../../support/edge.ts";
import { at, T0 } from "../../support/time.ts";
import { AWAY, patch, type Session, session } from "./published-session.ts";

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

describe("within a settle period of 5 seconds", () => {
  it("a second change waits, and the alarm publishes it", async () => {
    const one = session("always");
    await one.commit(patch(1));
    setTime(at(1));
    await one.commit(patch(2));
    expect(one.versions()).toEqual([1]);
    expect(one.alarm()).toBe(at(5));
    await one.pass(4);
    expect(one.versions()).toEqual([1, 2]);
  });

  it("all that waits goes out at once, as it is then", async () => {
    const one = session("always");
    for (let second = 0; second < 5; second++) {
      setTime(at(second));
      await one.commit(patch(second));
    }
    await one.pass(60);
    expect(one.published.map(({ copy }) => [copy.version, copy.vouchedAt])).toEqual([
      [1, T0],
      [5, at(5)],
    ]);
  });

  it("a change goes out by itself again when the last time is long enough ago", async () => {
    const one = session("always");
    await one.commit(patch(1));
    await one.pass(4.999);
    await one.commit(patch(2));
    expect(one.versions()).toEqual([1]);
    const other = session("always");
    await other.commit(patch(1));
    await other.pass(5);
    await other.commit(patch(2));
    expect(other.versions()).toEqual([1, 2]);
  });

  it("an alarm that rings for something else publishes nothing, and comes back", async () => {
    const one = session("always");
    await one.commit(patch(1));
    setTime(at(1));
    await one.commit(patch(2));
    setTime(at(2));
    await one.ring();
    expect(one.versions()).toEqual([1]);
    expect(one.alarm()).toBe(at(5));
    await one.pass(3);
    expect(one.versions()).toEqual([1, 2]);
  });

  it("nothing is published twice, however often it changes, and the newest version arrives", async () => {
    const one = session("always");
    for (let i = 1; i <= 200; i++) {
      await one.commit(patch(i), i % 3 === 0 ? AWAY : {});
      await one.pass(0.7);
    }
    await one.pass(10);
    const times = one.published.map((publish) => publish.at);
    const gaps = times.slice(1).map((time, index) => time - (times[index] as number));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5_000);
    expect(one.published.filter(({ kind }) => kind !== "kept")).toEqual([]);
    expect(times.length).toBeGreaterThan(10);
    expect(await one.inKv()).toBe(200);
  });

  it("requests that come at once publish once", async () => {
    const one = session("always");
    const go = one.hold();
    await Promise.all([1, 2, 3].map((value) => one.commitNow(patch(value))));
    go();
    await one.settled();
    expect(one.versions()).toHaveLength(1);
    await one.pass(60);
    expect(await one.inKv()).toBe(3);
  });
});

describe("a publication that fails", () => {
  it.each<[string, KvFault]>([
    ["KV is down", { kind: "down" }],
    ["KV takes no more writes of the key", { kind: "429" }],
    ["the request is lost", { kind: "request-lost", silent: false }],
  ])("when %s, and the alarm repeats it until it is done", async (_when, fault) => {
    const one = session("always");
    one.faults.set(fault);
    await one.commit(patch(1));
    expect(one.versions()).toEqual(["unavailable"]);
    expect(one.alarm()).toBe(at(5));
    await one.pass(5);
    expect(one.versions()).toEqual(["unavailable", "unavailable"]);
    expect(one.alarm()).toBe(at(65));
    one.faults.clear();
    await one.pass(60);
    expect(one.versions()).toEqual(["unavailable", "unavailable", 1]);
    expect(await one.inKv()).toBe(1);
    expect(one.alarm()).toBe(at(600));
  });

  it("when the answer is lost: the written value is written again", async () => {
    const one = session("always");
    one.faults.next({ kind: "response-lost", silent: false }, { operation: "put" });
    await one.commit(patch(1));
    expect([one.versions(), await one.inKv()]).toEqual([["unavailable"], 1]);
    await one.pass(5);
    expect(one.versions()).toEqual(["unavailable", 1]);
  });

  it("is repeated by the alarm alone: no request asks KV, or sets the alarm", async () => {
    const one = session("always");
    one.faults.set({ kind: "down" });
    await one.commit(patch(1));
    setTime(at(4));
    await one.commit(patch(2), AWAY);
    await one.read(AWAY);
    expect(one.versions()).toEqual(["unavailable"]);
    expect(one.alarm()).toBe(at(5));
  });

  it("and the object is replaced: the alarm finds the due publication in the storage", async () => {
    const one = session("always");
    one.faults.next({ kind: "down" });
    await one.commit(patch(1));
    one.replace();
    await one.pass(5);
    expect(await one.inKv()).toBe(1);
  });

  it("and the session goes on in the meantime: the newest version is published then", async () => {
    const one = session("always");
    one.faults.next({ kind: "down" });
    await one.commit(patch(1));
    setTime(at(1));
    await one.commit(patch(2));
    await one.pass(60);
    expect(one.versions()).toEqual(["unavailable", 2]);
  });

  it("and the session ends in the meantime: the end is published then", async () => {
    const one = session("always");
    one.faults.next({ kind: "response-lost", silent: false }, { operation: "put" });
    await one.commit(patch(1));
    await one.commit({ end: true });
    expect(await one.inKv()).toBe(1);
    await one.pass(60);
    expect(await one.inKv()).toBe("ended");
  });
});

describe("while a replica is being published", () => {
  let one: Session;
  let go: () => void;
  beforeEach(async () => {
    one = session("travel");
    go = one.hold();
    await one.commitNow(patch(1), AWAY);
  });
  const done = async () => {
    go();
    await one.settled();
  };

  it("a change makes the alarm publish again", async () => {
    await one.commitNow(patch(2));
    await done();
    expect(one.versions()).toEqual([1]);
    await one.pass(5);
    expect(one.versions()).toEqual([1, 2]);
  });

  it("an end makes the alarm publish the tombstone", async () => {
    await one.commitNow({ end: true });
    await done();
    expect(await one.inKv()).toBe(1);
    await one.pass(5);
    expect(await one.inKv()).toBe("ended");
  });

  it("an alarm does not publish at the same time", async () => {
    setTime(at(5));
    await one.ring();
    await done();
    expect(one.versions()).toEqual([1]);
  });

  it("an object that is replaced leaves it to the alarm", async () => {
    one.replace();
    await done();
    expect(one.outside().replica).toBeUndefined();
    await one.pass(5);
    expect(one.outside().replica).toMatchObject({ version: 1, publishedAt: at(5) });
  });

  it("a storage that is freed stays free", async () => {
    await one.commitNow({ end: true });
    setTime(at(100 * 86_400));
    await one.ring();
    expect(one.sessions.keys(one.id)).toEqual([]);
    await done();
    expect(one.sessions.keys(one.id)).toEqual([]);
  });
});
