import { describe, expect, it } from "vitest";
import { campaign } from "./campaign.ts";
import type { Target } from "./target.ts";
import { demand } from "./target.ts";
import { tokens } from "./targets/tokens.ts";
import { TARGETS } from "./targets.ts";

const CASES = 1_500;
const SEED = 20_600_101;

describe("whatever strangers send", () => {
  it.each(TARGETS.map((target) => [target.name, target] as const))("%s", async (_name, target) => {
    const { finding, cases } = await campaign(target, { cases: CASES, seed: SEED });
    expect(finding).toBeUndefined();
    expect(cases).toBe(CASES);
  });
});

describe("a campaign", () => {
  const failing: Target = {
    ...(tokens as Target),
    start: async () => async (text) => {
      demand(!String(text).includes("="), "a token with =");
      return "fine";
    },
  };

  it("stops at the first finding, shrinks it, and can make it again", async () => {
    const { finding } = await campaign(failing, { cases: CASES, seed: SEED });
    expect(finding?.error.message).toBe("a token with =");
    const again = await campaign(failing, { cases: 1, seed: SEED, path: finding?.path });
    expect(again.finding?.given).toEqual(finding?.given);
  });

  it("counts the results of its cases", async () => {
    const { outcomes, cases } = await campaign(tokens as Target, { cases: 100, seed: SEED });
    expect([...outcomes]).toEqual([["not opened", 100]]);
    expect(cases).toBe(100);
  });
});
