import { describe, expect, it } from "vitest";
import { campaign } from "../campaign.ts";
import { CONFIGS, type Config } from "../configs.ts";
import { judge } from "../judge/judge.ts";
import { play } from "../play.ts";
import { story } from "../report.ts";
import type { Place, Step, VisitStep } from "../schedule.ts";
import { ELSEWHERE, made, objectsDown, redis, visit } from "../without/made.ts";

const SEED = 20_600_101;
const SCHEDULES = 120;

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

describe("a browser whose token a slower response has set back, in an outage of the object", () => {
  const SLOW_READ = made(
    [0, visit(0, "add")],
    [1_000, visit(0, "read", { downMs: 4_700 })],
    [1_200, redis("everywhere", { kind: "down" }, 300)],
    [1_201, visit(0, "add")],
    [6_500, objectsDown(20_000)],
    [6_501, visit(0, "read", ELSEWHERE)],
    [30_000, visit(0, "read", ELSEWHERE)],
  );

  async function shown(name: string) {
    const { terms, start } = CONFIGS.find((config) => config.name === name) as Config;
    const history = await play(SLOW_READ, await start());
    const { violations, notices } = judge(history, terms);
    const reads = [5, 6].map((id) => history.visits.find((visited) => visited.id === id)?.shown);
    return { reads, violations, notices: notices.map(({ kind }) => kind) };
  }
  const backedUp = { attributes: { u0: "v0" } };
  const newest = { attributes: { u0: "v0", u3: "v3" } };

  it("is shown what was backed up, unsaid, and what it has seen once the object is back", async () => {
    const { reads, violations, notices } = await shown("moor-sync");
    expect(reads).toMatchObject([backedUp, newest]);
    expect(reads[0]).not.toHaveProperty("stale");
    expect([violations, notices]).toEqual([[], ["set-back"]]);
  });

  it("has seen nothing that is not backed up with strictBackup", async () => {
    const { reads, violations, notices } = await shown("moor-sync-strict");
    expect(reads).toMatchObject([backedUp, newest]);
    expect([violations, notices]).toEqual([[], []]);
  });
});

describe("beyond what Moor assumes", () => {
  const { terms, start } = CONFIGS.find(({ name }) => name === "moor-sync") as Config;

  async function seen(downMs: number): Promise<readonly string[]> {
    const [here, there] = [0, 1].map((isolate) => ({ location: "ams" as const, isolate }));
    const visit = (afterMs: number, step: Partial<VisitStep>): Step => ({ ...VISIT, ...step, afterMs });
    const steps = [
      visit(0, { ask: { kind: "add" } }),
      // Its response carries a token that does not know of later changes.
      visit(10_000, { downMs }),
      visit(23_000, { place: there as Place }),
      visit(1_000, { place: here as Place, ask: { kind: "add" } }),
      visit(3_000, { place: there as Place }),
    ];
    const history = await play({ seed: 1, clocks: { edges: [0, 0, 0], authority: 0, redis: 0 }, steps }, await start());
    return judge(history, terms).violations.map(({ kind }) => kind);
  }

  it("a browser reads older than it has seen, when a response takes longer than the settle period", async () => {
    expect(await seen(26_000)).toEqual(["stale-read"]);
    expect(await seen(4_000)).toEqual([]);
  });
});

const VISIT: VisitStep = {
  kind: "visit",
  browser: 0,
  place: { location: "ams", isolate: 0 },
  ask: { kind: "read" },
  navigates: true,
  upMs: 5,
  originMs: 1,
  downMs: 5,
  lost: "nothing",
};
