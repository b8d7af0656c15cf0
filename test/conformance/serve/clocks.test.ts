/** @needs postgresql */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ADMIN_TOKEN } from "../../support/node/admin.ts";
import { startPostgres } from "../../support/node/postgres.ts";
import { type RunningServe, startServe } from "../../support/node/served.ts";

const postgres = await startPostgres();
const options = {
  config: {
    pools: [{ id: "shop", origins: [{ id: "a", url: "http://127.0.0.1:9001" }] }],
    stores: { authority: { type: "postgres" as const } },
    admin: {},
  },
  variables: { MOOR_POSTGRES: postgres.url, MOOR_ADMIN_TOKEN: ADMIN_TOKEN },
  flags: ["--admin", "127.0.0.1:0"],
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

describe("the cron job of a process whose clock is ten seconds apart from the store's", () => {
  const LEASE = "cron:lease";
  const POOL = "pool:shop";
  /** The tag of a row, which each write replaces; `undefined`: there is no such row. */
  const tagOf = async (row: string) => (await postgres.sql`SELECT tag FROM moor_rows WHERE name = ${row}`)[0]?.tag;
  const free = () => postgres.sql`DELETE FROM moor_rows WHERE name = ${LEASE}`;

  it.each([
    [10, "drain", { anyway: true }],
    [-10, "restore", {}],
  ])("takes no lease and does nothing that is due: %d seconds", async (seconds, action, body) => {
    await setClock(seconds);
    await expect.poll(readiness).toMatchObject({ status: "clock_apart" });
    // A change sets the alarm of its pool, which is due at once.
    const changed = await fetch(`http://127.0.0.1:${serve.adminPort}/.moor/admin/pools/shop/origins/a/${action}`, {
      method: "POST",
      headers: { Authorization: `Bearer ${ADMIN_TOKEN}` },
      body: JSON.stringify(body),
    });
    expect(changed.status).toBe(200);
    const due = await tagOf(POOL);
    await free();
    expect(await serve.runCron()).toEqual({ lease: "clock_apart" });
    expect([await tagOf(LEASE), await tagOf(POOL)]).toEqual([undefined, due]);
    // A slow answer makes the clocks look closer than they are.
    const skipped = () => serve.logged.filter(({ event, store }) => event === "cron_skipped" && store === "postgres");
    await expect.poll(() => skipped().some(({ apartMs }) => Number(apartMs) / (seconds * 1_000) > 0.5)).toBe(true);

    await setClock(0);
    await expect.poll(readiness).toMatchObject({ status: "ready" });
    await serve.runCron();
    expect(await tagOf(LEASE)).toBeDefined();
    await expect.poll(() => tagOf(POOL)).not.toBe(due);
  });
});

it("does not start beside such a store, and says by how much the clocks differ", async () => {
  await setClock(10);
  await expect(startServe(options)).rejects.toThrow(/the clock of the store is (9|10)\d{3} ms ahead of this machine's/);
  await setClock(0);
});
