import { literal } from "valibot";
import { withinDeadline } from "../lib/deadline.ts";
import { shape } from "../settings/shapes.ts";
import { bindings, repeatedBindings } from "./bindings.ts";
import { defineRowStore } from "./kind.ts";
import type { RowStore } from "./row-store.ts";
import { shardRows } from "./sharded-rows.ts";
import { SqlFault } from "./sql/sql-fault.ts";
import { createSqlRows, type Result, type RunStatement } from "./sql/sql-rows.ts";
import { type Dialect, statementsFor } from "./sql/statements.ts";

declare global {
  /** `false`: the build is without D1. */
  const MOOR_D1_ROWS: boolean | undefined;
}

/** Rows in D1. */
export interface D1RowsConfig {
  type: "d1";
  /**
   * The names of its bindings, all different. With several names, sessions are spread over that many databases. Default
   * `["MOOR_D1"]`.
   */
  bindings?: string[] | undefined;
}

/** The binding of D1, unless the settings name others. */
export interface D1RowsBindings {
  readonly MOOR_D1?: unknown;
}

/** The part of a D1 database that Moor uses. */
export interface Database {
  prepare(statement: string): { bind(...values: unknown[]): { all(): Promise<{ results: unknown[] }> } };
}

const DEFAULT_BINDING = "MOOR_D1";
const DEADLINE_MS = 1_500;

export const SQLITE: Dialect = {
  now: "CAST(unixepoch('subsec') * 1000 AS BIGINT)",
  parameter: (number) => `?${number}`,
};

/** D1. Without its Sessions API every statement goes to the primary. */
export const d1 = defineRowStore<D1RowsConfig, D1RowsBindings>()({
  title: "D1",
  schema: () => shape({ type: literal("d1"), bindings }),
  guarantees: { survivesRestart: true, tellsTime: true, namesDue: true },
  mistakes: repeatedBindings,
  bind: (env, { bindings: names = [DEFAULT_BINDING] }) =>
    typeof MOOR_D1_ROWS === "undefined" || MOOR_D1_ROWS
      ? shardRows(names.map((name) => ({ name, store: d1Rows(databaseIn(env, name)) })))
      : undefined,
});

/**
 * Rows in one database of D1.
 *
 * @param deadlineMs how long one statement may take, in milliseconds. Default 1,500.
 */
export function d1Rows(database: Database, deadlineMs = DEADLINE_MS): RowStore {
  const run: RunStatement = async (statement, values) => {
    try {
      const { results } = await withinDeadline(
        database
          .prepare(statement)
          .bind(...values)
          .all(),
        deadlineMs,
      );
      return results as Result[];
    } catch (fault) {
      throw faultOf(fault);
    }
  };
  const statements = statementsFor(SQLITE);
  return createSqlRows({ name: "d1", isMetered: true, statements, connect: () => ({ run, end: async () => {} }) });
}

/** The fault without the text of D1, which may quote the statement. */
function faultOf(fault: unknown): SqlFault {
  const known = fault instanceof Error ? /no such table|SQLITE_[A-Z_]+/.exec(fault.message)?.[0] : undefined;
  return new SqlFault("d1", known ?? "it did not answer");
}

function databaseIn(env: Readonly<Record<string, unknown>>, name: string): Database {
  const bound = env[name];
  if (typeof bound === "object" && bound !== null && "prepare" in bound) return bound as Database;
  throw new TypeError(`${name} is ${bound === undefined ? "not bound" : "no database of D1"}; it takes a D1 database.`);
}
