import { createVirtualClock } from "../../emulation/clock.ts";
import { createRedisWorld } from "../../emulation/redis.ts";
import { readConfig } from "../../src/config/read.ts";
import type { Change, Ref } from "../../src/session/change.ts";
import type { TakenOver } from "../../src/store/contracts.ts";
import { sweep } from "../../src/store/sweep.ts";
import { sessionsOf } from "../sessions.ts";
import { BEGUN_AT } from "./fleet.ts";
import { createObjects } from "./objects.ts";
import { createRandom } from "./random.ts";

/** The scheduled sweep's progress with journals whose visitors never come back. */
export interface Sweep {
  readonly pending: number;
  readonly roundTripMs: number;
  /** Sessions taken over by each sweep, one sweep a minute. */
  readonly perSweep: readonly number[];
  /** Minutes until no session was left; 0: not within the sweeps that were run. */
  readonly minutes: number;
  /** The most calls that a sweep makes: to objects and to Redis. */
  readonly subrequests: number;
}

/** How a sweep is played. */
export interface SweepOptions {
  readonly pending: number;
  readonly roundTripMs: number;
  readonly redisRoundTripMs: number;
  readonly seed: number;
  readonly mostSweeps: number;
}

/** Sessions whose journal holds one change each, and the real sweep over a slow network. */
export async function runSweep({
  pending,
  roundTripMs,
  redisRoundTripMs,
  seed,
  mostSweeps,
}: SweepOptions): Promise<Sweep> {
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const clock = createVirtualClock({ start: BEGUN_AT, turn });
  const redis = createRedisWorld({ now: clock.now });
  const random = createRandom(seed);
  let calls = 0;
  const near = withDelay(redis.connect(), redisRoundTripMs);
  const far = withDelay(redis.connect(), redisRoundTripMs, () => calls++);
  const objects = createObjects({
    note: () => {},
    clock: clock.now,
    keepAlive: (work) => void work,
    settled: async () => {},
    fallback: near,
    replicasAt: () => ({ name: "none", read: async () => ({ kind: "miss" }), keep: async () => ({ kind: "kept" }) }),
  });
  const read = readConfig({
    pools: [{ id: "shop", origins: [{ id: "a", url: "http://a.test" }] }],
    routes: [{ path: "/*", pool: "shop" }],
  });
  if (read.kind === "invalid") throw new TypeError("the configuration is not valid");
  const { config } = read;
  const copies = config.stores;
  const direct = redis.connect();
  for (const id of sessionsOf(pending, seed)) {
    const now = clock.now();
    const ref: Ref = { id, generation: 0, bornAt: now - 1000, arrivedAt: now };
    const founding: Change = {
      id: `founding ${id}`,
      patches: [{ basket: 1 }],
      expiresAt: now + 8_000,
      policy: config.session,
    };
    const namespace = objects.from("home").getByName(id, { retry: { maxRetries: 0 } }) as {
      commit(ask: object): Promise<unknown>;
    };
    // Half of them are known to their objects; the others were founded in the journal.
    if (random.next() < 0.5)
      await running(namespace.commit({ ref, change: founding, copies: { ...copies, backup: "off" } }));
    await direct.append({ ref, change: { ...founding, id: `late ${id}`, patches: [{ basket: 2 }] } });
  }
  await clock.run({ until: clock.now() + 10_000 });

  const authority = {
    takeOver: async (id: string): Promise<TakenOver> => {
      calls++;
      await clock.sleep(roundTripMs / 2);
      const object = objects.from("home").getByName(id, { retry: { maxRetries: 0 } }) as {
        takeOver(ask: object): Promise<TakenOver>;
      };
      const taken = await object.takeOver({ id, copies });
      await clock.sleep(roundTripMs / 2);
      return taken;
    },
  };
  const perSweep: number[] = [];
  let subrequests = 0;
  let left = pending;
  let minutes = 0;
  while (left > 0 && perSweep.length < mostSweeps) {
    const startedAt = clock.now();
    calls = 0;
    const swept = await running(sweep({ fallback: far, authority: authority as never, clock: clock.now }));
    subrequests = Math.max(subrequests, calls);
    perSweep.push(swept.takenOver);
    left -= swept.takenOver;
    if (left <= 0) minutes = perSweep.length - 1 + (clock.now() - startedAt) / 60_000;
    await clock.run({ until: startedAt + 60_000 });
  }
  return { pending, roundTripMs, perSweep, minutes, subrequests };

  async function running<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const done = work.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await turn();
      // One timer at a time, so that no time passes once the work is done.
      await clock.run({ until: clock.now() + 1 });
    }
    return done;
  }

  function withDelay<Store extends object>(store: Store, delayMs: number, count: () => void = () => {}): Store {
    return new Proxy(store, {
      get:
        (target, name) =>
        async (...args: unknown[]) => {
          count();
          await clock.sleep(delayMs / 2);
          const answer = await (Reflect.get(target, name) as (...args: unknown[]) => unknown)(...args);
          await clock.sleep(delayMs / 2);
          return answer;
        },
    });
  }
}
