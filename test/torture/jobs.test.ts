import { expect, it } from "vitest";
import { playByJobs } from "./jobs.ts";
import { summary } from "./report.ts";

const play = (counts: boolean, jobs: number) =>
  playByJobs({ config: "whole-record", counts }, { schedules: 40, seed: 4, jobs });

it("several workers find the same as a single worker", async () => {
  const [one, two] = [summary(await play(true, 1)), summary(await play(true, 2))];
  expect(one.broken).toBeGreaterThan(0);
  expect(two).toEqual(one);
});
