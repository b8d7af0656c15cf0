/** @needs postgresql */
import { afterAll, afterEach, beforeAll, describe, vi } from "vitest";
import { postgresRows } from "../../../src/rows/postgres/bind.ts";
import { testRowStore } from "../../rows/row-store.suite.ts";
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
    gaps: [],
  });

  testAuthority("an authority on Postgres", {
    create: () => createRowsWorld({ through: () => rowsAt(server.url) }).authority,
    createUnreachable: () => createRowsWorld({ through: () => rowsAt(NOWHERE) }).authority,
    setClock: (now) => vi.useFakeTimers({ toFake: ["Date"], now }),
    gaps: [],
  });
});
