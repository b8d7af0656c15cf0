import { describe, expect, it } from "vitest";
import { campaign } from "../campaign.ts";
import { CONFIGS } from "../configs.ts";
import { story } from "../report.ts";

const SEED = 20_600_101;
const SCHEDULES = 250;

describe("Moor keeps its promise while stores fail, isolates are lost and others change sessions", () => {
  const configs = CONFIGS.filter(({ promises }) => promises);

  it.each(configs.map((config) => [config.name, config] as const))(
    "as %s",
    async (_name, config) => {
      const found = await campaign(config, { schedules: SCHEDULES, seed: SEED });
      expect(story(found)).toBe("");
      expect(found.tally.schedules).toBe(SCHEDULES);
      expect(found.tally.acknowledged).toBeGreaterThan(SCHEDULES);
    },
    120_000,
  );
});
