import { encodeBase64url } from "../../lib/base64url.ts";
import { alone } from "../alone.ts";
import type { RowConnection, RowRead, RowStore, RowWrite, RowWritten } from "../row-store.ts";
import { SqlFault } from "./sql-fault.ts";
import type { Statements } from "./statements.ts";

/** A row of a result. */
export type Result = Readonly<Record<string, unknown>>;

/**
 * Runs one statement, which is a transaction of its own.
 *
 * @throws SqlFault if no usable answer came in time.
 */
export type RunStatement = (
  statement: string,
  values: readonly (string | number | null)[],
) => Promise<readonly Result[]>;

/** A connection to a database, for one transaction of the authority. It opens with the first statement. */
export interface SqlConnection {
  readonly run: RunStatement;
  end(): Promise<void>;
}

/** The way to a database. */
export interface SqlRowsOptions {
  readonly name: string;
  readonly isMetered: boolean;
  readonly statements: Statements;
  connect(): SqlConnection;
  /** Whether a read does not come from a server that takes writes. Default: it always does. */
  isStandby?(read: Result): boolean;
}

const NONCE_BYTES = 12;
/** A row without an alarm wakes when it may be freed. */
const NEVER = Number.POSITIVE_INFINITY;

/** Rows in a table of a database, by single statements. The cron job frees rows, because a database does not do it by itself. */
export function createSqlRows({ name: store, isMetered, statements, connect, isStandby }: SqlRowsOptions): RowStore {
  async function read(run: RunStatement, name: string): Promise<Exclude<RowRead, { kind: "unavailable" }>> {
    const nonce = encodeBase64url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
    const [found] = await run(statements.read, [name, nonce]);
    if (!found || found.nonce !== nonce) throw new SqlFault(store, "a read was answered by a cache");
    if (isStandby?.(found)) throw new SqlFault(store, "a read was answered by a standby");
    const storeNow = Number(found.store_now);
    const { tag, body } = found;
    if (typeof tag === "string" && typeof body === "string") return { kind: "row", row: { tag, text: body }, storeNow };
    return { kind: "none", storeNow };
  }

  async function write(run: RunStatement, name: string, asked: RowWrite): Promise<RowWritten> {
    const { seen, next, keepUntil, dueAt, notAfter } = asked;
    const fields = next && [
      name,
      next.tag,
      next.text,
      keepUntil,
      dueAt ?? null,
      Math.min(keepUntil, dueAt ?? NEVER),
      notAfter,
    ];
    const written = await (fields
      ? seen === undefined
        ? run(statements.found, fields)
        : run(statements.replace, [...fields, seen])
      : seen === undefined
        ? []
        : run(statements.remove, [name, seen, notAfter]));
    if (written.length > 0) return { kind: "written" };
    const now = await read(run, name);
    // Tags are never used twice. So a row that still has the tag was not moved by anybody.
    if (seen !== (now.kind === "row" ? now.row.tag : undefined)) return { kind: "moved", now };
    return next || seen !== undefined ? { kind: "late" } : { kind: "written" };
  }

  const opened = (): RowConnection => {
    const { run, end } = connect();
    return {
      read: (name) => attempt(() => read(run, name)),
      write: (name, asked) =>
        attempt(async () => {
          try {
            return await write(run, name, asked);
          } catch (fault) {
            // Another writer came between, as under stricter levels of isolation.
            if (fault instanceof SqlFault && fault.isSerialization) return { kind: "moved" };
            throw fault;
          }
        }),
      end,
    };
  };

  const runAlone = (statement: string, limit: number, texts: readonly string[] = []) =>
    alone(connect(), ({ run }) => run(statement, [limit, ...texts]));
  const namesIn = (results: readonly Result[]) => ({
    kind: "names" as const,
    names: results.map(({ name }) => String(name)),
  });

  return {
    name: store,
    isMetered,
    connect: opened,
    read: (name) => alone(opened(), (connection) => connection.read(name)),
    write: (name, asked) => alone(opened(), (connection) => connection.write(name, asked)),
    due: (limit) => attempt(async () => namesIn(await runAlone(statements.due, limit))),
    sealedOtherwise: (starts, limit) =>
      attempt(async () => namesIn(await runAlone(statements.sealedOtherwise, limit, starts))),
    free: (limit) => attempt(async () => ({ kind: "freed", rows: (await runAlone(statements.free, limit)).length })),
  };
}

/** Returns `unavailable` for a fault of the database. Any other error is a mistake in the code, and is thrown on. */
async function attempt<T>(work: () => Promise<T>): Promise<T | { kind: "unavailable"; cause: SqlFault }> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof SqlFault) return { kind: "unavailable", cause };
    throw cause;
  }
}
