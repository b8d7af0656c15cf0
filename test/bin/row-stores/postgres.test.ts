/** @needs postgresql */
import { type AddressInfo, createServer } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { connectToPostgres } from "../../../src/row-stores/postgres/postgres-client.ts";
import { postgres, postgresRows, postgresRowsBy } from "../../../src/row-stores/postgres.ts";
import type { Result } from "../../../src/row-stores/sql/sql-rows.ts";
import { gapsOf, testRowStore } from "../../row-stores/row-store.suite.ts";
import { createRowsWorld } from "../../rows/rows-world.ts";
import { testAuthority } from "../../store/authority.suite.ts";
import { DEAD_PORT } from "../../support/node/ports.ts";
import { type RunningPostgres, startPostgres } from "../../support/node/postgres.ts";

const DEADLINE_MS = 5_000;
const NOWHERE = `postgres://moor:password@127.0.0.1:${DEAD_PORT}/postgres`;
const rowsAt = (url: string) => postgresRows({ url, deadlineMs: DEADLINE_MS });

/** Databases whose defaults an operator has changed. */
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "as Debian configures it": {},
  "serializable, in the time zone of Kathmandu": {
    default_transaction_isolation: "serializable",
    TimeZone: "Asia/Kathmandu",
    DateStyle: "SQL, DMY",
  },
  "repeatable read, deferrable, with other texts": {
    default_transaction_isolation: "repeatable read",
    default_transaction_deferrable: "on",
    bytea_output: "escape",
    extra_float_digits: "0",
    standard_conforming_strings: "off",
  },
};

describe.each(Object.entries(DEFAULTS))("Postgres %s", (_name, settings) => {
  let server: RunningPostgres;
  beforeAll(async () => {
    server = await startPostgres(settings);
  });
  afterAll(() => server.stop());
  afterEach(() => vi.useRealTimers());

  testRowStore("Postgres", {
    create: () => rowsAt(server.url),
    createUnreachable: () => rowsAt(NOWHERE),
    now: Date.now,
    gaps: gapsOf(postgres.guarantees),
  });

  testAuthority("an authority on Postgres", {
    create: () => createRowsWorld({ through: () => rowsAt(server.url) }).authority,
    createUnreachable: () => createRowsWorld({ through: () => rowsAt(NOWHERE) }).authority,
    setClock: (now) => vi.useFakeTimers({ toFake: ["Date"], now }),
    gaps: [],
  });
});

/** Postgres behind a proxy that answers the same statement with the same values from its memory, as Hyperdrive does for a minute. */
function cachedRows(url: string) {
  const cached = new Map<string, Promise<readonly Result[]>>();
  return postgresRowsBy(() => {
    const { run, end } = connectToPostgres({ url, deadlineMs: DEADLINE_MS });
    return {
      end,
      run(statement, values) {
        if (!statement.startsWith("SELECT")) return run(statement, values);
        const key = JSON.stringify([statement, values]);
        const answer = cached.get(key) ?? run(statement, values);
        cached.set(key, answer);
        return answer;
      },
    };
  });
}

describe("a Postgres that says nothing", () => {
  it("is unavailable by the deadline of a statement, and its socket is thrown away", async () => {
    let closed = 0;
    const silent = createServer((socket) => socket.resume().on("close", () => closed++));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const connection = connectToPostgres({ url: `postgres://moor:password@127.0.0.1:${port}/moor`, deadlineMs: 200 });
    // A connection that is not made in time has a fault of its own, CONNECT_TIMEOUT.
    await expect(connection.run("SELECT 1", [])).rejects.toThrow("postgres: it did not answer");
    await expect.poll(() => closed).toBe(1);
  });
});

describe("Postgres behind a cache", () => {
  it("is read anew each time", async () => {
    const server = await startPostgres();
    onTestFinished(server.stop);
    const store = cachedRows(server.url);
    const later = Date.now() + 60_000;
    const write = { keepUntil: later, dueAt: undefined, notAfter: later };
    expect(await store.read("x")).toMatchObject({ kind: "none" });
    await store.write("x", { ...write, seen: undefined, next: { tag: "a", text: "one" } });
    expect(await store.read("x")).toMatchObject({ row: { tag: "a", text: "one" } });
    await store.write("x", { ...write, seen: "a", next: { tag: "b", text: "two" } });
    expect(await store.read("x")).toMatchObject({ row: { tag: "b", text: "two" } });
  });
});
