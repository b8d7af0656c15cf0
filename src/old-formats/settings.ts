import { literal, optional } from "valibot";
import { textRule } from "../settings/grammar.ts";
import { oneByItsOwn, shape, value } from "../settings/shapes.ts";

/** The frameworks whose sessions Moor reads by itself. */
export const READ_FORMATS = ["express-session", "iron-session", "next-auth"] as const;
/** A framework whose sessions Moor reads by itself. */
export type ReadFormat = (typeof READ_FORMATS)[number];

/** The sessions of express-session in Redis. Moor reaches this Redis by the REST protocol of Upstash. */
export interface ConnectRedisConfig {
  type: "connect-redis";
  /** The prefix of the keys, as connect-redis has it. Default `"sess:"`. */
  prefix?: string | undefined;
}

/** The sessions of express-session in Postgres. */
export interface ConnectPgSimpleConfig {
  type: "connect-pg-simple";
  /** The table, after its schema and a dot if need be. Default `"session"`. */
  table?: string | undefined;
}

/** The store in which express-session keeps its sessions. */
export type OldStoreConfig = ConnectRedisConfig | ConnectPgSimpleConfig;

const prefix = textRule("at most 128 visible ASCII characters", (text) => /^[\x21-\x7e]{0,128}$/.test(text));
const table = textRule("the name of a table of A-Z a-z 0-9 _, as in session or web.session", (text) =>
  /^(?:[A-Za-z_]\w{0,62}\.)?[A-Za-z_]\w{0,62}$/.test(text),
);

/** Names that lead to a value, as in `passport.user`. */
export const valuePath = textRule("1 to 8 names with dots between them, as in passport.user", (text) =>
  /^[^.\s]{1,64}(?:\.[^.\s]{1,64}){0,7}$/.test(text),
);

/** The form of `adopt[].store`. */
export const oldStore = oneByItsOwn("type", {
  "connect-redis": shape({ type: literal("connect-redis"), prefix: optional(value(prefix)) }),
  "connect-pg-simple": shape({ type: literal("connect-pg-simple"), table: optional(value(table)) }),
});

/** Whether Moor reads sessions of this name by itself. */
export function isReadFormat(from: unknown): from is ReadFormat {
  return READ_FORMATS.some((format) => format === from);
}
