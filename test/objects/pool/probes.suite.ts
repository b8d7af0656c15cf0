import { beforeEach, describe, expect, it } from "vitest";
import type { LogEntry } from "../../../src/log.ts";
import type { SendProbe } from "../../../src/objects/pool/pool-probes.ts";
import type { ChangedPool, LookedPool, PoolChange, ProbeResult } from "../../../src/upstream/live/pool-contracts.ts";
import { closuresOf, type PoolState, standingOf } from "../../../src/upstream/live/pool-state.ts";
import type { ProbePlan } from "../../../src/upstream/live/probe-plan.ts";
import { changeOf } from "../../support/pool-states.ts";
import { HEALTH_CHECK } from "../../support/pools.ts";
import { at, T0 } from "../../support/time.ts";

export const PASSED: ProbeResult = { kind: "passed", status: 200 };
export const ERROR: ProbeResult = { kind: "status", status: 500 };

export function planOf(ids: readonly string[], check: Partial<ProbePlan["check"]> = {}): ProbePlan {
  return { check: { ...HEALTH_CHECK, ...check }, targets: ids.map((id) => ({ id, url: `http://${id}.test` })) };
}
export const PLAN = planOf(["a", "b"]);
/** The reasons for which origins are unhealthy, by their ids. */
export const flags = ({ origins }: PoolState) =>
  Object.fromEntries(origins.flatMap(({ id, unhealthy }) => (unhealthy ? [[id, unhealthy.reason]] : [])));

/** A state that isolates can read, and since when. */
export interface Published {
  readonly state: PoolState;
  readonly at: number;
}

/** A pool whose origins are probed. */
export interface ProbesWorld {
  /** Everything that is due until a time in seconds, while this plan is wanted. */
  runUntil(seconds: number, plan?: ProbePlan): Promise<void>;
  look(): Promise<LookedPool>;
  change(change: PoolChange): Promise<ChangedPool>;
  /** Each state that was published, in order. */
  published(): readonly Published[];
}

/** The clock, the log, the id of the pool, and the way to its origins. */
export interface ProbesGiven {
  readonly pool: string;
  readonly clock: () => number;
  readonly setClock: (time: number) => void;
  readonly random: () => number;
  readonly log: (entry: LogEntry) => void;
  readonly probe: SendProbe;
}

/** Tests the probes of a pool, whoever sends them. */
export function testProbes(name: string, create: (given: ProbesGiven) => ProbesWorld): void {
  describe(`probes that are sent ${name}`, () => testProbesOf(name, create));
}

function testProbesOf(name: string, create: (given: ProbesGiven) => ProbesWorld): void {
  let now: number;
  let log: LogEntry[];
  let random: number;
  let pools = 0;
  let pool: string;
  /** The results of the probes of an origin. Probes of other origins pass. */
  let meets: Map<string, ProbeResult | (() => Promise<ProbeResult>)>;
  /** The origins that probes have asked, with the times in seconds. */
  let sent: [id: string, seconds: number][];
  let world: ProbesWorld;

  beforeEach(() => {
    now = T0;
    log = [];
    random = 0;
    meets = new Map();
    sent = [];
    pool = `probes-${pools++}-${name.replaceAll(" ", "-")}`;
    world = create({
      pool,
      clock: () => now,
      setClock: (time) => {
        now = time;
      },
      random: () => random,
      log: (entry) => log.push(entry),
      async probe({ id }) {
        sent.push([id, (now - T0) / 1000]);
        const result = meets.get(id) ?? PASSED;
        return typeof result === "function" ? result() : result;
      },
    });
  });
  const runUntil = (seconds: number, plan?: ProbePlan) => world.runUntil(seconds, plan);
  const events = () => log.map(({ event, origin, reason }) => [event, origin, reason]);
  const flagged = () => world.published().map(({ state }) => flags(state));
  const timesOf = (origin: string) => sent.filter(([id]) => id === origin).map(([, second]) => second);

  describe("a pool whose origins are well", () => {
    it("is probed at once and at every interval, origin by origin, and nothing is published", async () => {
      await runUntil(35);
      expect(sent).toEqual(
        [0, 10, 20, 30].flatMap((second) => [
          ["a", second],
          ["b", second],
        ]),
      );
      expect([world.published(), log]).toEqual([[], []]);
      expect((await world.look()).probes).toEqual({
        a: { verdict: { state: "healthy", since: T0 }, last: { at: at(30), result: PASSED } },
        b: { verdict: { state: "healthy", since: T0 }, last: { at: at(30), result: PASSED } },
      });
    });

    it("is probed up to a tenth of an interval later, all origins together, so that pools do not probe in step", async () => {
      random = 0.5;
      await runUntil(22);
      expect(sent.map(([, second]) => second)).toEqual([0, 0, 10.5, 10.5, 21, 21]);
    });
  });

  describe("an origin that fails its probes", () => {
    it("is published as unhealthy at once, logged once, and so is that it has recovered", async () => {
      const times = () =>
        world.published().map(({ state, at: time }) => [state.version, (time - T0) / 1000, flags(state)]);
      await runUntil(5);
      meets.set("b", ERROR);
      await runUntil(100);
      expect(times()).toEqual([[1, 30, { b: "status" }]]);
      expect(world.published()[0]?.state.origins).toEqual([
        { id: "b", closures: [], unhealthy: { since: at(30), reason: "status", until: at(630) } },
      ]);
      meets.clear();
      await runUntil(200);
      expect(times().slice(1)).toEqual([[2, 120, {}]]);
      expect(events()).toEqual([
        ["origin_unhealthy", "b", "status 500"],
        ["origin_recovered", "b", "passed"],
      ]);
      expect((await world.look()).probes?.b?.verdict).toEqual({ state: "healthy", since: at(120) });
    });

    it("is told again every five minutes while that lasts, as it would lapse in ten", async () => {
      meets.set("b", { kind: "timeout" });
      await runUntil(1_500);
      expect(world.published().map(({ at: time }) => (time - T0) / 1000)).toEqual([20, 320, 620, 920, 1_220]);
      expect(events()).toEqual([["origin_unhealthy", "b", "timeout"]]);
      for (const { state, at: time } of world.published()) {
        expect((state.origins[0]?.unhealthy?.until ?? 0) - time).toBe(600_000);
      }
    });

    it("is asked in an interval of its own", async () => {
      meets.set("b", { kind: "lost" });
      await runUntil(150, planOf(["a", "b"], { unhealthyIntervalSeconds: 60 }));
      expect(timesOf("b")).toEqual([0, 10, 20, 80, 140]);
      expect(timesOf("a")).toHaveLength(16);
    });
  });

  describe("a round", () => {
    it("says nothing about an origin to which no probe can be sent at all, and goes on with the others", async () => {
      meets.set("a", () => Promise.reject(new TypeError("no such binding")));
      meets.set("b", ERROR);
      await runUntil(45);
      expect(timesOf("a")).toEqual([0, 10, 20, 30, 40]);
      expect(flagged()).toEqual([{ b: "status" }]);
      expect(log).toContainEqual({ event: "probe_failed", pool, origin: "a", reason: "TypeError: no such binding" });
      expect((await world.look()).probes?.a).toEqual({ verdict: undefined, last: undefined });
    });

    it("asks origins side by side, six at a time at most", async () => {
      const ids = Array.from({ length: 20 }, (_, i) => `o${i}`);
      let underWay = 0;
      let most = 0;
      for (const id of ids) {
        meets.set(id, async () => {
          most = Math.max(most, ++underWay);
          await Promise.resolve();
          underWay--;
          return PASSED;
        });
      }
      await runUntil(0, planOf(ids));
      expect([most, sent.length]).toEqual([6, 20]);
    });
  });

  describe("another plan", () => {
    it("replaces the plan before it: origins that vanish are forgotten, new origins are probed at once, the other origins keep their state", async () => {
      meets.set("a", ERROR).set("b", ERROR);
      await runUntil(25);
      expect(flagged()).toEqual([{ a: "status", b: "status" }]);
      const plan = planOf(["b", "c"]);
      sent.length = 0;
      await runUntil(29, plan);
      expect(sent).toEqual([["c", 25]]);
      expect(flagged().slice(1)).toEqual([{ b: "status" }]);
      sent.length = 0;
      await runUntil(32, plan);
      expect(sent).toEqual([["b", 30]]);
      expect(Object.keys((await world.look()).probes ?? {})).toEqual(["b", "c"]);
    });

    it("with another address has another origin", async () => {
      meets.set("b", ERROR);
      await runUntil(25);
      const targets = PLAN.targets.map((it) => (it.id === "b" ? { ...it, url: "http://new.test" } : it));
      meets.clear();
      await runUntil(28, { ...PLAN, targets });
      expect((await world.look()).probes?.b?.verdict).toMatchObject({ state: "healthy", since: at(25) });
      expect(flagged()).toEqual([{ b: "status" }, {}]);
    });
  });

  describe("changes by operators, together with verdicts", () => {
    const turns = (state: PoolState) => standingOf(closuresOf(state, "b"), T0).next;

    it("are published together, and each version once", async () => {
      meets.set("b", ERROR);
      await runUntil(25);
      await world.change(changeOf("drain", { deadlineMs: 86_400_000 }));
      meets.clear();
      await runUntil(60);
      const states = world.published().map(({ state }) => state);
      expect(states.map((state) => [state.version, flags(state), turns(state).length])).toEqual([
        [1, { b: "status" }, 0],
        [2, { b: "status" }, 2],
        [3, {}, 2],
      ]);
      expect(turns(states[2] as PoolState)).toEqual(turns(states[1] as PoolState));
    });

    it("leave no healthy origin out: the last one that probes call well cannot be drained", async () => {
      meets.set("a", ERROR);
      await runUntil(25);
      expect(await world.change(changeOf("drain", { others: ["a"] }))).toEqual({
        kind: "refused",
        reason: "last-origin",
      });
    });
  });
}
