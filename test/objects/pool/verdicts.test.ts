import { describe, expect, it } from "vitest";
import { afterProbe } from "../../../src/objects/pool/verdicts.ts";
import type { ProbedOrigin, ProbeResult } from "../../../src/upstream/live/pool-contracts.ts";
import { HEALTH_CHECK } from "../../support/pools.ts";
import { at, T0 } from "../../support/time.ts";

const PASSED: ProbeResult = { kind: "passed", status: 200 };
const FAILED: ProbeResult = { kind: "status", status: 500 };
const fresh: ProbedOrigin = { id: "b", url: "http://b.test", against: 0, dueAt: T0 };

/** The verdict after these probes, one every ten seconds: `+` passes, `-` fails. */
function knownAfter(probes: string, check = HEALTH_CHECK): ProbedOrigin {
  const every = Math.max(check.intervalSeconds, check.unhealthyIntervalSeconds);
  return [...probes].reduce(
    (origin, probe, nth) => afterProbe(origin, probe === "+" ? PASSED : FAILED, check, at(nth * every)),
    fresh,
  );
}
const stateAfter = (probes: string) => knownAfter(probes).verdict?.state;

describe("the verdict on an origin", () => {
  it.each<[string, string | undefined]>([
    ["", undefined],
    ["-", undefined],
    ["--", undefined],
    ["---", "unhealthy"],
    ["+", "healthy"],
    ["-+", "healthy"],
    ["+--", "healthy"],
    ["+---", "unhealthy"],
    ["+--+--", "healthy"],
    ["+--+---", "unhealthy"],
    ["---+", "unhealthy"],
    ["---++", "healthy"],
    ["---+-+", "unhealthy"],
    ["---+-++", "healthy"],
    ["---++--", "healthy"],
  ])("after %s is %s: two running bring it back, three running take it out", (probes, state) => {
    expect(stateAfter(probes)).toBe(state);
  });

  it("stands since the probe that decided, with that probe's result as its reason", () => {
    expect(knownAfter("+---").verdict).toMatchObject({ state: "unhealthy", since: at(30), reason: FAILED });
    expect(knownAfter("+-----").verdict).toMatchObject({ state: "unhealthy", since: at(30) });
    expect(knownAfter("---++++").verdict).toEqual({ state: "healthy", since: at(40) });
    expect(knownAfter("+++").last).toEqual({ at: at(20), result: PASSED });
  });
});

describe("an unhealthy origin", () => {
  const untilOf = (probes: number, check = HEALTH_CHECK) => {
    const { verdict } = knownAfter("-".repeat(probes), check);
    return verdict?.state === "unhealthy" ? verdict.until : undefined;
  };

  it("is so for ten minutes, and longer only if probes confirm it; that is told every five minutes", () => {
    expect(untilOf(3)).toBe(at(20 + 600));
    expect(untilOf(3 + 29)).toBe(at(20 + 600));
    expect(untilOf(3 + 30)).toBe(at(320 + 600));
    expect(untilOf(3 + 59)).toBe(at(320 + 600));
  });

  it("is so for three intervals if those are long, so that a probe can confirm it in time", () => {
    const check = { ...HEALTH_CHECK, unhealthyIntervalSeconds: 300 };
    expect(untilOf(3, check)).toBe(at(600 + 900));
    for (let probes = 4; probes < 12; probes++) {
      const left = (untilOf(probes, check) ?? 0) - at((probes - 1) * 300);
      expect(left).toBeGreaterThan(300_000 + 140_000);
    }
  });
});
