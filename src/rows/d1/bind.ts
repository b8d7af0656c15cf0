import { leftOut } from "../../lib/build-flags.ts";
import { withinDeadline } from "../../lib/deadline.ts";
import type { RowStore } from "../row-store.ts";
import { shardRows } from "../sharded-rows.ts";
import { SqlFault } from "../sql/sql-fault.ts";
import { createSqlRows, type Result, type RunStatement } from "../sql/sql-rows.ts";
import { type Dialect, statementsFor } from "../sql/statements.ts";

/** The part of a D1 database that Moor uses. */
export interface Database {
  prepare(statement: string): { bind(...values: unknown[]): { all(): Promise<{ results: unknown[] }> } };
}

/** The bindings of D1, by the names that `stores.authority.bindings` lists. */
export type D1Bindings = Readonly<Record<string, unknown>>;

/** The binding if the configuration names none. */
export const DEFAULT_BINDING = "MOOR_D1";
const DEADLINE_MS = 1_500;

export const SQLITE: Dialect = {
  now: "CAST(unixepoch('subsec') * 1000 AS BIGINT)",
  parameter: (number) => `?${number}`,
};

/**
 * Rows in D1. Without the Sessions API of D1 every statement goes to the primary.
 *
 * @throws TypeError that names the wrong binding and the accepted values, or if the build is without D1.
 */
export function bindD1Rows(env: D1Bindings, { bindings = [DEFAULT_BINDING] }: { bindings?: string[] }): RowStore {
  return typeof MOOR_D1_ROWS === "undefined" || MOOR_D1_ROWS
    ? shardRows(bindings.map((name) => ({ name, store: d1Rows(databaseIn(env, name)) })))
    : leftOut("MOOR_D1_ROWS", 'stores.authority is "d1"');
}

/** Rows in one database of D1. */
export function d1Rows(database: Database): RowStore {
  const run: RunStatement = async (statement, values) => {
    try {
      const { results } = await withinDeadline(
        database
          .prepare(statement)
          .bind(...values)
          .all(),
        DEADLINE_MS,
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

function databaseIn(env: D1Bindings, name: string): Database {
  const bound = env[name];
  if (typeof bound === "object" && bound !== null && "prepare" in bound) return bound as Database;
  throw new TypeError(`${name} is ${bound === undefined ? "not bound" : "no database of D1"}; it takes a D1 database.`);
}
