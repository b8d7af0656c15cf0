import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  applyChange,
  drainToEnd,
  isLate,
  type PendingChange,
  rebased,
} from "../../../src/objects/pool/pool-changes.ts";
import { createClosing } from "../../../src/upstream/choose/birth.ts";
import {
  LEAST_LEAD_MS,
  MAX_CLOSURES,
  type PoolChange,
  USUAL_LEAD_MS,
} from "../../../src/upstream/live/pool-contracts.ts";
import {
  closuresById,
  closuresOf,
  type PoolState,
  standingAt,
  standingOf,
} from "../../../src/upstream/live/pool-state.ts";
import { changeOf, DAY_MS, poolState } from "../../support/pool-states.ts";
import { at, T0 } from "../../support/time.ts";

/** The results of changes, one after the other. Each change has the second at which it is asked for. */
function said(...changes: [seconds: number, PoolChange][]): PoolState {
  return changes.reduce<PoolState | undefined>((state, [seconds, change]) => {
    const applied = applyChange(state, change, at(seconds));
    if (applied.kind !== "changed") throw new Error(JSON.stringify(applied));
    return applied.state;
  }, undefined) as PoolState;
}
const turns = (state: PoolState, seconds = 0) =>
  standingOf(closuresOf(state, "b"), at(seconds)).next.map((turn) => [turn.state, (turn.at - T0) / 1000]);
const closuresIn = (state: PoolState | undefined) => {
  const closures = state && closuresById(state);
  return () => closures;
};
const refusalOf = (state: PoolState | undefined, change: PoolChange, seconds = 0) => {
  const applied = applyChange(state, change, at(seconds));
  return applied.kind === "refused" ? applied.reason : applied.kind;
};

describe("a change", () => {
  it("names a time until which all isolates can know of it, unless it is given a time", () => {
    expect(turns(said([0, changeOf("drain")]))).toEqual([["draining", USUAL_LEAD_MS / 1000]]);
    expect(turns(said([0, changeOf("drain", { at: at(900) })]))).toEqual([["draining", 900]]);
  });

  it.each(["drain", "restore", "eject"] as const)("is refused when its time is too soon: %s", (action) => {
    const state = action === "restore" ? poolState({ b: [{ kind: "drain", from: at(-900) }] }) : undefined;
    expect(refusalOf(state, changeOf(action, { at: T0 + LEAST_LEAD_MS - 1 }))).toBe("too-soon");
    expect(refusalOf(state, changeOf(action, { at: T0 + LEAST_LEAD_MS }))).toBe("changed");
  });

  it("may be at once if it ejects, and only then", () => {
    expect(refusalOf(undefined, changeOf("drain", { at: "now" }))).toBe("too-soon");
    const state = said([0, changeOf("eject", { at: "now" })]);
    expect(standingAt(closuresOf(state, "b"), T0)).toBe("ejected");
  });

  it("raises the version, and says nothing of other origins", () => {
    const first = said([0, changeOf("drain", { others: ["a", "c"] })]);
    const second = said(
      [0, changeOf("drain", { others: ["a", "c"] })],
      [1, changeOf("drain", { origin: "c", others: ["a", "b"] })],
    );
    expect([first.version, second.version]).toEqual([1, 2]);
    expect(closuresOf(second, "b")).toEqual(closuresOf(first, "b"));
  });

  it("changes nothing when it is asked for again", () => {
    for (const action of ["drain", "eject"] as const) {
      expect(refusalOf(said([0, changeOf(action)]), changeOf(action), 1)).toBe("unchanged");
    }
    expect(refusalOf(undefined, changeOf("restore"))).toBe("unchanged");
    expect(refusalOf(said([0, changeOf("drain")], [1, changeOf("restore")]), changeOf("restore"), 2)).toBe("unchanged");
  });

  it("keeps fields that newer code has written", () => {
    const state = { ...poolState({ b: [{ kind: "drain", from: at(-900), note: "x" }], c: [] }), probes: [1] };
    const applied = applyChange(state, changeOf("restore"), T0);
    expect(applied).toMatchObject({ state: { probes: [1], origins: [{ id: "c" }, { closures: [{ note: "x" }] }] } });
  });
});

describe("a drain", () => {
  it("ends at its deadline", () => {
    const state = said([0, changeOf("drain", { at: at(600), deadlineMs: 3_600_000 })]);
    expect(turns(state)).toEqual([
      ["draining", 600],
      ["drained", 4_200],
    ]);
  });

  it("may be given another deadline, that all can know of in time", () => {
    const first: [number, PoolChange] = [0, changeOf("drain", { at: at(600), deadlineMs: 3_600_000 })];
    expect(turns(said(first, [700, changeOf("drain", { deadlineMs: 60_000_000 })]))[1]).toEqual(["drained", 60_600]);
    expect(refusalOf(said(first), changeOf("drain", { deadlineMs: 1_000 }), 700)).toBe("too-soon");
    expect(refusalOf(said(first), changeOf("drain", { deadlineMs: 60_000_000 }), 4_199)).toBe("too-soon");
  });

  it("ends earlier when no session is bound to the origin, at a time that all isolates know", () => {
    for (const deadlineMs of [undefined, 10 * DAY_MS]) {
      const state = said([0, changeOf("drain", { deadlineMs })]);
      expect(drainToEnd(closuresOf(state, "b"), at(7_200))).toBeDefined();
      const ended = said([0, changeOf("drain", { deadlineMs })], [7_200, changeOf("end", { others: [] })]);
      expect(turns(ended, 7_200)).toEqual([["drained", 7_200 + USUAL_LEAD_MS / 1000]]);
    }
    const soon = said([0, changeOf("drain", { deadlineMs: 7_200_000 })]);
    expect(drainToEnd(closuresOf(soon, "b"), at(7_210))).toBeUndefined();
    expect(drainToEnd(closuresOf(said([0, changeOf("eject")]), "b"), at(7_200))).toBeUndefined();
  });

  it("is refused for the last origin that new sessions could go to", () => {
    const state = said([0, changeOf("drain", { others: ["a"] })]);
    expect(refusalOf(state, changeOf("drain", { origin: "a", others: ["b"] }), 1)).toBe("last-origin");
    expect(refusalOf(undefined, changeOf("eject", { others: [] }))).toBe("last-origin");
    const restored = said([0, changeOf("drain")], [0, changeOf("restore", { at: at(900) })]);
    expect(refusalOf(restored, changeOf("drain", { origin: "a", others: ["b"], at: at(899) }), 1)).toBe("last-origin");
    expect(refusalOf(restored, changeOf("drain", { origin: "a", others: ["b"], at: at(900) }), 1)).toBe("changed");
  });

  it("may take the last origin if the operator says anyway, also when it is published late", () => {
    const drain = changeOf("drain", { others: [], anyway: true });
    expect(refusalOf(undefined, drain)).toBe("changed");
    expect(refusalOf(undefined, changeOf("eject", { others: [], anyway: true }))).toBe("changed");
    expect(refusalOf(undefined, changeOf("drain", { others: [], anyway: false }))).toBe("last-origin");
    expect(turns(rebased(undefined, [{ change: drain, askedAt: T0 }], at(60)) as PoolState)).toEqual([
      ["draining", 210],
    ]);
  });

  it("is refused while the origin is ejected, and too often within a session's life", () => {
    expect(refusalOf(said([0, changeOf("eject")]), changeOf("drain"), 900)).toBe("ejected");
    let state: PoolState | undefined;
    for (let time = 0; time < MAX_CLOSURES; time++) {
      state = said([time * 900, changeOf("drain")], [time * 900 + 1, changeOf("restore")]);
    }
    const many = Array.from({ length: MAX_CLOSURES }, (_, index) => {
      return { kind: "drain" as const, from: at(index * 900), until: at(index * 900 + 300) };
    });
    expect(state).toBeDefined();
    const full = poolState({ b: many });
    expect(refusalOf(full, changeOf("drain"), MAX_CLOSURES * 900)).toBe("too-many");
    expect(refusalOf(full, changeOf("drain"), 7 * 86_400 + 301)).toBe("changed");
  });
});

describe("a restore", () => {
  it("opens a new interval, and sessions that were born in between stay away", () => {
    const state = said([0, changeOf("drain", { at: at(600) })], [1_000, changeOf("restore", { at: at(2_000) })]);
    expect(turns(state)).toEqual([
      ["draining", 600],
      ["open", 2_000],
    ]);
    expect(closuresOf(state, "b")).toEqual([{ kind: "drain", from: at(600), until: at(2_000) }]);
  });

  it("calls off a drain that would have ended later, and no ended drain", () => {
    const drain: [number, PoolChange] = [0, changeOf("drain", { at: at(600), deadlineMs: 3_600_000 })];
    expect(turns(said(drain, [700, changeOf("restore")]))).toEqual([
      ["draining", 600],
      ["open", 850],
    ]);
    const late = said(drain, [4_100, changeOf("restore")]);
    expect(turns(late)).toEqual([
      ["draining", 600],
      ["drained", 4_200],
      ["open", 4_250],
    ]);
  });

  it("waits for a drain that is only named, and is refused before it", () => {
    const state = said([0, changeOf("drain", { at: at(2_000) })]);
    expect(refusalOf(state, changeOf("restore", { at: at(1_999) }), 1)).toBe("out-of-order");
    expect(turns(said([0, changeOf("drain", { at: at(2_000) })], [1, changeOf("restore")]))).toEqual([]);
    expect(
      refusalOf(
        said([0, changeOf("drain")], [1, changeOf("restore", { at: at(900) })]),
        changeOf("drain", { at: at(800) }),
        2,
      ),
    ).toBe("out-of-order");
  });
});

describe("an ejection", () => {
  it("sends all sessions away at its time, and lets a restore bring back the sessions born since", () => {
    const state = said([0, changeOf("eject")], [200, changeOf("restore")]);
    expect(turns(state)).toEqual([
      ["ejected", 150],
      ["open", 350],
    ]);
  });

  it("takes the place of a drain", () => {
    const state = said([0, changeOf("drain", { deadlineMs: DAY_MS })], [300, changeOf("eject")]);
    expect(turns(state)).toEqual([
      ["draining", 150],
      ["ejected", 450],
    ]);
    const atOnce = said([0, changeOf("drain", { at: at(600) })], [1, changeOf("eject", { at: "now" })]);
    expect(turns(atOnce)).toEqual([["ejected", 1]]);
    const restored = said(
      [0, changeOf("drain")],
      [1, changeOf("restore", { at: at(900) })],
      [300, changeOf("eject", { at: "now" })],
    );
    expect(turns(restored)).toEqual([
      ["draining", 150],
      ["ejected", 300],
    ]);
  });

  it("that is named may be had sooner", () => {
    const state = said([0, changeOf("eject", { at: at(900) })], [1, changeOf("eject", { at: "now" })]);
    expect(turns(state)).toEqual([["ejected", 1]]);
  });
});

describe("changes that are published late", () => {
  const asked = (...changes: [seconds: number, PoolChange][]): PendingChange[] =>
    changes.map(([seconds, change]) => ({ change, askedAt: at(seconds) }));
  const drain = changeOf("drain", { deadlineMs: 3_600_000 });

  it("are late when not all would know in time", () => {
    expect([5, 6].map((seconds) => isLate(asked([0, drain]), at(seconds)))).toEqual([false, true]);
  });

  it("take effect later; published changes stay", () => {
    const later = rebased(undefined, asked([0, drain]), at(60)) as PoolState;
    expect(turns(later)).toEqual([
      ["draining", 210],
      ["drained", 3_810],
    ]);
    const restored = rebased(said([0, drain]), asked([600, changeOf("restore")]), at(700)) as PoolState;
    expect(turns(restored)).toEqual([
      ["draining", 150],
      ["open", 850],
    ]);
  });

  it("keep a time of which all isolates can still know, and eject at once if the ejection was to be at once", () => {
    const named = rebased(undefined, asked([0, changeOf("drain", { at: at(900) })]), at(60)) as PoolState;
    expect(turns(named)).toEqual([["draining", 900]]);
    const ejected = rebased(undefined, asked([0, changeOf("eject", { at: "now" })]), at(60)) as PoolState;
    expect(turns(ejected)).toEqual([["ejected", 60]]);
  });

  it("names nothing that not all can know, whatever was asked for and however late it is", () => {
    const change = fc.record({
      action: fc.constantFrom("drain" as const, "restore" as const, "eject" as const),
      at: fc.option(
        fc.integer({ min: 0, max: 2_000 }).map((seconds) => at(seconds)),
        { nil: undefined },
      ),
      deadlineMs: fc.option(fc.integer({ min: 1, max: 500_000 }), { nil: undefined }),
    });
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), change, fc.boolean()), { maxLength: 12 });
    fc.assert(
      fc.property(steps, (asked) => {
        let now = 0;
        let known: PoolState | undefined;
        let published: PoolState | undefined;
        let pending: PendingChange[] = [];
        for (const [pause, given, publishes] of asked) {
          now += pause;
          const applied = applyChange(known, changeOf(given.action, given), at(now));
          if (applied.kind === "changed") {
            known = applied.state;
            pending.push({ change: changeOf(given.action, given), askedAt: at(now) });
          }
          if (!publishes) continue;
          if (isLate(pending, at(now))) known = rebased(published, pending, at(now));
          pending = [];
          // An isolate that still has the version before decides in the same way, as long as it may have that version.
          const [old, young] = [published, known].map((state) => createClosing([{ id: "b" }], closuresIn(state)));
          for (let time = now; time < now + 135; time += 9) {
            for (let born = time; born >= Math.max(0, time - 2_500); born -= 83) {
              const flags = [old, young].map((closing) => closing?.(at(time))?.at(at(born))[0] ?? 0);
              expect(flags[1], `born ${born}, at ${time}`).toBe(flags[0]);
            }
          }
          published = known;
        }
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});
