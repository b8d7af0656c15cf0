import { describe, expect, it } from "vitest";
import { campaign } from "./campaign.ts";
import { CONFIGS, type Config } from "./configs.ts";
import { ideal } from "./ideal.ts";
import { story, summary } from "./report.ts";
import type { SubjectKind } from "./subject.ts";

const base = CONFIGS.find(({ name }) => name === "whole-record") as Config;
const configOf = (kind: SubjectKind): Config => ({ ...base, name: "tested", promises: true, start: async () => kind });
const SEED = 4;

describe("a campaign", () => {
  it("finds nothing against a subject that keeps its promise", async () => {
    const { tally, counterexample } = await campaign(configOf(ideal()), { schedules: 400, seed: SEED });
    expect(counterexample && JSON.stringify(counterexample.verdict.violations)).toBeUndefined();
    expect(tally.schedules).toBe(400);
    expect(tally.acknowledged).toBeGreaterThan(1_000);
    expect(tally.shown).toBeGreaterThan(1_000);
  });

  it("finds a change that is dropped once in a hundred, and shrinks its schedule to a few steps", async () => {
    const spoilt = configOf(ideal({ drops: (visit) => visit === 9 }));
    const found = await campaign(spoilt, { schedules: 400, seed: SEED });
    expect(found.counterexample?.verdict.violations.map(({ kind }) => kind)).toContain("lost");
    expect(story(found)).toContain("9");
    const changes = found.counterexample?.schedule.steps.filter(
      (step) => step.kind === "visit" && step.ask.kind !== "read",
    );
    expect(changes?.length).toBeLessThanOrEqual(2);
  });

  it("plays a counterexample again by its seed and path", async () => {
    const spoilt = configOf(ideal({ drops: (visit) => visit === 3 }));
    const found = await campaign(spoilt, { schedules: 400, seed: SEED });
    const { path, seed, counterexample } = summary(found);
    const again = await campaign(spoilt, { schedules: 400, seed, path });
    expect(again.counterexample?.schedule).toEqual(counterexample);
    expect(again.tally.schedules).toBe(1);
  });

  it("finds the same first schedule when two workers share it, and plays no schedule after it", async () => {
    const spoilt = configOf(ideal({ drops: (visit) => visit === 9 }));
    const options = { schedules: 100, seed: SEED, shrinks: false };
    const alone = await campaign(spoilt, options);
    const firstBroken = new Int32Array(1).fill(-1);
    const shares = [];
    for (const index of [1, 0])
      shares.push(await campaign(spoilt, { ...options, share: { index, of: 2, firstBroken } }));
    const found = shares.map(({ counterexample }) => Number(counterexample?.path ?? Number.POSITIVE_INFINITY));
    expect(Math.min(...found)).toBe(Number(alone.counterexample?.path));
    expect(firstBroken[0]).toBe(Math.min(...found));
  });

  it("takes the same course with the same seed, and another course with another seed", async () => {
    const tallies: string[] = [];
    for (const seed of [SEED, SEED, SEED + 1]) {
      tallies.push(JSON.stringify((await campaign(base, { schedules: 60, seed })).tally));
    }
    const [one, same, other] = tallies;
    expect(one).toBe(same);
    expect(one).not.toBe(other);
  });

  it("only counts violations where nothing is promised", async () => {
    const { tally, counterexample } = await campaign(base, { schedules: 100, seed: SEED });
    expect(counterexample).toBeUndefined();
    expect(tally.schedules).toBe(100);
    expect(tally.broken).toBeGreaterThan(0);
  });
});
