import { readConfig } from "../../src/config/read.ts";
import type { ResolvedPool } from "../../src/config/resolved.ts";
import { PoolAuthority } from "../../src/objects/pool/pool-authority.ts";
import { PoolRows } from "../../src/objects/pool/pool-rows.ts";
import type { ProbeResult } from "../../src/upstream/live/pool-contracts.ts";
import type { PoolState } from "../../src/upstream/live/pool-state.ts";
import { BETWEEN_KV_WRITES_MS } from "../../src/upstream/live/published-states.ts";
import { poolStorageOn } from "../pool-storage.ts";
import type { Random } from "./random.ts";

/** The object of a pool: {@link PoolAuthority} on rows in memory. */
export interface PoolObject {
  readonly authority: PoolAuthority;
  /** When its alarm rings next; `Infinity`: it is not set. */
  alarmAt(): number;
  ring(): Promise<void>;
  /** How large its largest row is, in bytes of JSON. */
  largestRow(): number;
}

/** The parts that the object of a pool works with. */
export interface PoolObjectParts {
  readonly clock: () => number;
  readonly random: Random;
  readonly publish: (state: PoolState) => Promise<void>;
  readonly probe?: (origin: string) => Promise<ProbeResult>;
}

export function createPoolObject({ clock, random, publish, probe }: PoolObjectParts): PoolObject {
  const rows = new Map<string, unknown>();
  let alarm: number | null = null;
  const authority = new PoolAuthority({
    rows: new PoolRows(poolStorageOn(rows)),
    alarms: {
      getAlarm: async () => alarm,
      setAlarm: async (at) => {
        alarm = at;
      },
    },
    publish: (_, state) => publish(state),
    betweenPublicationsMs: BETWEEN_KV_WRITES_MS,
    probe: async ({ id }) => (await probe?.(id)) ?? { kind: "passed", status: 200 },
    sendNote: async () => {},
    keepAlive: () => {},
    clock,
    random: random.next,
    log: () => {},
  });
  return {
    authority,
    alarmAt: () => alarm ?? Infinity,
    async ring() {
      alarm = null;
      await authority.alarm();
    },
    largestRow: () => Math.max(0, ...Array.from(rows.values(), (row) => Buffer.byteLength(JSON.stringify(row)))),
  };
}

/** A pool with so many origins, all of which are probed. */
export function poolOf(origins: number): ResolvedPool {
  const read = readConfig({
    pools: [
      {
        id: "shop",
        healthCheck: { path: "/health" },
        origins: Array.from({ length: origins }, (_, i) => ({
          id: `origin-${i}`,
          url: `https://origin-${i}.shop.example.com`,
        })),
      },
    ],
    routes: [{ path: "/*", pool: "shop" }],
  });
  if (read.kind === "invalid") throw new TypeError(`the configuration is not valid: ${JSON.stringify(read.mistakes)}`);
  return read.config.pools[0] as ResolvedPool;
}
