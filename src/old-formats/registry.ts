import { leftOut } from "../lib/build-flags.ts";
import { createRedisClient } from "../redis/client.ts";
import { addressIn } from "../row-stores/postgres/postgres-address.ts";
import { connectToPostgres } from "../row-stores/postgres/postgres-client.ts";
import { createExpressReader } from "./express-session.ts";
import type { OldReader } from "./format.ts";
import { STATE_BYTES } from "./hmac-state.ts";
import { createIronReader } from "./iron-session.ts";
import { type DerivedKey, readKeys } from "./keys.ts";
import { createNextAuthReader } from "./next-auth.ts";
import type { OldStore } from "./old-store.ts";
import { createPostgresStore } from "./postgres-store.ts";
import { createRedisStore } from "./redis-store.ts";
import type { OldStoreConfig, ReadFormat } from "./settings.ts";

/** The bindings of the readers. */
export interface ReaderBindings {
  /** Keys that `moor import express` derives. */
  readonly MOOR_EXPRESS_KEYS?: string;
  /** Keys that `moor import iron-session` derives. */
  readonly MOOR_IRON_KEYS?: string;
  /** Keys that `moor import next-auth` derives. */
  readonly MOOR_NEXT_AUTH_KEYS?: string;
  /** The Redis of the old application, over the REST protocol of Upstash. */
  readonly MOOR_OLD_REDIS_REST_URL?: string;
  readonly MOOR_OLD_REDIS_REST_TOKEN?: string;
  /** The Postgres of the old application: a Hyperdrive, or a secret with its address. */
  readonly MOOR_OLD_POSTGRES?: unknown;
}

/** For each format: the secret with its keys, the subcommand of `moor import` that makes them, and how many bytes they have. */
export const READERS = {
  "express-session": { secret: "MOOR_EXPRESS_KEYS", command: "express", keyBytes: [STATE_BYTES["SHA-256"]] },
  "iron-session": { secret: "MOOR_IRON_KEYS", command: "iron-session", keyBytes: [STATE_BYTES["SHA-1"]] },
  "next-auth": { secret: "MOOR_NEXT_AUTH_KEYS", command: "next-auth", keyBytes: [32, 64] },
} as const satisfies Record<ReadFormat, { secret: keyof ReaderBindings; command: string; keyBytes: readonly number[] }>;

/** The settings of a reader. */
export interface ReaderSettings {
  readonly from: ReadFormat;
  /** Given for express-session, and for no other. */
  readonly store?: Readonly<OldStoreConfig> | undefined;
}

/** Puts something before a store. */
export type GuardStore = (store: OldStore) => OldStore;

/** How long a command or a statement of an old store may take, in milliseconds. */
const DEADLINE_MS = 2_500;

/** The secrets of the Redis that connect-redis uses. */
export const OLD_REDIS = ["MOOR_OLD_REDIS_REST_URL", "MOOR_OLD_REDIS_REST_TOKEN"] as const;

/**
 * Binds the reader of a format.
 *
 * @param guard stands before the store of the old sessions, if there is one. Default: nothing does.
 * @throws TypeError that names the wrong binding and the accepted values, or if the build is without the reader.
 */
export function bindReader(
  env: ReaderBindings,
  settings: ReaderSettings,
  guard: GuardStore = (store) => store,
): OldReader {
  const { from } = settings;
  return typeof MOOR_READERS === "undefined" || MOOR_READERS
    ? bind(env, settings, guard)
    : leftOut("MOOR_READERS", `adopt has an entry of ${from} without confirm`);
}

function bind(env: ReaderBindings, settings: ReaderSettings, guard: GuardStore): OldReader {
  const { from } = settings;
  const { secret, command, keyBytes } = READERS[from];
  const keys = readKeys(env[secret], secret, command, keyBytes);
  const makers: Record<ReadFormat, (keys: readonly DerivedKey[]) => OldReader> = {
    "express-session": (keys) => createExpressReader(keys, guard(storeOf(env, settings))),
    "iron-session": createIronReader,
    "next-auth": createNextAuthReader,
  };
  return makers[from](keys);
}

function storeOf(env: ReaderBindings, { store }: ReaderSettings): OldStore {
  if (store?.type === "connect-pg-simple") {
    return typeof MOOR_POSTGRES_READER === "undefined" || MOOR_POSTGRES_READER
      ? postgresStore(env, store.table)
      : leftOut("MOOR_POSTGRES_READER", 'adopt has the store "connect-pg-simple"');
  }
  return typeof MOOR_REDIS_READER === "undefined" || MOOR_REDIS_READER
    ? redisStore(env, store?.prefix)
    : leftOut("MOOR_REDIS_READER", 'adopt has the store "connect-redis"');
}

function redisStore(env: ReaderBindings, prefix = "sess:"): OldStore {
  const { MOOR_OLD_REDIS_REST_URL: url, MOOR_OLD_REDIS_REST_TOKEN: token } = env;
  if (!url || !token) {
    const missing = url ? "MOOR_OLD_REDIS_REST_TOKEN" : "MOOR_OLD_REDIS_REST_URL";
    throw new TypeError(`${missing} is not set; adopt with the store "connect-redis" needs it.`);
  }
  return createRedisStore(createRedisClient({ url, token, deadlineMs: DEADLINE_MS }), prefix);
}

function postgresStore(env: ReaderBindings, table = "session"): OldStore {
  const url = addressIn({ ...env }, "MOOR_OLD_POSTGRES");
  return createPostgresStore(() => connectToPostgres({ url, deadlineMs: DEADLINE_MS }), table);
}
