import { Client } from "../../bench/cost/client.ts";
import type { PoolState } from "../../src/upstream/live/pool-state.ts";
import { BEGUN_AT, createFleet } from "./fleet.ts";
import { createPoolObject, poolOf } from "./pool-object.ts";
import { createRandom } from "./random.ts";
import { leastGap, mostInOneSecond } from "./statistics.ts";

/** The writes of a KV key under the hardest load of its writers. */
export interface KeyWrites {
  readonly key: string;
  readonly about: string;
  /** Changes that each would have been worth a write. */
  readonly asked: number;
  readonly writes: number;
  readonly mostInOneSecond: number;
  readonly leastGapSeconds: number;
}

const AWAY_MS = 13 * 3_600_000;

/**
 * An operator's script that changes a pool five times a second, while probes find one origin after the other dead and
 * alive again.
 */
export async function runPoolKey(seed: number, minutes: number): Promise<KeyWrites> {
  const random = createRandom(seed);
  let now = BEGUN_AT;
  const writes: number[] = [];
  const publish = async (_: PoolState) => void writes.push(now);
  const object = createPoolObject({
    clock: () => now,
    random,
    publish,
    probe: async () => (random.next() < 0.5 ? { kind: "passed", status: 200 } : { kind: "status", status: 503 }),
  });
  const pool = poolOf(10);
  const { id, healthCheck, origins } = pool;
  if (!healthCheck) throw new TypeError("the pool is not probed");
  let asked = 0;
  for (let at = 0; at < minutes * 60_000; at += 200) {
    now = BEGUN_AT + at;
    while (object.alarmAt() <= now) await object.ring();
    if (at % 120_000 === 0) {
      await object.authority.probe({ pool: id, plan: { check: healthCheck, targets: origins }, awayMs: AWAY_MS });
    }
    const origin = `origin-${random.below(9)}`;
    const others = origins.map((it) => it.id).filter((it) => it !== origin);
    const action = random.next() < 0.5 ? "eject" : "restore";
    const change = {
      action,
      origin,
      at: action === "eject" ? "now" : undefined,
      others,
      sessionLifeMs: 7 * 86_400_000,
    } as const;
    const changed = await object.authority.change({ pool: id, change, awayMs: AWAY_MS });
    if (changed.kind === "changed") asked++;
  }
  return written(
    "p/<pool>",
    "an operator's script changes the pool five times a second, origins fail and come back",
    asked,
    writes,
  );
}

/** A traveller whose pages change his session five times a second. */
export async function runSessionKey(seed: number, minutes: number): Promise<KeyWrites> {
  const random = createRandom(seed);
  const fleet = createFleet({ random, isolateLifeSeconds: 600 });
  const client = new Client();
  const ask = async (kind: string, place: "home" | "far") => {
    client.receive(await fleet.answer(client.request(kind, place), place, random.below(10)));
    await fleet.settled();
  };
  await ask("page", "home");
  await ask("login", "home");
  let asked = 0;
  for (let at = 1_000; at < minutes * 60_000; at += 200) {
    await fleet.passTo(BEGUN_AT + at);
    await ask("change", "far");
    asked++;
  }
  await fleet.passTo(fleet.now() + 60_000);
  const writes = [...fleet.ledger.timesByKey("KV write").values()].flat();
  return written("s/<id>", "a traveller whose session changes five times a second", asked, writes);
}

function written(key: string, about: string, asked: number, writes: readonly number[]): KeyWrites {
  const leastGapSeconds = leastGap(writes) / 1000;
  return { key, about, asked, writes: writes.length, mostInOneSecond: mostInOneSecond(writes), leastGapSeconds };
}
