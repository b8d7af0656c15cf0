import { literal } from "valibot";
import { shape } from "../settings/shapes.ts";
import { bindings, repeatedBindings } from "./bindings.ts";
import { defineRowStore } from "./kind.ts";
import { addressIn } from "./postgres/postgres-address.ts";
import { connectToPostgres } from "./postgres/postgres-client.ts";
import type { RowStore } from "./row-store.ts";
import { shardRows } from "./sharded-rows.ts";
import { createSqlRows, type SqlConnection } from "./sql/sql-rows.ts";
import { type Dialect, statementsFor } from "./sql/statements.ts";

declare global {
  /** `false`: the build is without Postgres and its library. */
  const MOOR_POSTGRES_ROWS: boolean | undefined;
}

/** Rows in Postgres, directly or through Hyperdrive. */
export interface PostgresRowsConfig {
  type: "postgres";
  /**
   * The names of its bindings, all different. With several names, sessions are spread over that many databases. Default
   * `["MOOR_POSTGRES"]`.
   */
  bindings?: string[] | undefined;
}

/** The binding of Postgres, unless the settings name others. */
export interface PostgresRowsBindings {
  /** A Hyperdrive, or a secret `postgres://user:password@host:5432/database?sslmode=require`. */
  readonly MOOR_POSTGRES?: unknown;
}

/** The binding if the settings name none. */
export const DEFAULT_BINDING = "MOOR_POSTGRES";
const DEADLINE_MS = 1_500;

export const POSTGRES: Dialect = {
  // Time zones do not change it. It is volatile, so Hyperdrive keeps no answer that has it.
  now: "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
  parameter: (number) => `$${number}`,
  alsoRead: ", pg_is_in_recovery() AS is_standby",
};

/** Postgres. */
export const postgres = defineRowStore<PostgresRowsConfig, PostgresRowsBindings>()({
  title: "Postgres",
  schema: () => shape({ type: literal("postgres"), bindings }),
  guarantees: { survivesRestart: true, tellsTime: true, namesDue: true },
  mistakes: repeatedBindings,
  bind: (env, { bindings: names = [DEFAULT_BINDING] }) =>
    typeof MOOR_POSTGRES_ROWS === "undefined" || MOOR_POSTGRES_ROWS
      ? shardRows(
          names.map((name) => ({ name, store: postgresRows({ url: addressIn(env, name), deadlineMs: DEADLINE_MS }) })),
        )
      : undefined,
});

/** Rows in one Postgres. */
export function postgresRows(address: Parameters<typeof connectToPostgres>[0]): RowStore {
  return postgresRowsBy(() => connectToPostgres(address));
}

/** Rows in one Postgres that is reached in another way. */
export function postgresRowsBy(connect: () => SqlConnection): RowStore {
  return createSqlRows({
    name: "postgres",
    isMetered: false,
    statements: statementsFor(POSTGRES),
    connect,
    isStandby: ({ is_standby: isStandby }) => isStandby !== false,
  });
}
