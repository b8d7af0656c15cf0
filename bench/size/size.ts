import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { unusedParts } from "../../bin/left-out.ts";
import { fingerprintOf } from "../../src/config/fingerprint.ts";
import { readConfig } from "../../src/config/read.ts";
import type { ResolvedConfig } from "../../src/config/resolved.ts";
import { buildFlagOf } from "../../src/row-stores/registry.ts";
import { formatMistakes } from "../../src/settings/mistakes.ts";
import { buildMoor, buildScript, PLATFORM } from "../../test/support/node/build-worker.ts";
import { startLocalOrigin } from "../../test/support/node/local-origin.ts";
import { cpuSeconds } from "../http/cpu-seconds.ts";
import { type Spread, spread } from "../http/statistics.ts";
import { type RunningWorker, startMoor, startWorker } from "../http/workerd.ts";
import { type Part, partsOf } from "./treemap.ts";

/** The cost of a Worker before it has done anything. */
export interface Size {
  readonly gzippedBytes: number;
  /** Of a workerd until it has answered once, the Worker's own start among it. */
  readonly startCpuMs: Spread;
}

/** Moor, and the Workers that it is compared with. */
export interface SizeResults {
  readonly moor: Size;
  readonly asDeployed: Size;
  readonly asDeployedWithLogin: Size;
  readonly withoutRedis: Size;
  readonly asDeployedWithoutRedis: Size;
  readonly passThrough: Size;
  /** The sources of the smallest build: as deployed, without Redis. */
  readonly smallestBuild: readonly Part[];
  /** The gzipped bytes by which a login makes the Worker longer that `moor deploy` makes, by the settings that it uses. */
  readonly logins: Readonly<Record<string, number>>;
}

/** The most that each build may be gzipped, in KiB. `test/bench/size.test.ts` holds them. */
export const BUDGETS_KIB: Readonly<
  Record<keyof Omit<SizeResults, "passThrough" | "smallestBuild" | "logins">, number>
> = {
  moor: 194,
  asDeployed: 67.9,
  asDeployedWithLogin: 75.2,
  withoutRedis: 187.2,
  asDeployedWithoutRedis: 64.5,
};

/** A configuration that has nothing but pools. */
export const CONFIG = { pools: [{ id: "shop", origins: [{ id: "a", url: "http://127.0.0.1:1" }] }] };
/** Flags of wrangler that leave parts out. */
export const without = (parts: readonly string[]) => parts.flatMap((part) => ["--define", `${part}:false`]);
/** Flags of wrangler that include parts. */
export const having = (parts: readonly string[]) => parts.flatMap((part) => ["--define", `${part}:true`]);

/** Flags of wrangler for builds that leave something out; wrangler.toml shows the same. */
export const WITHOUT_REDIS = without([
  "MOOR_REDIS",
  "MOOR_REDIS_TCP",
  "MOOR_REDIS_READER",
  buildFlagOf("redis"),
  buildFlagOf("redis-tcp"),
]);
/** The flag of `moor deploy` for a configuration that it has checked: the Worker takes no other. */
export const checkedFor = (config: object) => ["--define", `MOOR_CHECKED:${fingerprintOf(config)}`];
/** The parts that `moor deploy` leaves out for a configuration that has nothing but pools, except those that are named here. */
export const leftOutWith = (...parts: string[]) =>
  without(unusedParts(resolved(CONFIG)).filter((part) => !parts.includes(part)));
/** The flags of `moor deploy` for a configuration that also uses some of those parts. */
const asDeployedWith = (...parts: string[]) => [...leftOutWith(...parts), ...having(parts), ...checkedFor(CONFIG)];
/** The flags of `moor deploy` for a configuration that has nothing but pools. */
export const AS_DEPLOYED = asDeployedWith();
/** The same for a configuration with `login`. */
export const AS_DEPLOYED_WITH_LOGIN = asDeployedWith("MOOR_LOGIN");
/** The parts of a login, by the settings that use them. */
const LOGINS: Readonly<Record<string, readonly string[]>> = {
  login: [],
  "login.backchannel": ["MOOR_BACKCHANNEL"],
  "login.refreshSeconds": ["MOOR_REFRESH"],
  logins: ["MOOR_LOGINS"],
  "logins, with all of that": ["MOOR_BACKCHANNEL", "MOOR_REFRESH", "MOOR_LOGINS"],
};

const STARTS = 5;

/** Builds the Workers and starts each a few times. */
export async function measureSize(say: (line: string) => void): Promise<SizeResults> {
  say("size and start");
  const folder = await mkdtemp(join(tmpdir(), "moor-bench-"));
  const origin = await startLocalOrigin("origin");
  try {
    const [worker, asDeployed, asDeployedWithLogin, withoutRedis, asDeployedWithoutRedis, platform, passThrough] =
      await Promise.all([
        buildMoor(join(folder, "whole")),
        buildMoor(join(folder, "as-deployed"), AS_DEPLOYED),
        buildMoor(join(folder, "as-deployed-with-login"), AS_DEPLOYED_WITH_LOGIN),
        buildMoor(join(folder, "without-redis"), WITHOUT_REDIS),
        buildMoor(join(folder, "as-deployed-without-redis"), [...AS_DEPLOYED, ...WITHOUT_REDIS]),
        buildScript(PLATFORM, folder),
        buildScript(join("bench", "http", "workers", "pass-through.ts"), folder),
      ]);
    const moor = (file: string) => sizeOf(file, () => startMoor({ worker: file, platform }, CONFIG));
    return {
      moor: await moor(worker),
      asDeployed: await moor(asDeployed),
      asDeployedWithLogin: await moor(asDeployedWithLogin),
      withoutRedis: await moor(withoutRedis),
      asDeployedWithoutRedis: await moor(asDeployedWithoutRedis),
      passThrough: await sizeOf(passThrough, () => startWorker(passThrough, origin.url)),
      smallestBuild: await partsOf(asDeployedWithoutRedis),
      logins: await sizesOfLogins(folder, await gzippedBytes(asDeployed)),
    };
  } finally {
    await origin.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function sizesOfLogins(folder: string, withoutLogin: number): Promise<SizeResults["logins"]> {
  const sizes: Record<string, number> = {};
  for (const [settings, parts] of Object.entries(LOGINS)) {
    const worker = await buildMoor(
      join(folder, settings.replaceAll(/\W/g, "-")),
      asDeployedWith("MOOR_LOGIN", ...parts),
    );
    sizes[settings] = (await gzippedBytes(worker)) - withoutLogin;
  }
  return sizes;
}

/** A configuration with its defaults. Throws if it has a mistake. */
export function resolved(config: object): ResolvedConfig {
  const read = readConfig(config);
  if (read.kind === "invalid") throw new Error(formatMistakes(read.mistakes));
  return read.config;
}

async function sizeOf(file: string, start: () => Promise<RunningWorker>): Promise<Size> {
  const starts: number[] = [];
  for (let count = 0; count < STARTS; count++) starts.push(await startCpuMs(start));
  return { gzippedBytes: await gzippedBytes(file), startCpuMs: spread(starts) };
}

/** CPU of a Worker's process until it has answered once, in milliseconds. */
export async function startCpuMs(start: () => Promise<RunningWorker>): Promise<number> {
  const worker = await start();
  const spent = cpuSeconds(worker.pid) * 1000;
  await worker.stop();
  return spent;
}

/** How much of a built Worker is loaded, as wrangler and Cloudflare count it. */
export async function gzippedBytes(file: string): Promise<number> {
  return gzipSync(await readFile(file)).length;
}
