import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalRedis } from "../../bin/local-redis/local-redis.ts";
import { build } from "../http/build.ts";
import { messageOf, startScript } from "../http/script.ts";
import { Counter } from "./callgrind.ts";
import { type ContestantName, FIELD, type Surroundings, start } from "./contestants.ts";
import { type Cost, count, type Plan } from "./count.ts";
import type { Costs } from "./ratios.ts";

/** The measurements of `npm run bench -- instructions`. */
export interface InstructionsResults {
  /** Of each contestant that could run: with backups, only where there is a Redis. */
  readonly costs: Costs;
}

/** After 700 requests the instructions of a clean read stop falling, because V8 has compiled nearly all that it will compile. */
const PLAN: Plan = { warm: 1_000, counted: 400 };
/** Valgrind runs one thread of a process at a time, so that each contestant takes at most one CPU. One more fills their pauses. */
const AT_ONCE = Math.min(3, availableParallelism() + 1);

/** Counts the instructions of all contestants, some at a time. */
export async function measureInstructions(say: (line: string) => void): Promise<InstructionsResults> {
  const folder = await mkdtemp(join(tmpdir(), "moor-bench-"));
  say("building");
  const built = await build(folder);
  const redis = await startLocalRedis();
  if (!redis) say("no redis-server here: no instructions are counted with backups");
  const origin = startScript("origin.ts");
  const { port } = await messageOf<{ port: number }>(origin);
  const around: Surroundings = { built, origin: `http://127.0.0.1:${port}`, redis };
  // Taken from the end of the list, where the slowest stand.
  const waiting = (Object.keys(FIELD) as ContestantName[]).filter((name) => redis || name !== "backedUpChange");
  const costs: [ContestantName, Cost][] = [];
  const work = async () => {
    for (let name = waiting.pop(); name; name = waiting.pop()) {
      say(`instructions: ${FIELD[name]}`);
      costs.push([name, await costOf(name, around, join(folder, `counts-${name}`))]);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    origin.kill();
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return { costs: inOrder(costs) };
}

async function costOf(name: ContestantName, around: Surroundings, file: string): Promise<Cost> {
  const counter = new Counter(file);
  const running = await start(name, around, { under: counter.command });
  try {
    return await count(running, counter, PLAN);
  } finally {
    await running.worker.stop();
  }
}

function inOrder(costs: readonly [ContestantName, Cost][]): Costs {
  const order = Object.keys(FIELD);
  return Object.fromEntries([...costs].sort(([one], [other]) => order.indexOf(one) - order.indexOf(other)));
}
