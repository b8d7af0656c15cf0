/** How a database writes what databases write differently. */
export interface Dialect {
  /** The time by the database's own clock, in whole milliseconds since 1970. It must not depend on a time zone. */
  readonly now: string;
  /** The parameter of this number, which begins at 1. */
  parameter(number: number): string;
  /** Further columns of a read, each with a comma before it. Default: none. */
  readonly alsoRead?: string;
}

/** The name of the table, in every database. */
export const TABLE = "moor_rows";

/** The table. `wakes_at` is the earlier of the times at which the row is due and at which it may be freed: one index serves both questions. */
export const SCHEMA = `CREATE TABLE IF NOT EXISTS ${TABLE} (
  name TEXT NOT NULL PRIMARY KEY,
  tag TEXT NOT NULL,
  body TEXT NOT NULL,
  keep_until BIGINT NOT NULL,
  due_at BIGINT,
  wakes_at BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS ${TABLE}_wakes_at ON ${TABLE} (wakes_at);
`;

/** The statements of a store of rows in SQL. Each is a transaction of its own. */
export type Statements = ReturnType<typeof statementsFor>;

/** Writes the statements. Parameters are in the order of the comment above each statement. */
export function statementsFor({ now, parameter, alsoRead = "" }: Dialect) {
  const text = (number: number) => `CAST(${parameter(number)} AS TEXT)`;
  const time = (number: number) => `CAST(${parameter(number)} AS BIGINT)`;
  // Postgres uses no index for a comparison with a clock. A subquery is evaluated once, and its result may be looked up.
  const once = `(SELECT ${now})`;
  return {
    // name, nonce. A text that no other read has is not answered from a cache.
    read: `SELECT r.tag, r.body, ${now} AS store_now, ${text(2)} AS nonce${alsoRead} FROM (SELECT 1) AS one LEFT JOIN ${TABLE} AS r ON r.name = ${text(1)}`,
    // name, tag, body, keep_until, due_at, wakes_at, notAfter
    found: `INSERT INTO ${TABLE} (name, tag, body, keep_until, due_at, wakes_at) SELECT ${text(1)}, ${text(2)}, ${text(3)}, ${time(4)}, ${time(5)}, ${time(6)} WHERE ${now} < ${time(7)} ON CONFLICT (name) DO NOTHING RETURNING tag`,
    // name, tag, body, keep_until, due_at, wakes_at, notAfter, the tag that was seen
    replace: `UPDATE ${TABLE} SET tag = ${text(2)}, body = ${text(3)}, keep_until = ${time(4)}, due_at = ${time(5)}, wakes_at = ${time(6)} WHERE name = ${text(1)} AND tag = ${text(8)} AND ${now} < ${time(7)} RETURNING tag`,
    // name, the tag that was seen, notAfter
    remove: `DELETE FROM ${TABLE} WHERE name = ${text(1)} AND tag = ${text(2)} AND ${now} < ${time(3)} RETURNING tag`,
    // limit. A row that is due wakes at that time, so the index has these rows in order.
    due: `SELECT name FROM ${TABLE} WHERE wakes_at <= ${once} AND due_at <= ${once} ORDER BY wakes_at LIMIT ${time(1)}`,
    // limit, and four texts of three characters
    sealedOtherwise: `SELECT name FROM ${TABLE} WHERE substr(body, 1, 3) NOT IN (${[2, 3, 4, 5].map(text).join(", ")}) LIMIT ${time(1)}`,
    // limit. The outer condition is judged again where another writer has just kept the row for longer.
    free: `DELETE FROM ${TABLE} WHERE keep_until <= ${now} AND name IN (SELECT name FROM ${TABLE} WHERE wakes_at <= ${once} AND keep_until <= ${once} LIMIT ${time(1)}) RETURNING tag`,
  };
}
