import type { Login } from "../../store/principal-contracts.ts";

/** The part of a Durable Object's storage that the rows use. */
export interface PrincipalStorage {
  readonly sql: {
    exec(query: string, ...bindings: (string | number)[]): { toArray(): Record<string, unknown>[] };
  };
  readonly kv: {
    get<T>(key: string): T | undefined;
    put(key: string, value: unknown): void;
  };
  deleteAll(): Promise<void>;
}

/**
 * `reserved`: a login is under way. `live`: the login has been committed. `ending`: the session is to be ended. `dueAt` is the
 * time for the next step: find out the outcome of the login, forget the session, or end it.
 */
export type RowState = "reserved" | "live" | "ending";

/** A session in the index. */
export interface Row extends Login {
  readonly state: RowState;
  readonly dueAt: number;
  /** Id of the change that reserved the place; "" if the place was not reserved. */
  readonly changeId: string;
}

/** The logouts of a principal at the provider, as the index remembers them. Times are milliseconds since 1970. */
export interface Logouts {
  /** The sessions at the provider that have ended, the newest last. */
  readonly sids: readonly string[];
  /** All logins that the provider had made by then have ended, by the provider's clock; 0: there was no such logout. */
  readonly issuedAt: number;
  /** The time of the newest logout, by the index's clock; 0: there was no logout. */
  readonly at: number;
}

const COLUMNS = "id, state, dueAt, changeId, at, bornAt, absoluteDeadline, country, colo, device";
// Without a rowid, a row costs one written row. A second index would cost another written row, and few principals have many
// sessions.
const CREATE = `CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY, state TEXT NOT NULL, dueAt INTEGER NOT NULL, changeId TEXT NOT NULL, at INTEGER NOT NULL,
  bornAt INTEGER NOT NULL, absoluteDeadline INTEGER NOT NULL,
  country TEXT NOT NULL, colo TEXT NOT NULL, device TEXT NOT NULL
) WITHOUT ROWID`;
/** Columns for logins at a provider. Code of another release, or without them, goes on to work, because they have defaults. */
const ADD = ["sid TEXT NOT NULL DEFAULT ''", "issuedAt INTEGER NOT NULL DEFAULT 0"];
const NOT_BEFORE = "notBefore";
const LOGOUTS = "logouts";

/** The rows of one principal's storage. The storage is not created until there is a row to keep. */
export class PrincipalRows {
  readonly #storage: PrincipalStorage;
  #exists: boolean;
  #hasAdded: boolean | undefined;

  constructor(storage: PrincipalStorage) {
    this.#storage = storage;
    const [table] = storage.sql.exec("SELECT sql FROM sqlite_master WHERE name = 'sessions'").toArray();
    this.#exists = table !== undefined;
    if (typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL)
      this.#hasAdded = String(table?.sql).includes("issuedAt");
  }

  get(id: string): Row | undefined {
    return this.#rows("WHERE id = ?", id)[0];
  }

  put(row: Row): void {
    if (!this.#exists) this.#storage.sql.exec(CREATE);
    this.#exists = true;
    let columns = COLUMNS;
    let full: Row = row;
    if ((typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) && (row.sid || row.issuedAt || this.#hasAdded)) {
      if (!this.#hasAdded)
        for (const column of ADD) this.#storage.sql.exec(`ALTER TABLE sessions ADD COLUMN ${column}`);
      this.#hasAdded = true;
      columns += ", sid, issuedAt";
      full = { sid: "", issuedAt: 0, ...row };
    }
    const values = columns.split(", ").map((name) => full[name as keyof Row] as string | number);
    const places = columns.replace(/\w+/g, "?");
    this.#storage.sql.exec(`INSERT OR REPLACE INTO sessions (${columns}) VALUES (${places})`, ...values);
  }

  /** Deletes a row, unless it has changed in the meantime. */
  drop({ id, state, changeId }: Pick<Row, "id" | "state" | "changeId">): void {
    if (!this.#exists) return;
    this.#storage.sql.exec("DELETE FROM sessions WHERE id = ? AND state = ? AND changeId = ?", id, state, changeId);
  }

  forget(id: string): void {
    if (this.#exists) this.#storage.sql.exec("DELETE FROM sessions WHERE id = ?", id);
  }

  postpone(id: string, dueAt: number): void {
    this.#storage.sql.exec("UPDATE sessions SET dueAt = ? WHERE id = ?", dueAt, id);
  }

  /**
   * How many sessions there are, or will be if the logins under way are committed. Sessions that are to be ended do not count.
   */
  count(): number {
    return this.#number("SELECT COUNT(*) AS number FROM sessions WHERE state <> 'ending'") ?? 0;
  }

  countOf(state: RowState): number {
    return this.#number("SELECT COUNT(*) AS number FROM sessions WHERE state = ?", state) ?? 0;
  }

  /** Sessions that could make room for another, the oldest first: live sessions, and reservations that are due. */
  replaceable(now: number, most: number): Row[] {
    return this.#rows("WHERE state = 'live' OR (state = 'reserved' AND dueAt <= ?) ORDER BY at LIMIT ?", now, most);
  }

  /** Live sessions, the newest login first, beginning after the session of `at` and `id`. */
  page(most: number, after?: { at: number; id: string }): Row[] {
    const { at, id } = after ?? { at: Number.MAX_SAFE_INTEGER, id: "" };
    const order = "ORDER BY at DESC, id DESC LIMIT ?";
    return this.#rows(`WHERE state = 'live' AND (at < ? OR (at = ? AND id < ?)) ${order}`, at, at, id, most);
  }

  due(now: number, most: number): Row[] {
    return this.#rows("WHERE dueAt <= ? ORDER BY dueAt LIMIT ?", now, most);
  }

  nextDueAt(): number | undefined {
    return this.#number("SELECT MIN(dueAt) AS number FROM sessions") ?? undefined;
  }

  /** Marks all live sessions for ending, except the session `except`. */
  endAll(now: number, except = ""): void {
    if (!this.#exists) return;
    const query = "UPDATE sessions SET state = 'ending', dueAt = ? WHERE state = 'live' AND id <> ?";
    this.#storage.sql.exec(query, now, except);
  }

  /** Marks the oldest live sessions for ending, so that `most` are left. */
  endOldest(now: number, most: number): void {
    const oldest = "SELECT id FROM sessions WHERE state = 'live' ORDER BY at DESC, id DESC LIMIT -1 OFFSET ?";
    const query = `UPDATE sessions SET state = 'ending', dueAt = ? WHERE id IN (${oldest})`;
    this.#storage.sql.exec(query, now, most);
  }

  /** Sessions that logged in at or before this time are ended, milliseconds since 1970; 0: no such time. */
  notBefore(): number {
    return this.#storage.kv.get<number>(NOT_BEFORE) ?? 0;
  }

  setNotBefore(at: number): void {
    this.#storage.kv.put(NOT_BEFORE, at);
  }

  /** The logouts at the provider, for logins that the index is told of later. `noted`: replaces them. */
  logouts(noted?: Logouts): Logouts | undefined {
    if (!(typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL)) return undefined;
    if (noted) this.#storage.kv.put(LOGOUTS, noted);
    return noted ?? this.#storage.kv.get<Logouts>(LOGOUTS);
  }

  /** Frees the storage. */
  async clear(): Promise<void> {
    this.#exists = false;
    if (typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) this.#hasAdded = false;
    await this.#storage.deleteAll();
  }

  #rows(where: string, ...bindings: (string | number)[]): Row[] {
    if (!this.#exists) return [];
    const query = `SELECT * FROM sessions ${where}`;
    return this.#storage.sql.exec(query, ...bindings).toArray() as unknown as Row[];
  }

  #number(query: string, ...bindings: (string | number)[]): number | null {
    if (!this.#exists) return null;
    return this.#storage.sql.exec(query, ...bindings).toArray()[0]?.number as number | null;
  }
}
