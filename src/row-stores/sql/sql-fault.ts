import { TABLE } from "./statements.ts";

/** Codes that tell an operator what to do, of Postgres (https://www.postgresql.org/docs/current/errcodes-appendix.html) and of SQLite. */
const REMEDIES: Readonly<Record<string, string>> = {
  "42P01": `the table ${TABLE} is missing; "moor init --store postgres" writes its schema`,
  "no such table": `the table ${TABLE} is missing; "moor init --store d1" writes its migration`,
  "42501": `the user may not use the table ${TABLE}`,
  "28P01": "the password is wrong",
  "3D000": "there is no such database",
  "25006": "the server takes no writes",
  "53300": "the server has too many connections",
};
/** A statement lost against another writer, and may be run again. */
const SERIALIZATION = new Set(["40001", "40P01"]);

/** A fault of a database. Its text holds no values, so it may be logged. */
export class SqlFault extends Error {
  override readonly name = "SqlFault";
  readonly isSerialization: boolean;

  /** @param what a code of the database, or a text without values. */
  constructor(store: string, what: string) {
    super(`${store}: ${REMEDIES[what] ?? what}`);
    this.isSerialization = SERIALIZATION.has(what);
  }
}
