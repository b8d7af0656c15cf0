import { fillDefaults, resolveSession } from "../../../src/config/defaults.ts";
import type { ResolvedConfig } from "../../../src/config/resolved.ts";

/** What differs between the ways in which Moor is run here. */
export interface Configuration {
  readonly stores: ResolvedConfig["stores"];
  readonly onStale: "serve" | "refuse";
  readonly strict?: boolean;
  readonly hasKv?: boolean;
  /** Whether Redis comes back, now and then, with what it held up to a minute ago. */
  readonly setsBack?: boolean;
  /** Whether there are two origins, of which every other isolate can reach one alone: sessions move to and fro. */
  readonly moves?: boolean;
  readonly session: ResolvedConfig["session"];
  /** How clients hold what they are given. Default: in cookies. */
  readonly carrier?: "header" | "url";
  /** What schedules are made of. Default: two share a session now and then, while stores fail. */
  readonly played?: "attacked" | "attacked-while-failing" | "attacked-with-flash" | "parallel";
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

/** By name. Each keeps the whole promise, unless docs/explanation/consistency.md says what it does not. */
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
  // No configuration of a user: an end that cannot be backed up is refused, though other changes are backed up later.
  "async-strict": { ...usual, stores: { ...sync, backup: "async", strictBackup: true } },
  "attack-at-once": { ...attacked, session: resolveSession({ newSessionHours: 24, graceSeconds: 0 }) },
  attack: attacked,
  "attack-long": { ...attacked, session: foundableForADay },
  "attack-flash": { ...attacked, played: "attacked-with-flash" },
  "attack-header": { ...attacked, played: "attacked-with-flash", carrier: "header" },
  "attack-url": { ...attacked, played: "attacked-with-flash", carrier: "url" },
  "attack-failing": { ...usual, played: "attacked-while-failing" },
  // One person, many tabs: what the rules of the generations cost somebody whom nobody attacks.
  parallel: { ...usual, hasKv: false, played: "parallel" },
  off: { ...usual, stores: { ...sync, backup: "off" }, session: resolveSession() },
} satisfies Record<string, Configuration>;

export type ConfigurationName = keyof typeof configurations;

/** What isolates that see an origin fail cannot reach. */
export const AWAY = "/away";

/** The whole configuration of an isolate whose origin is at `url`, and where sessions move another below {@link AWAY}. */
export function resolvedFor(
  { stores, onStale, strict, moves, session, carrier }: Configuration,
  url: string,
): ResolvedConfig {
  const freshness = strict ? ("strict" as const) : ("bounded" as const);
  const origins = [{ id: "a", url }, ...(moves ? [{ id: "b", url: url + AWAY }] : [])];
  const config = fillDefaults({
    pools: [{ id: "shop", origins, failback: "immediate", attemptDeadlineMs: 60_000 }],
    routes: [{ path: "/*", pool: "shop", freshness, onStale }],
    ...(carrier ? { carriers: [{ type: carrier }] } : {}),
  });
  return { ...config, session, stores };
}
