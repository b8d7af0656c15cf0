import { beforeEach, describe, expect, it } from "vitest";
import type { LogEntry } from "../../../src/log.ts";
import { type AuditEntry, KEEP_MS } from "../../../src/upstream/live/audit.ts";
import type { ChangedPool, LookedPool, PoolChange } from "../../../src/upstream/live/pool-contracts.ts";
import { closuresOf, type PoolState, standingOf } from "../../../src/upstream/live/pool-state.ts";
import { addTo, emptySketch, type Sketch } from "../../../src/upstream/live/sketch.ts";
import { changeOf } from "../../support/pool-states.ts";
import { at, T0 } from "../../support/time.ts";

export const AWAY_MS = 3_600_000;

/** A pool at its authority. Each call meets another instance, as after a reset. */
export interface PoolWorld {
  change(change: PoolChange): Promise<ChangedPool>;
  look(): Promise<LookedPool>;
  see(origin: string, sketch: Sketch): Promise<unknown>;
  audit(entry: AuditEntry): Promise<unknown>;
  audited(most: number): Promise<readonly AuditEntry[]>;
  /** The state that isolates can read. */
  published(): Promise<PoolState | undefined>;
  /** The values that are stored about the pool. */
  stored(): Promise<readonly unknown[]>;
  alarmAt(): Promise<number | null>;
  /** Rings the alarm, which is due. */
  ring(): Promise<unknown>;
}

/** The clock, the log and the id of the pool. */
export interface PoolGiven {
  readonly pool: string;
  readonly clock: () => number;
  readonly log: (entry: LogEntry) => void;
}

/** Tests an authority of pools. */
export function testPools(name: string, create: (given: PoolGiven) => PoolWorld): void {
  let now: number;
  let log: LogEntry[];
  let pools = 0;
  let pool: string;
  let world: PoolWorld;

  beforeEach(() => {
    now = T0;
    log = [];
    pool = `pool-${pools++}-of-${name.replaceAll(" ", "-")}`;
    world = create({ pool, clock: () => now, log: (entry) => log.push(entry) });
  });

  const change = (action: PoolChange["action"], given: Partial<PoolChange> = {}) =>
    world.change(changeOf(action, given));
  const by = (id: string) => ({ by: { id, who: "token", from: "api" } as const });
  /** The runs of the alarm up to a time. */
  async function ringUntil(time: number): Promise<void> {
    for (let due = await world.alarmAt(); due !== null && due <= time; due = await world.alarmAt()) {
      now = Math.max(now, due);
      await world.ring();
    }
    now = time;
  }
  const see = (...sessions: string[]) => {
    const sketch = emptySketch();
    for (const session of sessions) addTo(sketch, session);
    return world.see("b", sketch);
  };
  const turns = (state: PoolState | undefined) =>
    standingOf(closuresOf(state, "b"), T0).next.map((turn) => [turn.state, (turn.at - T0) / 1000]);
  const shownTurns = async () => turns((await world.look()).state);

  describe(`a change of a pool, ${name}`, () => {
    it("is published before the answer, and needs no alarm for that", async () => {
      expect(await change("drain", { deadlineMs: 86_400_000 })).toMatchObject({ kind: "changed", published: true });
      const drained = [
        ["draining", 150],
        ["drained", 86_550],
      ];
      expect(turns(await world.published())).toEqual(drained);
      expect(await shownTurns()).toEqual(drained);
      await ringUntil(at(100));
      expect((await world.published())?.version).toBe(1);
    });

    it("that is refused is not stored, and a change without effect is no new version", async () => {
      expect(await change("drain", { others: [] })).toEqual({ kind: "refused", reason: "last-origin" });
      expect(await world.published()).toBeUndefined();
      await change("drain");
      expect(await change("drain")).toMatchObject({ kind: "unchanged", published: true });
      expect((await world.published())?.version).toBe(1);
    });

    it("is not in a pool that nobody has changed: nothing is known, and nothing is stored", async () => {
      expect(await world.look()).toEqual({ kind: "known", state: undefined, bound: {}, probes: {} });
      expect(await change("restore")).toMatchObject({ kind: "unchanged", state: undefined });
      expect([await world.published(), await world.alarmAt(), await world.stored()]).toEqual([undefined, null, []]);
    });

    it("is made if the pool is still at the version on which it was decided", async () => {
      expect(await change("drain", { onVersion: 0 })).toMatchObject({ kind: "changed", state: { version: 1 } });
      now = at(2);
      expect(await change("restore", { onVersion: 1 })).toMatchObject({ kind: "changed", state: { version: 2 } });
    });

    it("is refused, and changes nothing, if another operator was first", async () => {
      await change("drain", { onVersion: 0 });
      expect(await change("eject", { onVersion: 0 })).toEqual({ kind: "refused", reason: "version-changed" });
      expect(await world.look()).toMatchObject({ state: { version: 1 } });
    });
  });

  describe(`an origin that drains, ${name}`, () => {
    it("has as many sessions as were seen on it lately, from whichever isolate", async () => {
      await change("drain");
      now = at(200);
      await see("one", "two");
      await see("two", "three");
      expect(await world.look()).toMatchObject({ bound: { b: 3 } });
      now = at(200 + 3_600 * 1.2);
      expect(await world.look()).toMatchObject({ bound: { b: 0 } });
    });

    it("also has the sessions that were seen before it drained, and is not counted before and after", async () => {
      await change("drain");
      now = at(100);
      await see("one");
      expect(await world.look()).toMatchObject({ bound: {} });
      now = at(200);
      expect(await world.look()).toMatchObject({ bound: { b: 1 } });
      await change("restore");
      now = at(400);
      await see("one");
      expect(await world.look()).toMatchObject({ bound: {} });
    });

    it("ends when no session is bound to it any more, as soon as all isolates can know", async () => {
      await change("drain");
      for (let second = 200; second < 9_000; second += 600) {
        await ringUntil(at(second));
        await see("last");
      }
      expect(await shownTurns()).toEqual([["draining", 150]]);
      await ringUntil(at(20_000));
      const [, [ended, at2] = []] = (await shownTurns()) as [string, number][];
      expect(ended).toBe("drained");
      // The last sighting was at 8,600 s. To it come a session's patience, at most one more window, and the time that all
      // isolates need.
      expect(at2).toBeGreaterThan(8_600 + 3_600);
      expect(at2).toBeLessThan(8_600 + 3_600 + 2 * 600 + 150);
      expect(await world.published()).toEqual((await world.look()).state);
      expect(log).toEqual([{ event: "drain_ended", pool, origin: "b" }]);
      expect(await world.alarmAt()).toBe(null);
    });

    it("does not end before every session has had the time to be seen", async () => {
      await change("drain");
      await ringUntil(at(150 + 3_600 - 1));
      expect(await shownTurns()).toEqual([["draining", 150]]);
      await ringUntil(at(150 + 3_600 + 1));
      expect(await shownTurns()).toHaveLength(2);
    });
  });

  describe(`the actions of operators on a pool, ${name}`, () => {
    it("are kept with operator, result and versions, the newest first, whether they changed anything or not", async () => {
      await change("drain", by("one"));
      now = at(1);
      await change("drain", by("two"));
      now = at(2);
      await change("eject", { ...by("three"), others: [] });
      const of = { who: "token", from: "api", pool, origin: "b" };
      expect(await world.audited(100)).toEqual([
        { ...of, id: "three", at: at(2), action: "eject", outcome: "last-origin", versions: { before: 1, after: 1 } },
        { ...of, id: "two", at: at(1), action: "drain", outcome: "unchanged", versions: { before: 1, after: 1 } },
        { ...of, id: "one", at: T0, action: "drain", outcome: "changed", versions: { before: 0, after: 1 } },
      ]);
    });

    it("are made and kept once when the call is repeated, although the version has changed in the meantime", async () => {
      const once = await change("drain", { ...by("one"), onVersion: 0 });
      now = at(1);
      expect(await change("drain", { ...by("one"), onVersion: 0 })).toEqual(once);
      expect(await world.audited(100)).toHaveLength(1);
    });

    it("are not kept for changes that the pool makes by itself", async () => {
      await change("drain");
      expect(await world.audited(100)).toEqual([]);
    });

    const entryAt = (time: number, id = "one", outcome = "done"): AuditEntry => ({
      id,
      at: time,
      who: "token",
      from: "api",
      action: "end",
      outcome,
    });

    it("have a result in place of the intent", async () => {
      await world.audit(entryAt(T0, "one", "asked"));
      await world.audit(entryAt(T0, "one", "ended"));
      expect(await world.audited(100)).toEqual([entryAt(T0, "one", "ended")]);
    });

    it("are forgotten after 400 days", async () => {
      await world.audit(entryAt(T0));
      await world.audit(entryAt(T0 + KEEP_MS));
      expect(await world.audited(100)).toHaveLength(2);
      await world.audit(entryAt(T0 + KEEP_MS + 1));
      expect((await world.audited(100)).map(({ at: time }) => time)).toEqual([T0 + KEEP_MS + 1, T0 + KEEP_MS]);
    });
  });
}
