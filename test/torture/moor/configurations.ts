import { resolveSession } from "../../../src/config/defaults.ts";
import type { ResolvedConfig } from "../../../src/config/types.ts";

/** What differs between the ways in which Moor is run here. */
export interface Configuration {
  readonly stores: ResolvedConfig["stores"];
  readonly onStale: "serve" | "refuse";
  readonly strict?: boolean;
  readonly hasKv?: boolean;
  readonly session?: Partial<ResolvedConfig["session"]>;
}

const sync = { replicate: "travel", backup: "sync", strictBackup: false } as const;

/** By name. Each keeps the whole promise, unless docs/consistency.md says what it does not. */
export const configurations = {
  "sync-strict": { stores: { ...sync, strictBackup: true }, onStale: "refuse" },
  sync: { stores: sync, onStale: "refuse" },
  "sync-always": { stores: { ...sync, replicate: "always" }, onStale: "refuse" },
  "sync-no-kv": { stores: sync, onStale: "refuse", hasKv: false },
  "sync-strict-route": { stores: sync, onStale: "refuse", strict: true },
  async: { stores: { ...sync, backup: "async" }, onStale: "refuse" },
  off: { stores: { ...sync, backup: "off" }, onStale: "refuse" },
} satisfies Record<string, Configuration>;

export type ConfigurationName = keyof typeof configurations;

/** The whole configuration of an isolate whose only origin is at `url`. */
export function resolvedFor({ stores, onStale, strict, session }: Configuration, url: string): ResolvedConfig {
  const pool = {
    id: "shop",
    origins: [{ id: "a", url, weight: 1 }],
    hashPolicy: [{ type: "session-id" as const }],
    attemptDeadlineMs: 60_000,
    session: { see: true as const, may: ["patch", "principal", "end"] as const },
  };
  const route = {
    host: undefined,
    path: "/*",
    pool: "shop",
    session: true,
    freshness: strict ? ("strict" as const) : ("bounded" as const),
    retry: "safe" as const,
    onStale,
  };
  return {
    pools: [pool],
    routes: [route],
    session: { ...resolveSession({ graceSeconds: 30 }), ...session },
    stores,
    handoff: { dataBytes: 2_048 },
    explain: false,
  };
}
