import { describe, expect, it } from "vitest";
import {
  afterEvidence,
  CLEAR_MS,
  type Condition,
  type Evidence,
  evidenceOf,
  type KnownFacts,
  nextChangeAt,
} from "../../../src/objects/pool/conditions.ts";
import type { ProbedOrigin } from "../../../src/upstream/live/pool-contracts.ts";
import { T0 } from "../../support/time.ts";

const MINUTE_MS = 60_000;
const NOTHING = { heard: 0, oldestAt: undefined, colos: {}, builds: {}, ejecting: {}, panicking: 0, open: {} };

/** The facts of an object to which ten isolates have reported, with the facts that a test adds. */
function facts(given: Partial<KnownFacts> & { isolatesSay?: Partial<KnownFacts["isolates"]> } = {}): KnownFacts {
  const { isolatesSay, ...others } = given;
  return {
    isolates: { ...NOTHING, heard: 10, ...isolatesSay },
    reporting: 10,
    losing: [],
    minutes: [],
    sweep: undefined,
    probed: [],
    isSite: false,
    conditions: [],
    ...others,
  };
}
const began = (given: Parameters<typeof facts>[0], now = T0) =>
  evidenceOf(facts(given), now)
    .filter(({ begins }) => begins)
    .map(({ kind, about }) => `${kind} ${about}`.trim());
const unhealthy = (until = T0 + MINUTE_MS): ProbedOrigin => ({
  id: "a",
  url: "http://a.test",
  against: 0,
  dueAt: T0,
  verdict: { state: "unhealthy", since: T0, reason: { kind: "timeout" }, until },
});
const requests = (all: number, failed: number) => [
  { 'moor_requests_total{pool="shop",route="/*",status="2xx",code=""}': all - failed },
  { 'moor_requests_total{pool="shop",route="/*",status="5xx",code=""}': failed },
];
const sweep = (given: object) => ({ isSite: true, sweep: { at: T0, tookMs: 5, left: 0, failed: false, ...given } });

describe("the evidence of an object", () => {
  it.each<[string, Parameters<typeof facts>[0], string[]]>([
    ["nothing at all", {}, []],
    ["half of the isolates", { isolatesSay: { ejecting: { a: { FRA: 5 } } } }, []],
    ["more than half, of all locations", { isolatesSay: { ejecting: { a: { FRA: 4, GRU: 2 } } } }, ["origin-down a"]],
    ["most of those heard, and few of all", { reporting: 100, isolatesSay: { ejecting: { a: { FRA: 9 } } } }, []],
    ["probes", { probed: [unhealthy()] }, ["origin-down a"]],
    ["probes whose verdict is over", { probed: [unhealthy(T0)] }, []],
    ["isolates in panic", { isolatesSay: { panicking: 6 } }, ["panic"]],
    ["one in a hundred failed", { minutes: requests(1_000, 10) }, []],
    ["more failed", { minutes: requests(1_000, 11) }, ["errors"]],
    ["all of few failed", { minutes: requests(99, 99) }, []],
    ["an open breaker, at the object of a pool", { isolatesSay: { open: { redis: { FRA: 9 } } } }, []],
    [
      "an open breaker, at the site's",
      { isSite: true, isolatesSay: { open: { redis: { FRA: 9 } } } },
      ["store-away redis"],
    ],
    ["tokens that prove a loss", { isSite: true, losing: ["object"] }, ["store-set-back object"]],
    ["a sweep that went well", sweep({}), []],
    ["a sweep that failed", sweep({ failed: true }), ["sweep-failed"]],
    ["a sweep that is late", sweep({ at: T0 - 5 * MINUTE_MS - 1 }), ["sweep-failed"]],
    ["a sweep that leaves changes", sweep({ left: 3 }), ["journal-waits"]],
  ])("says what begins: %s", (_what, given, conditions) => {
    expect(began(given)).toEqual(conditions);
  });

  it("says nothing of isolates while none is heard, so that a condition neither begins nor ends", () => {
    const condition = { kind: "origin-down", about: "a", because: "", since: T0, heldAt: T0, toldAt: T0 } as const;
    expect(evidenceOf(facts({ isolatesSay: { heard: 0 }, conditions: [condition] }), T0)).toEqual([]);
  });
});

describe("a condition", () => {
  const evidence = (given: Partial<Evidence> = {}): Evidence => ({
    kind: "origin-down",
    about: "a",
    begins: true,
    holds: true,
    because: "",
    ...given,
  });
  /** The changes that are told while the evidence changes: each step comes after so many milliseconds. */
  function toldOf(steps: readonly (readonly [ms: number, evidence: Evidence | undefined])[]): string[] {
    let now = T0;
    let conditions: readonly Condition[] = [];
    return steps.flatMap(([ms, found]) => {
      now += ms;
      const after = afterEvidence(conditions, found ? [found] : [], now);
      conditions = after.conditions;
      return after.changes.map(({ state }) => `${state} at ${now - T0}`);
    });
  }

  it("is told once when it begins, and once when nothing has spoken for it for long enough", () => {
    const gone = evidence({ begins: false, holds: false });
    const few = evidence({ begins: false });
    expect(
      toldOf([
        [0, evidence()],
        [MINUTE_MS, evidence()],
        [MINUTE_MS, few],
        [MINUTE_MS, gone],
        [CLEAR_MS - MINUTE_MS - 1, gone],
        [1, gone],
        [MINUTE_MS, gone],
      ]),
    ).toEqual(["began at 0", `over at ${2 * MINUTE_MS + CLEAR_MS}`]);
  });

  it("does not end for want of evidence", () => {
    expect(
      toldOf([
        [0, evidence()],
        [10 * CLEAR_MS, undefined],
        [10 * CLEAR_MS, evidence()],
      ]),
    ).toEqual(["began at 0"]);
  });

  it("begins after five minutes if it is a journal that waits, and not if the journal is emptied in between", () => {
    const waits = evidence({ kind: "journal-waits", about: "" });
    const gone = { ...waits, begins: false, holds: false };
    expect(
      toldOf([
        [0, waits],
        [4 * MINUTE_MS, waits],
        [MINUTE_MS / 2, gone],
        [MINUTE_MS, waits],
        [5 * MINUTE_MS, waits],
      ]),
    ).toEqual([`began at ${10.5 * MINUTE_MS}`]);
  });

  it("is looked at again when it may be over, and not again and again without evidence", () => {
    const { conditions } = afterEvidence([], [evidence()], T0);
    expect(nextChangeAt(conditions, T0)).toBe(T0 + CLEAR_MS);
    expect(nextChangeAt(conditions, T0 + CLEAR_MS)).toBe(Infinity);
  });
});
