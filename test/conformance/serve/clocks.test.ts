/** @needs postgresql */
import { afterAll, beforeAll, expect, it } from "vitest";
import { startPostgres } from "../../support/node/postgres.ts";
import { type RunningServe, startServe } from "../../support/node/served.ts";

const postgres = await startPostgres();
const options = {
  config: {
    pools: [{ id: "shop", origins: [{ id: "a", url: "http://127.0.0.1:9001" }] }],
    stores: { authority: { type: "postgres" as const } },
  },
  variables: { MOOR_POSTGRES: postgres.url },
};
let serve: RunningServe;
beforeAll(async () => {
  serve = await startServe(options);
});
afterAll(async () => {
  await serve.stop();
  await postgres.stop();
});

/** Sets the clock by which new connections to the database tell the time. */
async function setClock(aheadSeconds: number): Promise<void> {
  await postgres.sql.unsafe(`
    CREATE SCHEMA IF NOT EXISTS ahead;
    CREATE OR REPLACE FUNCTION ahead.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
      AS 'SELECT pg_catalog.clock_timestamp() + interval ''${aheadSeconds} seconds''';
    ALTER ROLE moor SET search_path = ahead, pg_catalog, public`);
}
const readiness = async () => {
  const response = await fetch(`http://127.0.0.1:${serve.healthPort}/ready`);
  return { code: response.status, ...((await response.json()) as { status: string; apartMs?: number }) };
};

it("is ready while its clock and the clock of the store agree", async () => {
  expect(await readiness()).toMatchObject({ code: 200, status: "ready" });
});

it("is not ready when the clock of the store is ten seconds ahead or behind, and is ready again when it is right", async () => {
  for (const seconds of [10, -10]) {
    await setClock(seconds);
    await expect.poll(readiness).toMatchObject({ code: 503, status: "clock_apart" });
    await setClock(0);
    await expect.poll(readiness).toMatchObject({ code: 200 });
  }
});

it("does not start beside such a store, and says by how much the clocks differ", async () => {
  await setClock(10);
  await expect(startServe(options)).rejects.toThrow(/the clock of the store is (9|10)\d{3} ms ahead of this machine's/);
  await setClock(0);
});
