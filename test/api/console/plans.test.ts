import { describe, expect, it } from "vitest";
import { type PlannedAction, planChange, safetyOf } from "../../../src/api/console/plans.ts";
import type { PoolState } from "../../../src/upstream/live/pool-state.ts";
import { poolState } from "../../support/pool-states.ts";
import { poolConfig } from "../../support/pools.ts";
import { at, T0 } from "../../support/time.ts";

const LIFE_MS = 7 * 86_400_000;
const isolates = (ejecting: Record<string, Record<string, number>>) => {
  return { heard: 2, oldestAt: T0, colos: {}, builds: {}, ejecting, panicking: 0, open: {} };
};
/** A plan for the origin `a` of a pool with the origins `a`, `b` and `c`. */
function planned(action: PlannedAction, state: PoolState | undefined, ill: readonly string[] = []) {
  const ejecting = Object.fromEntries(ill.map((id) => [id, { FRA: 2 }]));
  return planChange(action, "a", {
    pool: poolConfig(["a", "b", "c"]),
    looked: { state },
    totals: { kind: "totals", counts: {}, savedAt: T0, isolates: isolates(ejecting), bound: { a: 7 }, minutes: [] },
    lifeMs: LIFE_MS,
    now: T0,
  });
}
const drain = (from: number, until?: number) => [
  { kind: "drain" as const, from, ...(until === undefined ? {} : { until }) },
];
const SOON = at(150);
const LATER = at(3_600);

describe("a plan of a drain or an ejection", () => {
  it.each<[string, PoolState | undefined, readonly string[], boolean]>([
    ["the others are open and well", undefined, [], false],
    ["one of the others is ill", undefined, ["b"], false],
    ["all others are ill", undefined, ["b", "c"], true],
    ["the others are announced to drain", poolState({ b: drain(SOON), c: drain(SOON) }), [], true],
    [
      "the others drain, and are announced to open",
      poolState({ b: drain(at(-9), LATER), c: drain(at(-9), LATER) }),
      [],
      true,
    ],
    [
      "the others were drained, and are open again",
      poolState({ b: drain(at(-99), at(-9)), c: drain(at(-99), at(-9)) }),
      [],
      false,
    ],
    ["one of the others is ill, and the other is announced to drain", poolState({ c: drain(SOON) }), ["b"], true],
  ])("demands typed words only if no well origin stays open: %s", (_when, state, ill, demands) => {
    for (const action of ["drain", "eject"] as const) {
      const plan = planned(action, state, ill);
      expect(plan.leavesNone, action).toBe(demands);
      expect(plan.typed).toBe(demands ? `${action} a anyway` : action === "eject" ? "a" : undefined);
      expect(safetyOf(plan).kind === "unsafe").toBe(demands);
    }
  });

  it("names the shares of new sessions, the sessions that the origin has, and no refusal", () => {
    expect(planned("drain", undefined, ["b"])).toMatchObject({
      version: 0,
      from: SOON,
      newSessions: [
        { origin: "b", share: 0.5, healthy: false },
        { origin: "c", share: 0.5, healthy: true },
      ],
      bound: 7,
      refusal: undefined,
    });
  });
});

it("a plan of a restoration never demands words", () => {
  const state = poolState({ a: drain(at(-9)), b: drain(at(-9)), c: drain(at(-9)) });
  expect(planned("restore", state, ["b", "c"])).toMatchObject({ typed: undefined, leavesNone: false });
});
