import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pendingSetOf } from "../../src/store/redis/limits.ts";
import { setTime } from "../support/edge.ts";
import { changeAt, refTo } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";
import { idIn, many, type World, world } from "./swept-world.ts";

/** A minute after the journals got their entries: no entry can still be under way. */
const LATER = at(60);
const DONE = { sets: [], ids: [] };

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

describe("a sweep", () => {
  let one: World;
  beforeEach(() => {
    one = world();
  });

  it("asks for nothing but the index when nothing is pending", async () => {
    setTime(LATER);
    expect(await one.redis.during(() => one.sweep())).toEqual(["pendingSets"]);
    expect(await one.sweep()).toEqual({ takenOver: 0, left: 0 });
  });

  it("has the changes taken over of a visitor who does not come back", async () => {
    const id = await one.journal(idIn(0), 1);
    await one.journal(id, 2);
    setTime(LATER);
    expect(await one.sweep()).toEqual({ takenOver: 1, left: 0 });
    expect(one.sessions.record(id)).toMatchObject({ attributes: { v1: 1, v2: 2 } });
    expect(await one.redis.real.read(id)).toMatchObject({ entries: [] });
    expect(await one.pending()).toEqual(DONE);
  });

  it("goes through all sets", async () => {
    const ids = await many(130, (index) => one.journal(idIn(index), 1));
    setTime(LATER);
    expect(await one.sweep()).toEqual({ takenOver: 130, left: 0 });
    expect(new Set(one.asked)).toEqual(new Set(ids));
    expect(await one.pending()).toEqual(DONE);
  });

  it("goes through a set page by page, and asks for each session once", async () => {
    const ids = await many(250, (index) => one.journal(idIn(7), index));
    setTime(LATER);
    const commands = await one.redis.during(async () => {
      expect(await one.sweep()).toEqual({ takenOver: 250, left: 0 });
    });
    expect(commands.filter((command) => command === "pending")).toHaveLength(4);
    expect(one.asked.toSorted()).toEqual(ids.toSorted());
    expect(await one.pending()).toEqual(DONE);
  });

  it("reads all sets once an hour, if a fail-over of Redis has lost the note of a set", async () => {
    const id = await one.journal(idIn(9), 1);
    await one.redis.real.settledSet(9, LATER);
    for (const minute of [1, 2, 30, 59]) {
      setTime(at(minute * 60));
      expect(await one.redis.during(() => one.sweep())).toEqual(["pendingSets"]);
    }
    setTime(at(3_600));
    expect(await one.sweep()).toEqual({ takenOver: 1, left: 0 });
    expect(one.sessions.record(id)).toMatchObject({ attributes: { v1: 1 } });
    setTime(at(7_200));
    const commands = await one.redis.during(() => one.sweep());
    expect(commands).toEqual(["pendingSets", ...Array.from({ length: 64 }, () => "pending")]);
  });

  it("has six sessions taken over at once, as many as a Worker has connections", async () => {
    await many(20, (index) => one.journal(idIn(7), index));
    setTime(LATER);
    let running = 0;
    let most = 0;
    one.meet(async () => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      return undefined;
    });
    await one.sweep();
    expect(most).toBe(6);
  });

  it("forgets a session that was noted and whose journal holds nothing", async () => {
    const id = idIn(0);
    const change = changeAt(T0 - 10_000, { patches: [{}] });
    expect(await one.redis.real.append({ ref: refTo(id), change })).toEqual({ kind: "expired" });
    expect(await one.pending()).toEqual({ sets: [0], ids: [id] });
    setTime(LATER);
    expect(await one.sweep()).toEqual({ takenOver: 1, left: 0 });
    expect(await one.pending()).toEqual(DONE);
  });
});

describe("the work that is left for the next sweep", () => {
  let one: World;
  beforeEach(() => {
    one = world();
  });

  it("is a session to whose journal a change may still be under way, although its changes are taken over", async () => {
    const id = await one.journal(idIn(0), 1);
    setTime(at(8));
    expect(await one.sweep()).toEqual({ takenOver: 0, left: 1 });
    expect(one.sessions.record(id)).toMatchObject({ attributes: { v1: 1 } });
    expect(await one.pending()).toEqual({ sets: [0], ids: [id] });
    setTime(at(9));
    expect(await one.sweep()).toEqual({ takenOver: 1, left: 0 });
  });

  it("is a session whose journal was given a change in the meantime", async () => {
    const id = await one.journal(idIn(0), 1);
    setTime(LATER);
    one.redis.next("read", () => one.journal(id, 2));
    expect(await one.sweep()).toEqual({ takenOver: 0, left: 1, oldestAt: LATER });
    expect(await one.redis.real.read(id)).toMatchObject({ entries: [{ change: { patches: [{ v2: 2 }] } }] });
    setTime(at(120));
    expect(await one.sweep()).toEqual({ takenOver: 1, left: 0 });
    expect(one.sessions.record(id)).toMatchObject({ attributes: { v1: 1, v2: 2 } });
  });

  it("is a session out of reach, and no session that stands behind it", async () => {
    const lost = await many(150, (index) => one.journal(idIn(0), index));
    setTime(at(1));
    const rest = await many(150, (index) => one.journal(idIn(0), index));
    one.outOfReach(lost);
    setTime(LATER);
    expect(await one.sweep()).toEqual({ takenOver: 150, left: 150, oldestAt: T0 });
    expect(one.asked.toSorted()).toEqual([...lost, ...rest].toSorted());
    expect((await one.pending()).ids.toSorted()).toEqual(lost.toSorted());
    one.outOfReach([]);
    expect(await one.sweep()).toEqual({ takenOver: 150, left: 0 });
  });

  it("is every session that is out of reach, wherever it stands", async () => {
    const ids = await many(230, (index) => one.journal(idIn(0), index));
    const lost = ids.filter((_, index) => index % 3 === 0);
    one.outOfReach(lost);
    setTime(LATER);
    expect(await one.sweep()).toEqual({ takenOver: 230 - lost.length, left: lost.length, oldestAt: T0 });
    expect(one.asked.toSorted()).toEqual(ids.toSorted());
  });

  it("says when the oldest change of the session was made that was noted first, whatever the order of the sets", async () => {
    const ids: string[] = [];
    for (const [set, second] of [
      [7, 20],
      [3, 5],
      [3, 9],
      [60, 12],
    ] as const) {
      setTime(at(second));
      ids.push(await one.journal(idIn(set), second));
    }
    one.outOfReach(ids);
    setTime(LATER);
    expect(await one.sweep()).toEqual({ takenOver: 0, left: 4, oldestAt: at(5) });
  });

  it("has no known age if the journal cannot be read either", async () => {
    one.outOfReach([await one.journal(idIn(0), 1)]);
    setTime(LATER);
    one.redis.next("read", "down");
    expect(await one.sweep()).toEqual({ takenOver: 0, left: 1 });
  });

  it("is a session that the index could not be told to forget", async () => {
    const id = await one.journal(idIn(0), 1);
    setTime(LATER);
    one.redis.next("settled", "down");
    expect(await one.sweep()).toEqual({ takenOver: 0, left: 1 });
    expect(await one.pending()).toEqual({ sets: [0], ids: [id] });
  });
});

describe("a set", () => {
  let one: World;
  beforeEach(() => {
    one = world();
  });

  it("is forgotten when it is found empty", async () => {
    await one.journal(idIn(3), 1);
    setTime(LATER);
    const commands = await one.redis.during(() => one.sweep());
    expect(commands.slice(-3)).toEqual(["settled", "pending", "settledSet"]);
    expect(await one.pending()).toEqual(DONE);
  });

  it("is not forgotten while a session of it is left", async () => {
    const id = await one.journal(idIn(3), 1);
    one.outOfReach([id]);
    setTime(LATER);
    expect(await one.redis.during(() => one.sweep())).not.toContain("settledSet");
    expect((await one.pending()).sets).toEqual([3]);
  });

  it("is not forgotten when it was noted a moment ago: a session may be noted in it after this look", async () => {
    await one.journal(idIn(3), 1);
    setTime(at(10));
    expect(await one.sweep()).toEqual({ takenOver: 1, left: 0 });
    expect(await one.pending()).toEqual({ sets: [3], ids: [] });
    setTime(LATER);
    expect(await one.sweep()).toEqual({ takenOver: 0, left: 0 });
    expect(await one.pending()).toEqual(DONE);
  });

  it("is judged by when the sweep came to it, although the sweep is long: sessions that are noted since stay noted", async () => {
    await one.journal(idIn(3), 1);
    setTime(at(18));
    one.meet(async () => {
      setTime(at(40));
      return undefined;
    });
    await one.sweep();
    expect(await one.pending()).toEqual({ sets: [3], ids: [] });
  });
});

describe("an index out of reach", () => {
  const down = new Error("Redis is down");

  it("ends the sweep before it begins", async () => {
    const one = world();
    await one.journal(idIn(0), 1);
    setTime(LATER);
    one.redis.next("pendingSets", "down");
    expect(await one.sweep()).toEqual({ takenOver: 0, left: 0, cause: down });
    expect(one.asked).toEqual([]);
  });

  it("ends the sweep at the point that it has reached, with the count of finished sessions", async () => {
    const one = world();
    for (const set of [0, 0, 1]) await one.journal(idIn(set), 1);
    setTime(LATER);
    let pages = 0;
    const swept = await one.sweep({
      ...one.redis,
      pending: async (...page) => (++pages < 3 ? one.redis.pending(...page) : { kind: "unavailable", cause: down }),
    });
    expect(swept.cause).toBe(down);
    expect(swept.takenOver).toBe(one.asked.length);
    expect(swept.takenOver).toBeGreaterThan(0);
    expect((await one.pending()).ids).toHaveLength(3 - swept.takenOver);
  });
});

describe("a sweep's time", () => {
  /** Makes the object of each of these sessions hang until its caller gives up. */
  function hang(one: World, ids: readonly string[]) {
    const hanging = new Set(ids);
    let until = 0;
    one.meet(async (id) => {
      if (!hanging.has(id)) return undefined;
      until = Math.max(until, Date.now() + 3_000);
      await Promise.resolve();
      setTime(until);
      return { kind: "unavailable", cause: new Error("no answer within 3000 ms") };
    });
  }

  it("is over after 50 seconds, in the middle of a page too: the next begins after a minute", async () => {
    const one = world();
    hang(one, await many(300, (index) => one.journal(idIn(5), index)));
    setTime(LATER);
    const { takenOver, left } = await one.sweep();
    expect(Date.now() - LATER).toBeGreaterThanOrEqual(50_000);
    expect(Date.now() - LATER).toBeLessThan(54_000);
    expect({ takenOver, left }).toEqual({ takenOver: 0, left: one.asked.length });
    expect(one.asked.length).toBeLessThan(300);
  });

  it("is not used up for good by sessions that are out of reach: each sweep begins with another set", async () => {
    const one = world();
    hang(one, await many(300, (index) => one.journal(idIn(5), index)));
    setTime(at(1));
    const ids = await many(3, (set) => one.journal(idIn(set), 1));
    for (let minute = 1; minute <= 4; minute++) {
      setTime(at(minute * 60));
      await one.sweep();
    }
    expect(one.asked).toEqual(expect.arrayContaining(ids));
    expect((await one.pending()).ids).toHaveLength(300);
  });
});

it("the tests' ids are noted in the set that they name", () =>
  expect([0, 7, 63].map((set) => pendingSetOf(idIn(set)))).toEqual([0, 7, 63]));
