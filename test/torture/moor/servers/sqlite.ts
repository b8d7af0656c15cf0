import { DatabaseSync } from "node:sqlite";
import type { Result } from "../../../../src/row-stores/sql/sql-rows.ts";
import { SCHEMA, TABLE } from "../../../../src/row-stores/sql/statements.ts";

type Value = string | number | null;

/** A row of the table, whatever its columns are. */
type TableRow = Readonly<Record<string, Value>>;

interface Replaced {
  readonly at: number;
  readonly name: string;
  /** `undefined`: there was no such row. */
  readonly before: TableRow | undefined;
}

/** SQLite with the table of rows, which remembers how each row was. */
export interface SqlServer {
  /**
   * Runs a statement of a driver.
   *
   * @throws the error of SQLite.
   */
  run(statement: string, values: readonly Value[]): readonly Result[];
  /** The row as it was so many milliseconds ago. */
  rowBefore(name: string, ms: number): TableRow | undefined;
  /** Each row becomes as it was so many milliseconds ago. Rows that were freed since then stay away. */
  setBack(ms: number): void;
  close(): void;
}

/** @param now the clock of the server, in milliseconds since 1970. */
export function createSqlServer(now: () => number): SqlServer {
  const database = new DatabaseSync(":memory:");
  database.function("unixepoch", { varargs: true }, () => now() / 1000);
  database.function("pg_is_in_recovery", () => 0);
  database.exec(SCHEMA);
  const find = database.prepare(`SELECT * FROM ${TABLE} WHERE name = ?`);
  const forget = database.prepare(`DELETE FROM ${TABLE} WHERE name = ?`);
  /** What each write has replaced, the oldest first. */
  const replaced: Replaced[] = [];
  const prepared = new Map<string, ReturnType<DatabaseSync["prepare"]>>();

  const rowNow = (name: string) => find.get(name) as TableRow | undefined;

  function put(name: string, row: TableRow | undefined): void {
    forget.run(name);
    if (!row) return;
    const columns = Object.keys(row);
    const places = columns.map(() => "?").join(", ");
    database.prepare(`INSERT INTO ${TABLE} (${columns.join(", ")}) VALUES (${places})`).run(...Object.values(row));
  }

  return {
    run(statement, values) {
      const known = prepared.get(statement) ?? database.prepare(statement);
      prepared.set(statement, known);
      const [name] = values;
      // Every statement that changes one row has its name first. The statement that frees rows has a number there.
      if (statement.startsWith("SELECT") || typeof name !== "string") return known.all(...values);
      const before = rowNow(name);
      const results = known.all(...values);
      if (results.length > 0) replaced.push({ at: now(), name, before });
      return results;
    },

    rowBefore(name, ms) {
      const until = now() - ms;
      const next = replaced.find((write) => write.name === name && write.at > until);
      return next ? next.before : rowNow(name);
    },

    setBack(ms) {
      const until = now() - ms;
      for (let last = replaced.at(-1); last && last.at > until; last = replaced.at(-1)) {
        replaced.pop();
        put(last.name, last.before);
      }
    },

    close: () => database.close(),
  };
}
