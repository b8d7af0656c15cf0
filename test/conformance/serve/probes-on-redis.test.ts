/** @needs redis-server */
import { testServedProbes } from "./probes.suite.ts";
import { startServedRedis } from "./stores.ts";

await testServedProbes(await startServedRedis());
