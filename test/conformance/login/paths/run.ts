import { randomInt } from "node:crypto";
import { startPathOrigins } from "./origins.ts";
import { searchHoles } from "./search.ts";

/** `node test/conformance/login/paths/run.ts [COUNT] [SEED]`: looks for paths that come past a guard, by default 40,000. */
const [count = 40_000, seed = randomInt(2 ** 31)] = process.argv.slice(2).map(Number);
const origins = await startPathOrigins();
try {
  const search = await searchHoles(origins, count, seed);
  process.stdout.write(`${JSON.stringify({ seed, ...search }, undefined, 2)}\n`);
  if (search.leaks.length > 0) process.exitCode = 1;
} finally {
  for (const origin of origins) await origin.stop();
}
