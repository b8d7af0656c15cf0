import { carry } from "../../../../emulation/link.ts";
import { withinDeadline } from "../../../../src/lib/deadline.ts";
import { d1Rows } from "../../../../src/row-stores/d1.ts";
import { postgresRowsBy } from "../../../../src/row-stores/postgres.ts";
import { SqlFault } from "../../../../src/row-stores/sql/sql-fault.ts";
import type { Result, RunStatement } from "../../../../src/row-stores/sql/sql-rows.ts";
import type { CreateRowServer, RowServerParts } from "./server.ts";
import { createSqlServer, type SqlServer } from "./sqlite.ts";

const DEADLINE_MS = 1_500;
const ERRORS = { down: () => new Error("no answer"), lost: () => new Error("no answer") };

/** One of so many writes fails although nobody was faster, as under the level `serializable`. */
const CONFLICT_IN = 8;
/** One of so many reads is answered by a standby, which is so far behind. */
const STANDBY_IN = 10;
const STANDBY_BEHIND_MS = 4_000;
/** A proxy repeats the answer to the same statement with the same values for so long. */
const REPEATED_MS = 60_000;

/** D1: the statements of its driver, on SQLite. */
export const rowsInD1: CreateRowServer = (parts) => {
  const server = createSqlServer(parts.serverNow);
  const rowsBy = (run: RunStatement) =>
    d1Rows({
      prepare: (statement) => ({
        bind: (...values) => ({
          all: async () => ({ results: [...(await run(statement, values as (string | number | null)[]))] }),
        }),
      }),
    });
  return {
    store: rowsBy(async (statement, values) => server.run(statement, values)),
    from: (location) => rowsBy(overLink(parts, location, async (...asked) => server.run(...asked))),
    setBack: server.setBack,
    close: server.close,
  };
};

/**
 * Postgres: the statements of its driver, on SQLite, with the words that only Postgres has replaced. Before it stands a proxy that repeats
 * answers, and sends some reads to a standby. Writes meet serialization failures.
 */
export const rowsInPostgres: CreateRowServer = (parts) => {
  const server = createSqlServer(parts.serverNow);
  const proxied = proxyOf(server, parts);
  const rowsBy = (run: RunStatement) => postgresRowsBy(() => ({ run, end: async () => {} }));
  const overProxy = (location: string): RunStatement => {
    const run = overLink(parts, location, proxied);
    return async (...asked) => {
      try {
        return await withinDeadline(run(...asked), DEADLINE_MS);
      } catch (fault) {
        throw fault instanceof SqlFault ? fault : new SqlFault("postgres", "it did not answer");
      }
    };
  };
  return {
    store: rowsBy(async (statement, values) => primary(server, statement, values)),
    from: (location) => rowsBy(overProxy(location)),
    setBack: server.setBack,
    close: server.close,
  };
};

function overLink({ clock, latencyMs, faultOf }: RowServerParts, from: string, run: RunStatement): RunStatement {
  return (...asked) => {
    const travel = { clock, requestMs: latencyMs(), responseMs: latencyMs(), errors: ERRORS };
    const fault = faultOf(from, asked[0].startsWith("SELECT") ? "read" : "write");
    return carry(() => run(...asked), { ...travel, fault });
  };
}

function proxyOf(server: SqlServer, { random, serverNow, isCalm }: RowServerParts): RunStatement {
  const happens = (oneIn: number) => !isCalm() && random.below(oneIn) === 0;
  const repeated = new Map<string, { readonly at: number; readonly results: readonly Result[] }>();

  return async (statement, values) => {
    if (!statement.startsWith("SELECT")) {
      if (happens(CONFLICT_IN)) throw new SqlFault("postgres", "40001");
      return primary(server, statement, values);
    }
    const key = JSON.stringify([statement, values]);
    const known = repeated.get(key);
    if (known && !isCalm() && serverNow() < known.at + REPEATED_MS) return known.results;
    const isByStandby = happens(STANDBY_IN);
    const results = isByStandby ? standby(server, statement, values) : primary(server, statement, values);
    repeated.set(key, { at: serverNow(), results });
    return results;
  };
}

/** Runs a statement of Postgres on SQLite. */
function primary(server: SqlServer, statement: string, values: Parameters<RunStatement>[1]): readonly Result[] {
  const translated = statement
    .replaceAll("extract(epoch FROM clock_timestamp())", "unixepoch('subsec')")
    .replaceAll(/\$(\d)/g, "?$1");
  return server.run(translated, values).map(withBoolean);
}

/** The answer of a standby, which has the row as it was some seconds ago. */
function standby(server: SqlServer, statement: string, values: Parameters<RunStatement>[1]): readonly Result[] {
  const [name] = values;
  const answer = primary(server, statement, values);
  if (typeof name !== "string") return answer;
  const { tag = null, body = null } = server.rowBefore(name, STANDBY_BEHIND_MS) ?? {};
  return answer.map((result) => ({ ...result, tag, body, ...("is_standby" in result ? { is_standby: true } : {}) }));
}

function withBoolean(result: Result): Result {
  return "is_standby" in result ? { ...result, is_standby: result.is_standby === 1 } : result;
}
