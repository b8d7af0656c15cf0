import { parentPort, workerData } from "node:worker_threads";
import { campaign } from "./campaign.ts";
import type { Job, JobReport } from "./jobs.ts";
import { configOf } from "./parts.ts";

const PROGRESS_EVERY = 50;

const { part, schedules, seed, ...share } = workerData as Job;
const tell = (report: JobReport) => parentPort?.postMessage(report);
const { tally, counterexample } = await campaign(await configOf(part), {
  schedules,
  seed,
  share,
  onProgress(tally) {
    if (tally.schedules % PROGRESS_EVERY === 0) tell({ kind: "progress", tally });
  },
});
tell({ kind: "done", tally, counterexample });
