import { SCHEMA } from "../../src/row-stores/sql/statements.ts";
import type { StoreSetup } from "./store-setup.ts";

const NAME = "moor-sessions";

/** D1, whose schema is a migration of wrangler. */
export const d1: StoreSetup = {
  files: { "migrations/0001_moor_rows.sql": `-- The table of Moor's sessions.\n${SCHEMA}` },
  settings: `
# The sessions. Put the id here that npx wrangler d1 create prints.
[[d1_databases]]
binding = "MOOR_D1"
database_name = "${NAME}"
database_id = "00000000-0000-0000-0000-000000000000"
`,
  steps: [
    [`npx wrangler d1 create ${NAME}`, "makes the database, whose id belongs into wrangler.toml"],
    [`npx wrangler d1 migrations apply ${NAME} --remote`, "makes the table of sessions"],
  ],
};
