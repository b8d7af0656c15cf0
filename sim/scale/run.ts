import { cpus } from "node:os";
import { ASSUMPTIONS } from "./assumptions.ts";
import { LIVELY, runDeploy, runOutage } from "./cuts.ts";
import { runHotSession } from "./hot-session.ts";
import { runPoolKey, runSessionKey } from "./kv-keys.ts";
import { runLoad, totalOf, workloadNamed } from "./load.ts";
import { readOptions, USAGE } from "./options.ts";
import { runOrigins } from "./origins.ts";
import { runPoolAtWork } from "./pool-at-work.ts";
import { runIndexCalls, runSharedAccount } from "./principals.ts";
import { tablesOf } from "./report.ts";
import type { Results } from "./results.ts";
import { save } from "./save.ts";
import { runSweep } from "./sweep.ts";

const options = readOptions(process.argv.slice(2));
switch (options.kind) {
  case "help":
    process.stdout.write(USAGE);
    break;
  case "mistake":
    process.stderr.write(`${options.message}\n`);
    process.exitCode = 2;
    break;
  case "run": {
    const results = await run(options.seed, options.quick);
    if (options.save) await save(results);
    for (const [name, table] of Object.entries(tablesOf(results))) process.stdout.write(`${name}\n\n${table}\n\n`);
    if (options.json) process.stdout.write(`${JSON.stringify(results)}\n`);
  }
}

async function run(seed: number, quick: boolean): Promise<Results> {
  const { isolatesPerLocation, isolateLifeSeconds, connectionIdleSeconds, mix, locations, deploySeconds } = ASSUMPTIONS;
  const { objectRoundTripMs, farRoundTripMs, redisRoundTripMs, outageSeconds } = ASSUMPTIONS;
  const [processor] = cpus();
  const machine = { cpu: processor?.model.trim() ?? "unknown", cpus: cpus().length, node: process.version };
  const usual = {
    seed,
    isolatesPerLocation,
    isolateLifeSeconds,
    connectionIdleSeconds,
    spreading: "scattered",
  } as const;

  const loads = await each(mix, ({ workload }) => {
    say(`load: ${workload}`);
    return runLoad({ ...usual, workload, sessions: quick ? 5 : 60 });
  });
  const total = totalOf(loads, ASSUMPTIONS);

  const spreadings = [
    ...(quick ? [1, 10] : [1, 3, 10, 30, 100]).map((isolates) => ["scattered", isolates, isolateLifeSeconds] as const),
    ...(quick ? [10] : [1, 10, 100]).map((isolates) => ["connections", isolates, isolateLifeSeconds] as const),
    ...(quick ? [30] : [10, 30, 120, 3600]).map((life) => ["connections", isolatesPerLocation, life] as const),
  ];
  const coldStarts = await each(spreadings, ([spreading, isolates, life]) => {
    say(`cold starts: ${spreading}, ${isolates} isolates of ${life} s`);
    const how = { spreading, isolatesPerLocation: isolates, isolateLifeSeconds: life };
    return runLoad({ ...usual, ...how, workload: "signed-in browse", sessions: quick ? 3 : 15 });
  });

  const hotSessions = await each(quick ? [10, 30] : [10, 100, 1_000], (isolates) => {
    say(`a shared session: ${isolates} isolates`);
    return runHotSession({ isolates, requestsPerIsolate: 2, seconds: 20, roundTripMs: objectRoundTripMs, seed });
  });
  const indexCalls = await runIndexCalls(quick ? 3 : 20, seed);
  const sharedAccounts = await each(quick ? [10, 100] : [10, 100, 1_000, 10_000], (sessions) => {
    say(`a principal with ${sessions} sessions`);
    return runSharedAccount(sessions, seed, objectRoundTripMs);
  });

  const rate = total.sessionRequests / locations;
  const pools = quick ? [[1, rate] as const] : [[1, rate] as const, [10, rate / 10] as const, [10, 1 / 60] as const];
  const poolsAtWork = await each(pools, ([isolates, requestsPerIsolate]) => {
    say(`a pool: ${locations} locations with ${isolates} isolates of ${requestsPerIsolate.toFixed(2)} requests/s`);
    return runPoolAtWork({ locations, isolatesPerLocation: isolates, requestsPerIsolate, deploySeconds, seed });
  });
  say("KV keys");
  const keyWrites = [await runPoolKey(seed, 5), await runSessionKey(seed, 5)];

  const crowd = { seed, isolatesPerLocation, connectionIdleSeconds, spreading: "connections" } as const;
  say("deploys");
  const deploys = [
    await runDeploy({ ...crowd, sessions: quick ? 50 : 300 }, workloadNamed("signed-in browse")),
    await runDeploy({ ...crowd, sessions: quick ? 5 : 30 }, LIVELY),
  ];
  say("outages");
  const outages = [
    await runOutage({ ...crowd, sessions: quick ? 20 : 200 }, { traffic: "usual", elsewhere: 0, outageSeconds }),
    ...(await each(quick ? [0.5] : [0, 0.5, 0.9], (elsewhere) => {
      const one = { ...crowd, isolatesPerLocation: 1, sessions: quick ? 20 : 60 };
      return runOutage(one, { traffic: "busy", elsewhere, outageSeconds: 60 });
    })),
  ];
  const sweeps = await each([objectRoundTripMs, farRoundTripMs], (roundTripMs) => {
    say(`the sweep: ${roundTripMs} ms to an object`);
    const pending = quick ? 500 : 6_000;
    return runSweep({ pending, roundTripMs, redisRoundTripMs, seed, mostSweeps: 5 });
  });
  const origins = await each(quick ? [10, 100] : [10, 100, ASSUMPTIONS.origins], (count) => {
    say(`${count} origins`);
    return runOrigins(count, seed);
  });
  return {
    ...{ seed, quick, assumptions: ASSUMPTIONS, machine, loads, total, coldStarts, hotSessions, indexCalls },
    ...{ sharedAccounts, poolsAtWork, keyWrites, deploys, outages, sweeps, origins },
  };
}

/** One after the other, because the work shares the processor, and the random numbers must come in the same order. */
async function each<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

function say(line: string): void {
  process.stderr.write(`sim:scale: ${line}\n`);
}
