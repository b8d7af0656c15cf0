import { encodeBase64url } from "../lib/base64url.ts";
import { SqlFault } from "../row-stores/sql/sql-fault.ts";
import type { RunStatement, SqlConnection } from "../row-stores/sql/sql-rows.ts";
import { MOST_BYTES } from "./bounded-json.ts";
import { DONE } from "./format.ts";
import type { OldStore } from "./old-store.ts";

const STORE = "connect-pg-simple";

/**
 * The sessions that connect-pg-simple keeps in a table. Its times have no time zone: they are in the time zone of the connection, which is
 * the default of the database for Moor and for the application.
 *
 * @param connect opens a connection. It is ended after each call.
 * @param table the name of the table, after its schema and a dot if need be.
 */
export function createPostgresStore(connect: () => SqlConnection, table: string): OldStore {
  const quoted = table
    .split(".")
    .map((name) => `"${name}"`)
    .join(".");
  // The clock and the random text keep caches from answering.
  const read = `SELECT CAST($2 AS text) AS nonce, pg_is_in_recovery() AS is_standby,
    octet_length(CAST(sess AS text)) AS bytes,
    CASE WHEN octet_length(CAST(sess AS text)) <= ${MOST_BYTES} THEN CAST(sess AS text) END AS sess,
    CAST(extract(epoch FROM CAST(expire AS timestamptz)) * 1000 AS BIGINT) AS expires_at
    FROM (SELECT 1) AS one LEFT JOIN ${quoted} ON sid = $1 AND expire >= clock_timestamp()`;
  const remove = `DELETE FROM ${quoted} WHERE sid = $1`;

  async function withConnection<Outcome>(work: (run: RunStatement) => Promise<Outcome>) {
    const connection = connect();
    try {
      return await work(connection.run);
    } catch (cause) {
      if (cause instanceof SqlFault) return { kind: "unavailable" as const, cause };
      throw cause;
    } finally {
      await connection.end();
    }
  }

  return {
    read: (id) =>
      withConnection(async (run) => {
        const nonce = encodeBase64url(crypto.getRandomValues(new Uint8Array(12)));
        const [row] = await run(read, [id, nonce]);
        if (row?.nonce !== nonce) throw new SqlFault(STORE, "a read was answered by a cache");
        if (row.is_standby !== false) throw new SqlFault(STORE, "a read was answered by a standby");
        const { bytes, sess, expires_at: expiresAt } = row;
        if (bytes === null) return { kind: "none" as const };
        if (typeof sess !== "string") {
          return { kind: "unreadable" as const, reason: `its session is longer than ${MOST_BYTES} bytes` };
        }
        return { kind: "found" as const, text: sess, expiresAt: Number(expiresAt) };
      }),
    end: (id) =>
      withConnection(async (run) => {
        await run(remove, [id]);
        return DONE;
      }),
  };
}
