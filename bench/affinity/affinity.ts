import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { measure } from "mitata";
import { buildScript } from "../../test/support/node/build-worker.ts";
import { startWorker } from "../http/workerd.ts";
import { originIds, sessionKeys } from "./contestant.ts";
import { CONTESTANTS } from "./contestants.ts";

/** The measurements of a contestant with a given number of origins. */
export interface AffinityResult {
  readonly name: string;
  readonly origins: number;
  /** Least in Node. */
  readonly pickNs: number;
  readonly firstThreeNs: number;
  /** Best of five batches in workerd. */
  readonly inWorkerd: { readonly pickNs: number; readonly firstThreeNs: number };
  /** Once warm, in Node. */
  readonly buildMs: number;
  /** Build and a number of picks in an isolate that has run nothing before, in Node: the median of three. */
  readonly freshMs: readonly { readonly picks: number; readonly ms: number }[];
}

/** Measures every contestant with 3 to 1,000 origins. */
export async function measureAffinity(quick: boolean, say: (line: string) => void): Promise<AffinityResult[]> {
  const counts = quick ? [3, 100] : [3, 10, 100, 1_000];
  const fresh = quick ? [100] : [1, 100, 10_000];
  const folder = await mkdtemp(join(tmpdir(), "moor-bench-"));
  const file = await buildScript(join("bench", "affinity", "in-workerd.ts"), folder, ["nodejs_compat"]);
  const worker = await startWorker(file, "", { flags: ["nodejs_compat"], readyPath: "/?name=whrw1&origins=1" });
  const results: AffinityResult[] = [];
  try {
    for (const origins of counts) {
      for (const { name } of CONTESTANTS) {
        say(`affinity, ${name} with ${origins} origins`);
        const asked = await fetch(`http://127.0.0.1:${worker.port}/?name=${name}&origins=${origins}`);
        const inWorkerd = (await asked.json()) as AffinityResult["inWorkerd"];
        const freshMs: AffinityResult["freshMs"][number][] = [];
        for (const picks of fresh) freshMs.push({ picks, ms: await inFreshIsolates({ name, origins, picks }) });
        results.push({ name, origins, ...(await inNode(name, origins, quick)), inWorkerd, freshMs });
      }
    }
  } finally {
    await worker.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return results;
}

async function inNode(name: string, origins: number, quick: boolean) {
  const contestant = CONTESTANTS.find((candidate) => candidate.name === name);
  if (!contestant) throw new TypeError(`there is no contestant "${name}"`);
  const ids = originIds(origins);
  const keys = sessionKeys(1_024);
  const chooser = contestant.build(ids);
  let next = 0;
  const key = () => keys[next++ & 1_023] as string;
  const options = { min_cpu_time: (quick ? 20 : 200) * 1e6 };
  const pick = await measure(() => chooser.pick(key()), options);
  const firstThree = await measure(() => chooser.firstThree?.(key()), options);
  const build = await measure(() => contestant.build(ids), { ...options, min_samples: 3 });
  return { pickNs: pick.min, firstThreeNs: firstThree.min, buildMs: build.min / 1e6 };
}

async function inFreshIsolates(workerData: { name: string; origins: number; picks: number }): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 3; run++) {
    const isolate = new Worker(new URL("fresh-isolate.ts", import.meta.url), { workerData });
    times.push(await new Promise((resolve, reject) => isolate.once("message", resolve).once("error", reject)));
    await isolate.terminate();
  }
  return times.sort((one, other) => one - other)[1] as number;
}
