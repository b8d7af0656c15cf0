import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, inject, it } from "vitest";
import { startMoor } from "../../bench/http/workerd.ts";
import { gzippedBytes, startCpuMs, WITHOUT_OPERATORS, WITHOUT_REDIS } from "../../bench/size/size.ts";
import type { MoorConfig } from "../../src/config/types.ts";
import { buildMoor } from "../support/node/build-worker.ts";

const folder = await mkdtemp(join(tmpdir(), "moor-size-"));
const platform = inject("platformFile");
const [withoutRedis, withoutOperators, withoutBoth] = await Promise.all([
  buildMoor(join(folder, "without-redis"), WITHOUT_REDIS),
  buildMoor(join(folder, "without-operators"), WITHOUT_OPERATORS),
  buildMoor(join(folder, "without-both"), [...WITHOUT_REDIS, ...WITHOUT_OPERATORS]),
]);
const builds: Record<string, string> = {
  "with everything": inject("workerFile"),
  "without Redis": withoutRedis,
  "without operators": withoutOperators,
  "without both": withoutBoth,
};
afterAll(() => rm(folder, { recursive: true, force: true }));

const origin = { id: "a", url: "http://127.0.0.1:1" };
const CONFIG: MoorConfig = { pools: [{ id: "shop", origins: [origin] }] };
/** What only the SDK says. */
const OF_UPSTASH = /upstash-sync-token|UpstashJSONParseError: |@upstash\/redis/;
/** What only hono, jose, the admin API, the counters and the pools' objects say. */
const OF_OPERATORS = ["Context is not finalized", "ERR_JWKS_", "bad_principal", "moor_requests_total", "out-of-order"];

describe("the built Worker", () => {
  // The goals are 75 KiB, and 60 without Redis, for what most configurations deploy, without operators: docs/performance.md.
  it.each([
    ["with everything", 97.75],
    ["without operators", 75.75],
    ["without Redis", 76.75],
    ["without both", 55.25],
  ])("%s is at most %d KiB gzipped", async (build, mostKiB) => {
    expect((await gzippedBytes(builds[build]!)) / 1024).toBeLessThanOrEqual(mostKiB);
  });

  it.each(Object.keys(builds))("contains code of Upstash only with Redis: %s", async (build) => {
    const code = await readFile(builds[build]!, "utf8");
    expect(OF_UPSTASH.test(code)).toBe(build === "with everything" || build === "without operators");
  });

  it.each(Object.keys(builds))("contains what operators are served with only with operators: %s", async (build) => {
    const code = await readFile(builds[build]!, "utf8");
    const has = build === "with everything" || build === "without Redis";
    expect(OF_OPERATORS.map((said) => code.includes(said))).toEqual(OF_OPERATORS.map(() => has));
  });

  it.each(Object.keys(builds))(
    "takes less than a quarter of a second of CPU to start and answer, workerd and all, %s",
    async (build) => {
      expect(await startCpuMs(() => startMoor({ worker: builds[build]!, platform }, CONFIG))).toBeLessThan(250);
    },
  );
});

describe("a build that left out what it is asked for", () => {
  const healthCheck = { path: "/health" };
  it.each<[string, MoorConfig, string, string]>([
    ["Redis", CONFIG, withoutRedis, "UPSTASH_REDIS_REST_URL is set, and this build has no Redis"],
    ["admins", { ...CONFIG, admin: {} }, withoutOperators, "admin is configured, and this build has no admin API"],
    [
      "probes",
      { pools: [{ id: "shop", origins: [origin], healthCheck }] },
      withoutOperators,
      "a pool's healthCheck is configured, and this build has no admin API, probes",
    ],
  ])("serves nothing, and says why: %s", async (_what, config, worker, why) => {
    const redis = { url: "http://127.0.0.1:1", token: "token" };
    const moor = await startMoor({ worker, platform }, config, { redis, readyStatus: 500 });
    expect(moor.logged.join("\n")).toContain(why);
    expect(moor.logged.join("\n")).toMatch(/put MOOR_\w+ = \\?"true\\?" below \[define\]/);
    await moor.stop();
  });
});
