import { createVirtualClock } from "../../emulation/clock.ts";
import type { ResolvedPool } from "../../src/config/resolved.ts";
import { applyChange } from "../../src/objects/pool/pool-changes.ts";
import { createOrder } from "../../src/upstream/choose/order.ts";
import { type PoolState, type UnhealthyOrigin, withUnhealthy } from "../../src/upstream/live/pool-state.ts";
import { probePlanOf } from "../../src/upstream/live/probe-plan.ts";
import { ASK_EVERY_MS } from "../../src/upstream/live/probing.ts";
import { sessionsOf } from "../sessions.ts";
import { BEGUN_AT } from "./fleet.ts";
import { createPoolObject, poolOf } from "./pool-object.ts";
import { createRandom } from "./random.ts";

/** The costs of a pool of this many origins. */
export interface Origins {
  readonly origins: number;
  /** To choose an origin, in microseconds of this machine. */
  readonly pickUs: number;
  /** The shortest configuration of such a pool, in bytes. */
  readonly configBytes: number;
  /** The bytes of JSON that an isolate sends each time it asks for probes. */
  readonly planBytes: number;
  /** The time that the pool's object computes for such a request, in milliseconds of this machine. */
  readonly askMs: number;
  /** The state in KV, if every origin is unhealthy and drains, in bytes. */
  readonly stateBytes: number;
  /** The largest row of the pool's object when every origin is unhealthy, in bytes of JSON. */
  readonly rowBytes: number;
  /**
   * How long a round of probes takes, in seconds: if each origin answers after 50 ms, and if no origin answers in time.
   */
  readonly roundSeconds: number;
  readonly deadRoundSeconds: number;
  /** The chance that two of them share the tag that a token's pin keeps of them. */
  readonly pinCollision: number;
}

const AWAY_MS = 13 * 3_600_000;
const HEALTHY_MS = 50;
const ASKS = 20;

/** The real order, plan, state and object of a pool. */
export async function runOrigins(count: number, seed: number): Promise<Origins> {
  const pool = poolOf(count);
  const plan = probePlanOf(pool);
  if (!plan) throw new TypeError("the pool is not probed");
  const order = createOrder(pool);
  const shared = {
    sessionIsFresh: false,
    headers: new Headers(),
    url: new URL("http://shop.test/"),
    clientIp: undefined,
  };
  const ids = sessionsOf(2_000, seed);
  const pick = (sessionId: string) => order({ ...shared, sessionId, bornAt: BEGUN_AT, home: 0 }, 1, BEGUN_AT);
  ids.forEach(pick);
  const pickedAt = performance.now();
  ids.forEach(pick);
  const pickUs = ((performance.now() - pickedAt) * 1000) / ids.length;

  const healthy = await probed(count, seed, HEALTHY_MS, true);
  const dead = await probed(count, seed, plan.check.timeoutMs, false);
  return {
    origins: count,
    pickUs,
    configBytes: JSON.stringify({
      pools: [{ id: "shop", origins: pool.origins.map(({ id, url }) => ({ id, url })) }],
      routes: [{ path: "/*", pool: "shop" }],
    }).length,
    planBytes: JSON.stringify(plan).length,
    askMs: healthy.askMs,
    stateBytes: JSON.stringify(withUnhealthy(drained(pool), dead.unhealthy)).length,
    rowBytes: dead.rowBytes,
    roundSeconds: healthy.roundSeconds,
    deadRoundSeconds: dead.roundSeconds,
    pinCollision: 1 - Math.exp((-count * (count - 1)) / 2 / 2 ** 32),
  };
}

async function probed(count: number, seed: number, probeMs: number, passes: boolean) {
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const clock = createVirtualClock({ start: BEGUN_AT, turn });
  const pool = poolOf(count);
  const plan = probePlanOf(pool) as NonNullable<ReturnType<typeof probePlanOf>>;
  let published: PoolState | undefined;
  const object = createPoolObject({
    clock: clock.now,
    random: createRandom(seed),
    publish: async (state) => {
      published = state;
    },
    probe: async () => {
      await clock.sleep(probeMs);
      return passes ? { kind: "passed", status: 200 } : { kind: "timeout" };
    },
  });
  const ask = () => object.authority.probe({ pool: pool.id, plan: structuredClone(plan), awayMs: AWAY_MS });
  // Isolates ask again and again while a round lasts.
  let isAsking = true;
  const askAgain = () => {
    if (!isAsking) return;
    void ask();
    clock.setTimeout(askAgain, ASK_EVERY_MS);
  };
  askAgain();
  await clock.run({ until: BEGUN_AT + 1 });
  let roundSeconds = 0;
  for (let round = 0; round < plan.check.unhealthyThreshold; round++) {
    await clock.run({ until: object.alarmAt() });
    const startedAt = clock.now();
    await ringing(object.ring());
    roundSeconds = (clock.now() - startedAt) / 1000;
  }
  isAsking = false;
  const askedAt = performance.now();
  for (let i = 0; i < ASKS; i++) await ask();
  const askMs = (performance.now() - askedAt) / ASKS;
  return { roundSeconds, askMs, unhealthy: unhealthyOf(published), rowBytes: object.largestRow() };

  async function ringing(work: Promise<void>): Promise<void> {
    let isOver = false;
    const done = work.finally(() => {
      isOver = true;
    });
    for (await turn(); !isOver; await turn()) await clock.run({ until: clock.now() + probeMs / 5 });
    await done;
  }
}

function unhealthyOf(state: PoolState | undefined): UnhealthyOrigin[] {
  return (state?.origins ?? []).flatMap(({ id, unhealthy }) => (unhealthy ? [{ id, unhealthy }] : []));
}

/** The state after operators have drained all origins except one. */
function drained({ origins }: ResolvedPool): PoolState {
  const ids = origins.map(({ id }) => id);
  const last = ids.at(-1) as string;
  return ids.slice(0, -1).reduce<PoolState>(
    (state, origin) => {
      const change = { action: "drain", origin, others: [last], sessionLifeMs: 7 * 86_400_000 } as const;
      const applied = applyChange(state, change, BEGUN_AT);
      return applied.kind === "changed" ? applied.state : state;
    },
    { schema: 1, version: 1, origins: [] },
  );
}
