import { leftOut } from "../../lib/build-flags.ts";
import type { RowStore } from "../row-store.ts";
import { type Shard, shardRows } from "../sharded-rows.ts";
import { createSqlRows } from "../sql/sql-rows.ts";
import { type Dialect, statementsFor } from "../sql/statements.ts";
import { connectToPostgres } from "./postgres-client.ts";

/** The bindings of Postgres, by the names that `stores.authority.bindings` lists. */
export type PostgresBindings = Readonly<Record<string, unknown>>;

/** The binding if the configuration names none. */
export const DEFAULT_BINDING = "MOOR_POSTGRES";
const DEADLINE_MS = 1_500;

export const POSTGRES: Dialect = {
  // Time zones do not change it. It is volatile, so Hyperdrive keeps no answer that has it.
  now: "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
  parameter: (number) => `$${number}`,
  alsoRead: ", pg_is_in_recovery() AS is_standby",
};

/**
 * Rows in Postgres: directly by a secret with its address, or through Hyperdrive by its binding.
 *
 * @throws TypeError that names the wrong binding and the accepted values, or if the build is without Postgres.
 */
export function bindPostgresRows(
  env: PostgresBindings,
  { bindings = [DEFAULT_BINDING] }: { bindings?: string[] },
): RowStore {
  return typeof MOOR_POSTGRES_ROWS === "undefined" || MOOR_POSTGRES_ROWS
    ? shardRows(bindings.map((name) => shardIn(env, name)))
    : leftOut("MOOR_POSTGRES_ROWS", 'stores.authority is "postgres"');
}

function shardIn(env: PostgresBindings, name: string): Shard {
  return { name, store: postgresRows({ url: addressIn(env, name), deadlineMs: DEADLINE_MS }) };
}

/** Rows in one Postgres. */
export function postgresRows(address: Parameters<typeof connectToPostgres>[0]): RowStore {
  return createSqlRows({
    name: "postgres",
    isMetered: false,
    statements: statementsFor(POSTGRES),
    connect: () => connectToPostgres(address),
    isStandby: ({ is_standby: isStandby }) => isStandby !== false,
  });
}

function addressIn(env: PostgresBindings, name: string): string {
  const bound = env[name];
  const isHyperdrive = typeof bound === "object" && bound !== null && "connectionString" in bound;
  const url = isHyperdrive ? bound.connectionString : bound;
  if (typeof url === "string" && /^postgres(ql)?:\/\/./.test(url) && URL.canParse(url)) return url;
  const accepted = 'a Hyperdrive, or a secret like "postgres://user:password@host:5432/database?sslmode=require"';
  throw new TypeError(
    `${name} is ${bound === undefined ? "not set" : "no address of Postgres"}; it takes ${accepted}.`,
  );
}
