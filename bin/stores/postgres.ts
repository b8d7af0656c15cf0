import type { AuthorityConfig } from "../../src/config/types.ts";
import { isPercentEncoded } from "../../src/lib/percent-encoding.ts";
import { connectToPostgres } from "../../src/row-stores/postgres/postgres-client.ts";
import { DEFAULT_BINDING, POSTGRES } from "../../src/row-stores/postgres.ts";
import { SCHEMA, TABLE } from "../../src/row-stores/sql/statements.ts";
import { startLocalPostgres } from "./local-postgres.ts";
import { clockSentence, type StoreSetup } from "./store-setup.ts";

const FILE = "moor-rows.sql";
const DEADLINE_MS = 5_000;
const ASKED = `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commits,
  current_setting('full_page_writes') AS pages, current_setting('synchronous_standby_names') AS names,
  current_setting('default_transaction_read_only') AS reads_alone, pg_is_in_recovery() AS is_standby,
  to_regclass('${TABLE}') IS NOT NULL AS has_table, (SELECT count(*) FROM pg_stat_replication) AS standbys, ${POSTGRES.now} AS store_now`;

/** Postgres. Updates need room on the page of their row: then no index has to change. */
export const postgres: StoreSetup = {
  files: {
    [FILE]: `-- The table of Moor's sessions. It may be run again, and changes nothing then.\n${SCHEMA}ALTER TABLE ${TABLE} SET (fillfactor = 70);\n`,
  },
  settings: `
# Postgres through Hyperdrive. Without Hyperdrive: npx wrangler secret put MOOR_POSTGRES, with its address.
# [[hyperdrive]]
# binding = "MOOR_POSTGRES"
# id = "the id that npx wrangler hyperdrive create prints"
`,
  steps: [
    [`psql "$DATABASE_URL" -f ${FILE}`, "makes the table of sessions"],
    ["npx wrangler secret put MOOR_POSTGRES", "takes postgres://user:password@host:5432/database?sslmode=require"],
  ],
  served: (authority) =>
    bindingsOf(authority).map((name) => ({
      name,
      accepted: "postgres://user:password@host:5432/database?sslmode=require, with user and password percent-encoded",
      hostsOf: postgresHosts,
    })),
  local: {
    async start(folder) {
      const { url, port, stop } = await startLocalPostgres({ folder });
      return { variables: { [DEFAULT_BINDING]: url }, address: `127.0.0.1:${port}`, stop };
    },
  },
  audit: {
    variables: bindingsOf,
    async ask(values) {
      const sentences: string[] = [];
      for (const [name, url] of Object.entries(values)) {
        const said = await askOne(url);
        sentences.push(...said.map((text) => (Object.keys(values).length > 1 ? `${name}: ${text}` : text)));
      }
      return sentences;
    },
  },
};

/** The host of an address of Postgres; `undefined`: the text is no such address. */
export function postgresHosts(text: string): readonly string[] | undefined {
  const isAddress = /^postgres(?:ql)?:\/\/[^\s/?#]+\/\S+$/.test(text) && URL.canParse(text);
  return isAddress && isPercentEncoded(text) ? [new URL(text).hostname] : undefined;
}

function bindingsOf(authority: AuthorityConfig): readonly string[] {
  return ("bindings" in authority && authority.bindings) || [DEFAULT_BINDING];
}

async function askOne(url: string): Promise<string[]> {
  const connection = connectToPostgres({ url, deadlineMs: DEADLINE_MS });
  try {
    const [found = {}] = await connection.run(ASKED, []);
    const { fsync, commits, pages, names } = found;
    const standbys = Number(found.standbys);
    return [
      ...(found.has_table
        ? []
        : [`the table ${TABLE} is missing: run ${FILE}, which "moor init --store postgres" writes`]),
      ...(found.is_standby ? ["it is a standby: Moor refuses its answers; give the address of the primary"] : []),
      ...(found.reads_alone === "on" ? ["default_transaction_read_only is on: it takes no changes"] : []),
      ...(fsync === "on" ? [] : ["fsync is off: a crash of the machine can destroy the whole database; set on"]),
      ...(pages === "on" ? [] : ["full_page_writes is off: a crash of the machine can destroy rows; set on"]),
      ...(commits === "off" ? ["synchronous_commit is off: a crash loses acknowledged changes; set on"] : []),
      ...(standbys > 0 && (names === "" || commits === "local")
        ? [
            `${standbys} standbys follow asynchronously: a failover loses acknowledged changes; set synchronous_standby_names`,
          ]
        : []),
      ...clockSentence(Number(found.store_now), Date.now()),
    ];
  } finally {
    await connection.end();
  }
}
