/** @needs postgresql */
import { testServedPools } from "./pools.suite.ts";
import { startServedPostgres } from "./stores.ts";

await testServedPools(await startServedPostgres());
