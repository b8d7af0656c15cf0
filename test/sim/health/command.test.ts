import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, inject, it } from "vitest";
import { USAGE } from "../../../sim/health/options.ts";
import type { Scenario } from "../../../sim/health/scenario.ts";
import { SCENARIOS } from "../../../sim/health/scenarios.ts";
import { playBefore } from "../../../sim/health/stage.ts";

const run = promisify(execFile);
const sim = (args: string[], env: NodeJS.ProcessEnv = process.env) =>
  run(process.execPath, ["sim/run.ts", "health", ...args], { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  ) as Promise<{ code: number; stdout: string; stderr: string }>;

describe("npm run sim -- health", () => {
  it("tells how it is used", async () => {
    expect(await sim(["--help"])).toEqual({ code: 0, stdout: USAGE, stderr: "" });
  });

  it("ends with 2 when there is no such scenario", async () => {
    const { code, stdout, stderr } = await sim(["--only", "nothing"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain('--only: found "nothing", accepted: drop, ');
  });

  it("prints tables, and a JSON object as the last line", async () => {
    const { code, stdout } = await sim(["--only", "failures", "--json"]);
    expect(code).toBe(0);
    expect(stdout).toContain("## The errors of workerd");
    const { failures, broken } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect([failures.length, broken]).toEqual([14, []]);
  });

  it("skips a front whose program is missing, and says so", async () => {
    const { code, stdout, stderr } = await sim(["--only", "drop", "--front", "nginx"], { PATH: "/var/empty" });
    expect([code, stderr]).toEqual([0, "sim health: drop, nginx is skipped: no nginx\n"]);
    expect(stdout).toContain("| skipped: no nginx |");
  });
});

describe("a scenario", () => {
  it("is played with a real Moor in front, and leaves nothing running", async () => {
    const drop = SCENARIOS.find(({ name }) => name === "drop") as Scenario;
    const files = { worker: inject("workerFile"), platform: inject("platformFile") };
    const outcome = await playBefore("moor", drop, async () => files);
    expect(outcome).toMatchObject({ refused: 0, sends: expect.any(Number), ejections: expect.any(Number) });
    expect(outcome.sends).toBeGreaterThan(1);
  });
});
