import { Worker } from "node:worker_threads";
import { type Campaign, type Counterexample, campaign } from "./campaign.ts";
import { configOf, type Part } from "./parts.ts";
import { Tally } from "./tally.ts";

/** The message that a worker is sent. */
export interface Job {
  readonly part: Part;
  readonly schedules: number;
  readonly seed: number;
  readonly index: number;
  readonly of: number;
  readonly firstBroken: Int32Array;
}

/** The messages that a worker sends, now and then and in the end. */
export type JobReport =
  | { readonly kind: "progress"; readonly tally: Tally }
  | { readonly kind: "done"; readonly tally: Tally; readonly counterexample: Counterexample | undefined };

/** The schedules to play, and the number of workers that play them at once. */
export interface JobsOptions {
  readonly schedules: number;
  readonly seed: number;
  readonly path?: string | undefined;
  readonly jobs: number;
  readonly onProgress?: ((tally: Tally) => void) | undefined;
}

/**
 * Plays a part's schedules, shared among workers. It finds the first schedule that breaks the promise, as a single
 * worker would.
 */
export async function playByJobs(part: Part, { jobs, path, onProgress, ...options }: JobsOptions): Promise<Campaign> {
  const config = await configOf(part);
  if (jobs === 1 || path !== undefined) return campaign(config, { ...options, path, onProgress });
  const tallies = Array.from({ length: jobs }, () => new Tally());
  const firstBroken = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)).fill(-1);
  const reports = await Promise.all(
    tallies.map((_, index) =>
      work({ part, ...options, index, of: jobs, firstBroken }, (tally) => {
        tallies[index] = tally;
        onProgress?.(Tally.sum(tallies));
      }),
    ),
  );
  const found = reports.flatMap(({ counterexample }) => counterexample ?? []);
  const [counterexample] = found.toSorted((one, other) => numberOf(one) - numberOf(other));
  return { config, seed: options.seed, tally: Tally.sum(reports.map(({ tally }) => tally)), counterexample };
}

function work(job: Job, onProgress: (tally: Tally) => void): Promise<Extract<JobReport, { kind: "done" }>> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: job });
    worker.on("error", reject);
    worker.on("exit", () => reject(new Error("a worker ended before it was done")));
    worker.on("message", (report: JobReport) => {
      if (report.kind === "done") resolve(report);
      else onProgress(report.tally);
    });
  });
}

function numberOf({ path }: Counterexample): number {
  return Number(path.split(":", 1)[0]);
}
