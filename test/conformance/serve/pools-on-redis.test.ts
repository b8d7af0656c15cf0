/** @needs redis-server */
import { testServedPools } from "./pools.suite.ts";
import { startServedRedis } from "./stores.ts";

await testServedPools(await startServedRedis());
