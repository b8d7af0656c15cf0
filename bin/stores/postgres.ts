import { SCHEMA } from "../../src/rows/sql/statements.ts";
import type { StoreSetup } from "./store-setup.ts";

const FILE = "moor-rows.sql";

/** Postgres. Updates need room on the page of their row: then no index has to change. */
export const postgres: StoreSetup = {
  authority: { type: "postgres" },
  files: {
    [FILE]: `-- The table of Moor's sessions. It may be run again, and changes nothing then.\n${SCHEMA}ALTER TABLE moor_rows SET (fillfactor = 70);\n`,
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
};
