import { describe, expect, it } from "vitest";
import { nowPage } from "../../../src/api/console/now-page.ts";
import { planChange, safetyOf } from "../../../src/api/console/plans.ts";
import { poolPanel } from "../../../src/api/console/pool-page.ts";
import type { ProbesSay } from "../../../src/upstream/live/pool-contracts.ts";
import { poolConfig } from "../../support/pools.ts";
import { at, T0 } from "../../support/time.ts";

const OPERATOR = { who: "anna", may: "act", formToken: "f" } as const;
const HEALTHY: ProbesSay = { verdict: { state: "healthy", since: T0 }, last: undefined };
const NOW = at(600);

interface Told {
  readonly heard?: number;
  /** The origins that have answered, with the beginning of the minute in which that was reported. */
  readonly answered?: Readonly<Record<string, number>>;
  readonly probed?: readonly string[];
  readonly pool?: string;
}
function factsOf({ heard = 1, answered = {}, probed = [], pool = "shop" }: Told) {
  const minutes = Object.entries(answered).map(([origin, minute]) => {
    return {
      at: minute,
      counts: { [`moor_origin_responses_total{pool="${pool}",origin="${origin}",chosen="affinity"}`]: 1 },
    };
  });
  return {
    kind: "known" as const,
    pool: { ...poolConfig(["a", "b", "c"]), id: pool },
    looked: {
      kind: "known" as const,
      state: undefined,
      bound: {},
      probes: Object.fromEntries(probed.map((id) => [id, HEALTHY])),
    },
    totals: {
      kind: "totals" as const,
      counts: {},
      savedAt: NOW,
      isolates: { heard, oldestAt: undefined, colos: {}, builds: {}, ejecting: {}, panicking: 0, open: {} },
      bound: {},
      minutes,
    },
  };
}
const textOf = (page: unknown) =>
  String(page)
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");

describe("an origin of which nothing tells whether it is well", () => {
  it.each<[string, Told, readonly string[]]>([
    ["neither probed nor heard of", {}, ["b", "c"]],
    ["answers of another origin alone", { answered: { b: at(540) } }, ["c"]],
    ["an answer of long ago", { answered: { b: at(540), c: at(360) } }, ["c"]],
  ])("makes the safety of a drain unknown: %s", (_name, told, unproven) => {
    const facts = factsOf(told);
    expect(safetyOf(planChange("drain", "a", { ...facts, lifeMs: 0, now: NOW }))).toEqual({
      kind: "unknown",
      unproven,
    });
    const panel = textOf(poolPanel(facts, OPERATOR, NOW));
    expect(panel).toContain(
      `Whether draining a is safe is not known : no probe and no answer of the last 3 minutes tells of ${unproven.join(", ")}.`,
    );
    expect(panel).toContain("c open not known no answer reported in the last 3 minutes, not probed");
  });

  it.each<[string, Told]>([
    ["answers of each", { answered: { b: at(540), c: at(480) } }],
    ["probes of each", { probed: ["b", "c"] }],
    ["an answer of one and probes of the other", { answered: { b: at(540) }, probed: ["c"] }],
  ])("does not stand in the way of a drain after %s", (_name, told) => {
    const facts = factsOf(told);
    expect(safetyOf(planChange("drain", "a", { ...facts, lifeMs: 0, now: NOW }))).toEqual({ kind: "safe" });
    expect(textOf(poolPanel(facts, OPERATOR, NOW))).toContain("Draining a is safe now");
  });
});

describe("the page Now, while nothing is wrong", () => {
  const shown = (...told: Told[]) => {
    const pools = told.map(factsOf);
    return textOf(nowPage({ pools, site: factsOf({}).totals, audit: undefined }, OPERATOR, NOW));
  };

  it("does not say that nothing needs the operator if no isolate has reported and no probe", () => {
    const text = shown({ heard: 0 }, { heard: 0, pool: "api" });
    expect(text).toContain("Whether something needs you is not known : no isolate has reported lately.");
    expect(text).not.toContain("Nothing needs you");
  });

  it("names the pools of which no isolate has reported", () => {
    const text = shown({}, { heard: 0, pool: "api" });
    expect(text).toContain(
      "Nothing needs you , as far as isolates, probes and objects say. No isolate has reported lately of api.",
    );
  });

  it("is sure where probes judge the origins", () => {
    expect(shown({ heard: 0, probed: ["a", "b", "c"] })).not.toContain("No isolate has reported lately of");
  });
});
