import { parentPort, workerData } from "node:worker_threads";
import { originIds, sessionKeys } from "./contestant.ts";
import { CONTESTANTS } from "./contestants.ts";

/** Runs in an isolate of its own: builds, then picks for so many keys, and tells how long both took together, in ms. */
const { name, origins, picks } = workerData as { name: string; origins: number; picks: number };
const contestant = CONTESTANTS.find((candidate) => candidate.name === name);
const [ids, keys] = [originIds(origins), sessionKeys(picks)];
const begunAt = performance.now();
const chooser = contestant?.build(ids);
for (const key of keys) chooser?.pick(key);
parentPort?.postMessage(performance.now() - begunAt);
