/** @needs postgresql */
import postgresLibrary from "postgres";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { connectToPostgres } from "../../../src/row-stores/postgres/postgres-client.ts";
import { POSTGRES, postgresRows } from "../../../src/row-stores/postgres.ts";
import { statementsFor } from "../../../src/row-stores/sql/statements.ts";
import { type RunningPostgres, startPostgres } from "../../support/node/postgres.ts";

const DEADLINE_MS = 60_000;
const { due, free } = statementsFor(POSTGRES);

let server: RunningPostgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const rows = () => postgresRows({ url: server.url, deadlineMs: DEADLINE_MS });
const later = () => Date.now() + 3_600_000;
const founding = () => ({
  seen: undefined,
  next: { tag: "a", text: "text" },
  keepUntil: later(),
  dueAt: undefined,
  notAfter: later(),
});

describe("the table of rows in Postgres", () => {
  it.each(["tag", "body", "keep_until", "wakes_at"])("has no row without its column %s", async (column) => {
    const row = {
      name: "incomplete",
      tag: "a",
      body: "text",
      keep_until: 1,
      due_at: null,
      wakes_at: 1,
      [column]: null,
    };
    await expect(server.sql`INSERT INTO moor_rows ${server.sql(row)}`).rejects.toThrow(column);
  });

  it.each([
    ["rows that are due", due],
    ["rows that may be freed", free],
  ])("finds %s by its index, in their order, and reads no others", async (_what, statement) => {
    const own = postgresLibrary(server.url, { max: 1 });
    onTestFinished(() => own.end());
    // A small table is cheaper to read as a whole, so the plan for a large one is asked for.
    await own`SET enable_seqscan = off`;
    await own`SET enable_bitmapscan = off`;
    const plan = (await own.unsafe(`EXPLAIN ${statement}`, [10])).map((line) => line["QUERY PLAN"]).join("\n");
    expect(plan).toMatch(/Index Scan using moor_rows_wakes_at/);
    expect(plan).toMatch(/Index Cond: \(wakes_at <= /);
    expect(plan).not.toMatch(/Sort/);
  });
});

describe("the statements for rows in Postgres", () => {
  it("free no row that another writer keeps for longer meanwhile", async () => {
    await rows().write("session:kept", { ...founding(), keepUntil: Date.now() - 1_000 });
    let freed: Promise<unknown> | undefined;
    await server.sql.begin(async (writer) => {
      await writer`UPDATE moor_rows SET keep_until = ${later()}, wakes_at = ${later()} WHERE name = ${"session:kept"}`;
      freed = rows().free(10);
      const waiting = async () => (await writer`SELECT count(*)::int AS waiting FROM pg_locks WHERE NOT granted`)[0];
      await expect.poll(waiting).toMatchObject({ waiting: 1 });
    });
    expect(await freed).toEqual({ kind: "freed", rows: 0 });
    expect(await rows().read("session:kept")).toMatchObject({ kind: "row" });
  });

  it("leave no connection behind", async () => {
    const store = rows();
    await store.write("session:alone", founding());
    await store.read("session:alone");
    await store.due(1);
    await store.free(1);
    await store.sealedOtherwise?.(["AAA", "AAB", "AAC", "AAD"], 1);
    const connected = async () => {
      const [{ others } = {}] = await server.sql`
        SELECT count(*)::int AS others FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`;
      return others;
    };
    await expect.poll(connected).toBe(0);
  });

  it("prepare nothing, because a pooler may give the next one another server", async () => {
    const { run, end } = connectToPostgres({ url: server.url, deadlineMs: DEADLINE_MS });
    onTestFinished(end);
    await run("SELECT $1::text AS text", ["one"]);
    await run("SELECT $1::text AS text", ["two"]);
    expect(await run("SELECT count(*)::int AS prepared FROM pg_prepared_statements", [])).toEqual([{ prepared: 0 }]);
  });

  it("print no notice of the server, which may quote values", async () => {
    const printed = vi.spyOn(console, "log").mockImplementation(() => {});
    onTestFinished(() => printed.mockRestore());
    const { run, end } = connectToPostgres({ url: server.url, deadlineMs: DEADLINE_MS });
    onTestFinished(end);
    await run("DO $$ BEGIN RAISE NOTICE 'a value'; END $$", []);
    expect(printed).not.toHaveBeenCalled();
  });
});
