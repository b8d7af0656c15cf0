/** @needs postgresql */
import { startPostgres } from "../../support/node/postgres.ts";
import { testServedPools } from "./pools.suite.ts";

const postgres = await startPostgres();

await testServedPools({
  type: "postgres",
  port: postgres.port,
  variables: (port) => ({ MOOR_POSTGRES: postgres.url.replace(`:${postgres.port}/`, `:${port}/`) }),
  async tagOf(row) {
    const [found] = await postgres.sql`SELECT tag FROM moor_rows WHERE name = ${row}`;
    return found === undefined ? undefined : String(found.tag);
  },
  lose: async (row) => void (await postgres.sql`DELETE FROM moor_rows WHERE name = ${row}`),
  stop: postgres.stop,
});
