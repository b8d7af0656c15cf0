/** @needs postgresql */
import { testServedProbes } from "./probes.suite.ts";
import { startServedPostgres } from "./stores.ts";

await testServedProbes(await startServedPostgres());
