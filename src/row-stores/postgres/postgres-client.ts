import type { Sql } from "postgres";
import { withinDeadline } from "../../lib/deadline.ts";
import { SqlFault } from "../sql/sql-fault.ts";
import type { Result, SqlConnection } from "../sql/sql-rows.ts";

const STORE = "postgres";
const CONNECT_SECONDS = 2;

/** The address of a Postgres, and the deadline of a statement. */
export interface PostgresAddress {
  /** `postgres://user:password@host:port/database?sslmode=require`. */
  readonly url: string;
  /** How long one statement may take, with the connection before it, in milliseconds. */
  readonly deadlineMs: number;
}

/**
 * A connection to Postgres. It belongs to the request that opens it, because a socket of a Worker does not outlive its request. After a fault
 * the socket is thrown away: a late answer would be taken for the answer to the next statement.
 */
export function connectToPostgres({ url, deadlineMs }: PostgresAddress): SqlConnection {
  let open: Sql | undefined;

  async function begin(): Promise<Sql> {
    const { default: postgres } = await import("postgres");
    return postgres(url, {
      max: 1,
      fetch_types: false,
      connect_timeout: CONNECT_SECONDS,
      onnotice() {},
    });
  }

  async function end(): Promise<void> {
    const ended = open;
    open = undefined;
    // The server needs no goodbye. A connection that is already lost cannot be ended again.
    await ended?.end({ timeout: 0 }).catch(() => {});
  }

  return {
    async run(statement, values) {
      try {
        open ??= await begin();
        // It prepares nothing: a pooler in between may give each statement another server, which knows no prepared statement.
        const answered = open.unsafe<Result[]>(statement, [...values]);
        return await withinDeadline(answered, deadlineMs);
      } catch (fault) {
        await end();
        throw faultOf(fault);
      }
    },
    end,
  };
}

/** The fault without the texts of the server, which may quote values. */
function faultOf(fault: unknown): SqlFault {
  const code = typeof fault === "object" && fault !== null && "code" in fault ? fault.code : undefined;
  return new SqlFault(STORE, typeof code === "string" && /^[0-9A-Z_]{5,30}$/.test(code) ? code : "it did not answer");
}
