import { expect, it } from "vitest";
import { needs } from "../../support/node/packages.ts";
import { type Campaign, campaign } from "../campaign.ts";
import { CONFIGS, type Config } from "../configs.ts";

const played = (name: string): Promise<Campaign> =>
  campaign(CONFIGS.find((config) => config.name === name) as Config, { schedules: 150, seed: 1 });

it("whole records in KV lose acknowledged changes to the last writer, and KV serves older data and brings ended sessions back", async () => {
  const { violations, acknowledged } = (await played("whole-record")).tally;
  expect(acknowledged).toBeGreaterThan(500);
  expect(violations.lost).toBeGreaterThan(20);
  expect(violations["stale-read"]).toBeGreaterThan(20);
  expect(violations.revived).toBeGreaterThan(0);
});

it(
  "express-session with connect-redis loses acknowledged changes when requests overlap",
  needs("redis-server"),
  async () => {
    const { violations, acknowledged } = (await played("express-redis")).tally;
    expect(acknowledged).toBeGreaterThan(500);
    expect(violations.lost).toBeGreaterThan(10);
    expect(violations["stale-read"]).toBeGreaterThan(10);
  },
);
