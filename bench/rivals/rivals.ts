import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SETTLE_MS } from "../../src/session/freshness.ts";
import { buildMoor, buildScript, PLATFORM } from "../../test/support/node/build-worker.ts";
import { moveTo } from "../http/cpus.ts";
import { startScript } from "../http/script.ts";
import { type Built, type Rival, type RivalName, type Store, startRivals } from "./contestants.ts";
import { crowdOf } from "./crowd.ts";
import { type AtOnce, addAtOnce } from "./lost-updates.ts";
import { countOperations, type Operations } from "./operations.ts";
import { meetOutage, type Outage, type OutagePlan } from "./outage.ts";
import { PLANS, type Plan } from "./plans.ts";
import { startSharedRedis } from "./redis.ts";
import { measureSpeed, type Speed } from "./speed.ts";
import type { Visitor } from "./visitor.ts";

/** The measurements of a contestant that keeps sessions; lists have an entry per round. */
export interface RivalResult {
  readonly name: RivalName;
  readonly operations: Operations;
  readonly atOnce: readonly AtOnce[];
  readonly originKilled: readonly Outage[];
  readonly storesTaken: readonly { readonly store: Store["name"]; readonly outages: readonly Outage[] }[];
}

/** The measurements of `npm run bench -- rivals`. */
export interface RivalsResults {
  readonly rate: number;
  readonly load: OutagePlan;
  readonly speeds: readonly { readonly name: RivalName; readonly speed: Speed }[];
  readonly contestants: readonly RivalResult[];
}

type Say = (line: string) => void;

/** Tokens have settled by then, and no copy in Moor's memory may answer. */
const PAUSE_MS = SETTLE_MS + 1_500;

/**
 * Runs Moor next to the programs that a user would pick instead: the same origins, Redis and load. Everything that
 * answers a request shares one CPU.
 */
export async function measureRivals(how: keyof typeof PLANS, say: Say): Promise<RivalsResults> {
  const plan = PLANS[how];
  await using running = new AsyncDisposableStack();
  moveTo("workers");
  const folder = await mkdtemp(join(tmpdir(), "moor-rivals-"));
  running.defer(() => rm(folder, { recursive: true, force: true }));
  say("building");
  const built = await build(folder);
  say("starting");
  const redis = await startSharedRedis();
  running.defer(redis.stop);
  const rivals = await startRivals(built, redis, running);
  const keeping = rivals.filter(({ keepsSessions }) => keepsSessions);
  const { operations, speeds } = await calm(rivals, plan, say);
  const atOnce = await changesAtOnce(keeping, plan, say);
  const outages = await outagesOf(keeping, plan, say);
  return {
    rate: plan.latency.rate,
    load: plan.outages.load,
    speeds: rivals.map(({ name }) => ({ name, speed: of(speeds, name) })),
    contestants: keeping.map(({ name }) => ({
      name,
      operations: of(operations, name),
      atOnce: of(atOnce, name),
      ...of(outages, name),
    })),
  };
}

async function build(folder: string): Promise<Built> {
  const [, hono, honoMoor, honoLimit, honoRules, platform] = await Promise.all([
    buildMoor(folder, ["bench/rivals/workers/moor.ts"]),
    buildScript("bench/rivals/workers/hono-session.ts", folder),
    buildScript("bench/rivals/workers/hono-moor.ts", folder),
    buildScript("bench/rivals/workers/hono-limit.ts", folder),
    buildScript("bench/rivals/workers/hono-rules.ts", folder),
    buildScript(PLATFORM, folder),
  ]);
  return { moor: join(folder, "moor", "moor.js"), hono, honoMoor, honoLimit, honoRules, platform };
}

/** The measurements while everything works. */
async function calm(rivals: readonly Rival[], plan: Plan, say: Say) {
  const crowded: (Rival & { readers: Visitor[]; changers: Visitor[] })[] = [];
  for (const rival of rivals) {
    const visitors = await crowdOf(rival, 2 * plan.visitors);
    crowded.push({ ...rival, readers: visitors.slice(plan.visitors), changers: visitors.slice(0, plan.visitors) });
  }
  await sleep(PAUSE_MS);
  const operations = new Map<RivalName, Operations>();
  for (const rival of crowded) {
    if (!rival.keepsSessions) continue;
    say(`store operations: ${rival.name}`);
    operations.set(rival.name, await countOperations(rival, rival.changers.slice(0, plan.counted)));
  }
  const load = startScript("load.ts");
  try {
    return { operations, speeds: await measureSpeed(load, crowded, plan, say) };
  } finally {
    load.kill();
    for (const { readers, changers } of crowded) for (const visitor of [...readers, ...changers]) visitor.close();
  }
}

async function changesAtOnce(rivals: readonly Rival[], { atOnce }: Plan, say: Say): Promise<Map<RivalName, AtOnce[]>> {
  const all = new Map(rivals.map(({ name }) => [name, [] as AtOnce[]]));
  say("changes of one session at once");
  for (let round = 0; round < atOnce.rounds; round++) {
    for (const rival of rivals) of(all, rival.name).push(await addAtOnce(rival, round, atOnce.requests));
  }
  return all;
}

async function outagesOf(rivals: readonly Rival[], { outages }: Plan, say: Say) {
  const all = new Map(
    rivals.map(({ name, stores }) => {
      const storesTaken = stores.map(({ name }) => ({ store: name, outages: [] as Outage[] }));
      return [name, { originKilled: [] as Outage[], storesTaken }];
    }),
  );
  const meet = async (rival: Rival, take: () => Promise<void>, giveBack: () => Promise<void>) => {
    const crowd = await crowdOf(rival, outages.visitors, outages.load.patienceMs);
    try {
      return await meetOutage(crowd, outages.load, take, giveBack);
    } finally {
      for (const visitor of crowd) visitor.close();
    }
  };
  for (let round = 0; round < outages.rounds; round++) {
    for (const rival of rivals) {
      say(`outages, round ${round + 1} of ${outages.rounds}: ${rival.name}`);
      const { originKilled, storesTaken } = of(all, rival.name);
      const [origin] = rival.origins;
      if (origin) originKilled.push(await meet(rival, origin.kill, origin.restart));
      for (const [index, { take, giveBack }] of rival.stores.entries()) {
        storesTaken[index]?.outages.push(await meet(rival, take, giveBack));
      }
    }
  }
  return all;
}

function of<Value>(values: ReadonlyMap<RivalName, Value>, name: RivalName): Value {
  return values.get(name) as Value;
}
