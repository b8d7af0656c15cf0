import { fillDefaults, resolveSession } from "../../../src/config/defaults.ts";
import type { ResolvedConfig } from "../../../src/config/resolved.ts";
import type { CopyPolicy } from "../../../src/objects/session/copies.ts";
import { adoptOld, OLD_PATH } from "./old-shop.ts";
import type { RowServerName } from "./servers/servers.ts";

/** The settings that differ between these configurations of Moor. */
export interface Configuration {
  readonly stores: CopyPolicy;
  /** The server of rows that is the authority. There is no journal and no backup then. Default: Durable Objects are the authority. */
  readonly onRows?: RowServerName;
  /** Whether the sessions are in the cookies of browsers, and KV keeps their ends. */
  readonly inCookies?: boolean;
  readonly onStale: "serve" | "refuse";
  readonly strict?: boolean;
  readonly hasKv?: boolean;
  /** Whether Redis comes back, now and then, with the data that it held up to a minute ago. */
  readonly setsBack?: boolean;
  /** Whether there are two origins. Every other isolate can reach only the first, so sessions move to and fro. */
  readonly moves?: boolean;
  readonly session: ResolvedConfig["session"];
  /** How clients hold their tokens. Default: in cookies. */
  readonly carrier?: "header" | "url";
  /** The kind of schedules. Default: two browsers share a session now and then, while stores fail. */
  readonly played?:
    | "adopted"
    | "in-cookies"
    | "attacked"
    | "attacked-while-failing"
    | "attacked-with-flash"
    | "failed-over"
    | "parallel"
    | "set-back";
}

const sync = { replicate: "travel", backup: "sync", strictBackup: false } as const;
/** Idleness ends a session before the last token that could found it has died, so storage is freed by a second alarm. */
const foundableForADay = resolveSession({ newSessionHours: 24 });
const usual = { stores: sync, onStale: "refuse", session: foundableForADay } as const;
const attacked = {
  ...usual,
  hasKv: false,
  session: resolveSession({ newSessionHours: 24, graceSeconds: 5 }),
  played: "attacked",
} as const;

const onRows = { ...usual, stores: { ...sync, backup: "off" } } as const;
const setBack = { ...onRows, onStale: "serve", played: "set-back" } as const;
const failedOver = { ...setBack, played: "failed-over" } as const;

/**
 * The configurations by name. Each keeps the whole promise, except for the parts that docs/explanation/consistency.md
 * excludes.
 */
export const configurations = {
  "sync-strict": { ...usual, stores: { ...sync, strictBackup: true } },
  sync: usual,
  "sync-always": { ...usual, stores: { ...sync, replicate: "always" } },
  "sync-moves": { ...usual, stores: { ...sync, replicate: "always" }, moves: true },
  "sync-idle": { ...usual, session: resolveSession({ idleSeconds: 600, firstIdleSeconds: 300 }) },
  "sync-absolute": { ...usual, session: resolveSession({ idleSeconds: 1_200, absoluteSeconds: 1_800 }) },
  "sync-no-kv": { ...usual, hasKv: false },
  "sync-set-back": { ...usual, setsBack: true },
  "sync-strict-route": { ...usual, strict: true },
  async: { ...usual, stores: { ...sync, backup: "async" } },
  "async-serve": { ...usual, stores: { ...sync, backup: "async" }, onStale: "serve" },
  // No user has this configuration: it refuses an end that cannot be backed up, although it backs up other changes
  // later.
  "async-strict": { ...usual, stores: { ...sync, backup: "async", strictBackup: true } },
  "attack-at-once": { ...attacked, session: resolveSession({ newSessionHours: 24, graceSeconds: 0 }) },
  attack: attacked,
  "attack-long": { ...attacked, session: foundableForADay },
  "attack-flash": { ...attacked, played: "attacked-with-flash" },
  "attack-header": { ...attacked, played: "attacked-with-flash", carrier: "header" },
  "attack-url": { ...attacked, played: "attacked-with-flash", carrier: "url" },
  "attack-failing": { ...usual, played: "attacked-while-failing" },
  // Visitors arrive with cookies of an old application, and thieves copy these cookies.
  adopt: { ...attacked, played: "adopted" },
  "rows-adopt": { ...attacked, stores: { ...sync, backup: "off" }, onRows: "memory", played: "adopted" },
  // A single person with many tabs: shows the cost of the generations' rules to a person without an attacker.
  parallel: { ...usual, hasKv: false, played: "parallel" },
  rows: { ...usual, stores: { ...sync, backup: "off" }, onRows: "memory" },
  "rows-always": { ...usual, stores: { ...sync, replicate: "always", backup: "off" }, onRows: "memory" },
  "rows-redis": { ...onRows, onRows: "redis" },
  "rows-redis-tcp": { ...onRows, onRows: "redis-tcp" },
  "rows-memcached": { ...onRows, onRows: "memcached" },
  "rows-d1": { ...onRows, onRows: "d1" },
  "rows-postgres": { ...onRows, onRows: "postgres" },
  "rows-idle": {
    ...usual,
    stores: { ...sync, backup: "off" },
    onRows: "memory",
    session: resolveSession({ idleSeconds: 600, firstIdleSeconds: 300 }),
  },
  "rows-attack": {
    ...attacked,
    stores: { ...sync, backup: "off" },
    onRows: "memory",
    played: "attacked-while-failing",
  },
  cookie: { ...usual, stores: { ...sync, replicate: "off", backup: "off" }, inCookies: true, played: "in-cookies" },
  "cookie-idle": {
    ...usual,
    stores: { ...sync, replicate: "off", backup: "off" },
    inCookies: true,
    session: resolveSession({ idleSeconds: 600, firstIdleSeconds: 300, newSessionHours: 1 }),
    played: "in-cookies",
  },
  off: { ...usual, stores: { ...sync, backup: "off" }, session: resolveSession() },
  "objects-set-back": { ...usual, played: "set-back" },
  "rows-set-back": { ...setBack, onRows: "memory" },
  "rows-redis-set-back": { ...setBack, onRows: "redis" },
  "rows-redis-tcp-set-back": { ...failedOver, onRows: "redis-tcp" },
  "rows-redis-wait-set-back": { ...failedOver, onRows: "redis-wait" },
  "rows-d1-set-back": { ...setBack, onRows: "d1" },
  "rows-postgres-set-back": { ...setBack, onRows: "postgres" },
  // Its set-back is a restart, which empties it.
  "rows-memcached-set-back": { ...setBack, onRows: "memcached" },
} satisfies Record<string, Configuration>;

export type ConfigurationName = keyof typeof configurations;

/** The path of the origin that isolates cannot reach when they see an origin fail. */
export const AWAY = "/away";

/**
 * The whole configuration of an isolate whose origin is at `url`. Where sessions move, a second origin is below {@link
 * AWAY}.
 */
export function resolvedFor(
  { stores, onStale, strict, moves, session, carrier, played, inCookies }: Configuration,
  url: string,
): ResolvedConfig {
  const freshness = strict ? ("strict" as const) : ("bounded" as const);
  const origins = [{ id: "a", url }, ...(moves ? [{ id: "b", url: url + AWAY }] : [])];
  const adopts = played === "adopted";
  const config = fillDefaults({
    pools: [
      { id: "shop", origins, failback: "immediate", attemptDeadlineMs: 60_000 },
      ...(adopts ? [{ id: "old", origins: [{ id: "old", url: url + OLD_PATH }] }] : []),
    ],
    ...(adopts ? { adopt: [adoptOld(session.graceSeconds)] } : {}),
    routes: [{ path: "/*", pool: "shop", freshness, onStale }],
    ...(carrier ? { carriers: [{ type: carrier }] } : {}),
  });
  const authority = inCookies ? ({ type: "cookie", revocation: "kv" } as const) : config.stores.authority;
  return { ...config, session, stores: { ...config.stores, ...stores, authority } };
}
