import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDistantKv } from "../../../emulation/distant-kv.ts";
import { createFaults, type KvFault } from "../../../emulation/faults.ts";
import type { Ref } from "../../../src/session/change.ts";
import type { Copy } from "../../../src/session/copy.ts";
import type { Copies } from "../../../src/store/contracts.ts";
import { createKvReplicas } from "../../../src/store/kv-replicas.ts";
import { createSeal } from "../../../src/store/seal.ts";
import { setTime } from "../../support/edge.ts";
import { oneSession } from "../../support/one-session.ts";
import { macRing } from "../../support/rings.ts";
import { refTo } from "../../support/sessions.ts";
import { at, T0 } from "../../support/time.ts";

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

const AWAY: Partial<Ref> = { away: true };
const clock = () => Date.now();
const patch = (value: number) => ({ patches: [{ value }] });

/** A session whose authority publishes to KV as it is deployed: one write per second and key. */
function session(replicate: "travel" | "always" | "off" = "travel") {
  const faults = createFaults<KvFault>();
  const kv = createDistantKv({
    clock: { now: clock, sleep: async () => {} },
    random: () => 0,
    visibleAfterMs: { here: 0, elsewhere: 0 },
    faultOf: faults.faultOf,
  });
  const replicas = createKvReplicas({ namespace: kv.at("home"), seal: createSeal(macRing(1)), clock });
  const published: { copy: Copy; at: number; kind: string }[] = [];
  let held: Promise<void> = Promise.resolve();
  const watched: Copies = {
    ...replicas,
    async keep(copy) {
      await held;
      const { kind } = await replicas.keep(copy);
      published.push({ copy, at: clock(), kind });
      return kind === "unavailable" ? { kind, cause: new Error("KV failed") } : { kind };
    },
  };
  const one = oneSession({ replicas: watched, replicate, backup: "off" });
  return {
    ...one,
    faults,
    published,
    versions: () => published.map(({ copy, kind }) => (kind === "kept" ? copy.version : kind)),
    /** The result that a location finds in KV: a version, an end, or a miss. */
    async inKv() {
      const found = await replicas.read(refTo(one.id), clock());
      return found.kind === "hit" ? found.copy.version : found.kind;
    },
    /** Publishing waits until the returned function is called. */
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    async commit(...given: Parameters<typeof one.commit>) {
      const committed = await one.commit(...given);
      await one.settled();
      return committed;
    },
    async read(...given: Parameters<typeof one.read>) {
      const found = await one.read(...given);
      await one.settled();
      return found;
    },
    /** Resolves with the answer that comes before anything is published. */
    commitNow: one.commit,
    /** Lets time pass. The alarm rings at the time that it is set for. */
    async pass(seconds: number) {
      const until = clock() + seconds * 1000;
      for (let alarm = one.alarm(); alarm !== undefined && alarm <= until; alarm = one.alarm()) {
        setTime(Math.max(alarm, clock()));
        await one.ring();
        await one.settled();
      }
      setTime(until);
    },
  };
}
type Session = ReturnType<typeof session>;

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
