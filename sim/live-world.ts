import { createVirtualClock } from "../emulation/clock.ts";
import { createDistantKv } from "../emulation/distant-kv.ts";
import type { KvFault } from "../emulation/faults.ts";
import { fillDefaults } from "../src/config/defaults.ts";
import type { ResolvedPool } from "../src/config/resolved.ts";
import { PoolAuthority } from "../src/objects/pool/pool-authority.ts";
import { PoolRows } from "../src/objects/pool/pool-rows.ts";
import { createOrder, type Order } from "../src/upstream/choose/order.ts";
import type { PoolChange } from "../src/upstream/live/pool-contracts.ts";
import { createPoolView } from "../src/upstream/live/pool-view.ts";
import { BETWEEN_KV_WRITES_MS, publish, readPublished } from "../src/upstream/live/published-states.ts";
import { poolStorageOn } from "./pool-storage.ts";
import { drawsOf } from "./sessions.ts";

/** An isolate that serves the pool: its view of the operators' changes, and its choice. */
export interface Isolate {
  readonly order: Order;
  /** The published version that it acts on; 0: no version. */
  version(): number;
}

/** A pool at work: its object, KV as it is far away, and isolates. Times are seconds since the beginning. */
export interface LiveWorld {
  /** The isolates that can read KV. */
  readonly isolates: readonly Isolate[];
  /** The isolate that cannot read KV until {@link LiveWorld.mend}. */
  readonly cutOff: Isolate;
  /** Lets time pass up to `second`, when every isolate is asked something. */
  until(second: number): Promise<void>;
  /** A change by an operator. @throws Error if the change is refused. */
  change(action: PoolChange["action"], origin: number, given?: Pick<PoolChange, "at" | "deadlineMs">): Promise<void>;
  /** From now on the isolate that was cut off can read KV. */
  mend(): void;
  /** Puts the clocks back that it has replaced. */
  end(): void;
}

/** When it begins, in milliseconds since 1970. */
export const BEGIN_MS = Date.parse("2027-01-01T00:00:00Z");
/** How often each isolate is asked something, in seconds: some each second, some after minutes. */
const PAUSES_S = Array.from({ length: 24 }, (_, nth) => 1.25 ** nth);
/** Isolates have been at work for so long when it begins. */
const BEFORE_MS = 600_000;
const DAY_MS = 86_400_000;
const ASK = { awayMs: DAY_MS / 2 };

/** A pool of `size` equal origins by the configuration of Moor, with its own object, views and choice; only storage, KV and time are modelled. */
export function createLiveWorld(size: number): LiveWorld {
  const origins = Array.from({ length: size }, (_, i) => ({ id: `origin-${i}`, url: "http://origin.test" }));
  const pool = fillDefaults({ pools: [{ id: "shop", origins }] }).pools[0] as ResolvedPool;
  const clock = createVirtualClock({
    start: BEGIN_MS - BEFORE_MS,
    turn: () => new Promise((resolve) => setImmediate(resolve)),
  });
  const putBack = clock.install();
  const draw = drawsOf(size);
  let fault: KvFault | undefined = { kind: "down" };
  const kv = createDistantKv({
    clock,
    random: () => draw() / 2 ** 32,
    faultOf: (location) => (location === "cut-off" ? fault : undefined),
  });
  const views = [...PAUSES_S.keys().map((nth) => `location-${nth}`), "cut-off"].map((location) => {
    let version = 0;
    const view = createPoolView({
      pool: pool.id,
      async read() {
        const state = await readPublished(kv.at(location), pool.id);
        version = Math.max(version, state?.version ?? 0);
        return state;
      },
      keepAlive: () => {},
      clock: clock.now,
      log: () => {},
    });
    return { view, order: createOrder(pool, view.closures), version: () => version };
  });
  for (const [nth, { view }] of views.entries()) void askForEver(view, nth * 1_700, (PAUSES_S[nth] ?? 1) * 1_000);

  async function askForEver(view: (typeof views)[number]["view"], firstMs: number, pauseMs: number): Promise<void> {
    await clock.sleep(firstMs);
    for (;;) {
      await view.look(clock.now());
      await clock.sleep(pauseMs);
    }
  }

  const rows = new Map<string, unknown>();
  let ringsAt: number | null = null;
  const authority = new PoolAuthority({
    rows: new PoolRows(poolStorageOn(rows)),
    alarms: {
      getAlarm: async () => ringsAt,
      async setAlarm(at) {
        ringsAt = at;
        clock.setTimeout(() => ring(at), at - clock.now());
      },
    },
    publish: (id, state) => publish(kv.at("home"), id, state),
    betweenPublicationsMs: BETWEEN_KV_WRITES_MS,
    probe: () => Promise.reject(new Error("the pool is not probed")),
    sendNote: async () => {},
    keepAlive: () => {},
    random: Math.random,
    clock: clock.now,
    log: () => {},
  });

  function ring(at: number): void {
    if (ringsAt !== at) return;
    ringsAt = null;
    void authority.alarm();
  }

  /** Work that takes time, to its end. */
  async function finish<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    work.then(over, over);
    for (let now = clock.now(); !isOver; now++) await clock.run({ until: now });
    return work;
  }

  return {
    isolates: views.slice(0, PAUSES_S.length),
    cutOff: views.at(-1) as Isolate,
    async until(second) {
      await clock.run({ until: BEGIN_MS + second * 1_000 });
      await finish(Promise.all(views.map(({ view }) => view.look(clock.now()))));
    },
    async change(action, origin, given = {}) {
      const id = `origin-${origin}`;
      const others = origins.flatMap((other) => (other.id === id ? [] : [other.id]));
      const change = { action, origin: id, others, sessionLifeMs: 7 * DAY_MS, ...given };
      const changed = await finish(authority.change({ pool: pool.id, change, ...ASK }));
      if (changed.kind !== "changed") throw new Error(`the operator is told: ${JSON.stringify(changed)}`);
    },
    mend() {
      fault = undefined;
    },
    end: putBack,
  };
}
