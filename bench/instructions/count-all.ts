import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalRedis } from "../../bin/local-redis/local-redis.ts";
import { build } from "../http/build.ts";
import { messageOf, startScript } from "../http/script.ts";
import type { Surroundings } from "../http/surroundings.ts";
import type { StartOptions } from "../http/workerd.ts";
import { Counter } from "./callgrind.ts";
import type { Running } from "./contestants.ts";
import { type Cost, count, type Plan } from "./count.ts";

/** Something whose instructions are counted. */
export interface Counted {
  readonly name: string;
  /** `undefined`: it cannot run without a Redis, and there is none. */
  start(around: Surroundings, options: StartOptions): Promise<Running> | undefined;
}

/** Valgrind runs one thread of a process at a time, so that each contestant takes at most one CPU. One more fills their pauses. */
const AT_ONCE = Math.min(3, availableParallelism() + 1);

/**
 * V8 compiles and collects in the Worker's own thread, always after as many calls. In threads of its own it does so now sooner, now later:
 * two counts of the same code differ by up to 2.7 % then, and by about half a per cent with this flag.
 */
const V8_FLAGS = ["--predictable"];

/**
 * Counts the instructions of all, some at a time, the last first.
 *
 * @returns the cost of each that could run, in the order of the list.
 */
export async function countAll(
  counted: readonly Counted[],
  plan: Plan,
  say: (line: string) => void,
): Promise<readonly (Cost | undefined)[]> {
  const folder = await mkdtemp(join(tmpdir(), "moor-bench-"));
  say("building");
  const built = await build(folder);
  const redis = await startLocalRedis();
  const origin = startScript("origin.ts");
  const { port } = await messageOf<{ port: number }>(origin);
  const around: Surroundings = { built, origin: `http://127.0.0.1:${port}`, redis };
  const costs: (Cost | undefined)[] = counted.map(() => undefined);
  const waiting = [...counted.keys()];
  const work = async () => {
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      const { name, start } = counted[place] as Counted;
      const counter = new Counter(join(folder, `counts-${place}`));
      const starting = start(around, { under: counter.command, v8Flags: V8_FLAGS });
      if (!starting) continue;
      say(`instructions: ${name}`);
      const running = await starting;
      try {
        costs[place] = await count(running, counter, plan);
      } finally {
        await running.worker.stop();
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    origin.kill();
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return costs;
}
