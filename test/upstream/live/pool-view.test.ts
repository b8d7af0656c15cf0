import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createVirtualClock, type VirtualClock } from "../../../emulation/clock.ts";
import { createDistantKv, type LocalKv } from "../../../emulation/distant-kv.ts";
import { createFaults, type Faults, type KvFault } from "../../../emulation/faults.ts";
import type { LogEntry } from "../../../src/log.ts";
import type { PoolState } from "../../../src/upstream/live/pool-state.ts";
import { createPoolView, LOOK_EVERY_MS, OLDEST_VIEW_MS, type PoolView } from "../../../src/upstream/live/pool-view.ts";
import { publish, readPublished } from "../../../src/upstream/live/published-states.ts";
import { poolState } from "../../support/pool-states.ts";
import { T0 } from "../../support/time.ts";

let clock: VirtualClock;
let faults: Faults<KvFault>;
let kv: LocalKv;
let log: LogEntry[];
let reads: number;
let view: PoolView;
let uninstall: () => void;

beforeEach(() => {
  clock = createVirtualClock({ start: T0, turn: microtasks });
  uninstall = clock.install();
  faults = createFaults<KvFault>();
  kv = createDistantKv({ clock, random: () => 0, faultOf: faults.faultOf }).at("here");
  log = [];
  reads = 0;
  view = viewOf();
});
afterEach(() => uninstall());

/** No test here waits for more, and the platform's own timers are replaced meanwhile. */
async function microtasks(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await undefined;
}

function viewOf(): PoolView {
  return createPoolView({
    pool: "shop",
    read: () => {
      reads++;
      return readPublished(kv, "shop");
    },
    keepAlive: () => {},
    clock: clock.now,
    log: (entry) => log.push(entry),
  });
}

const pass = (ms: number) => clock.run({ until: clock.now() + ms });
/** A request: whether it had to wait, and for how long. */
async function ask(): Promise<number | undefined> {
  const began = clock.now();
  const waits = view.look(began);
  if (!waits) {
    await pass(0);
    return undefined;
  }
  let waited = -1;
  const done = waits.then(() => (waited = clock.now() - began));
  await pass(0);
  if (waited < 0) await pass(1_000);
  await done;
  return waited;
}
const known = () => [...(view.closures()?.keys() ?? [])];
/** KV calls outside of the view take no time, except for a turn of the clock. */
async function done(work: Promise<void>): Promise<void> {
  await pass(0);
  await work;
}
const published = (state: PoolState) => done(publish(kv, "shop", state));

describe("an isolate's view of a pool", () => {
  it("is there before the isolate's first request is served by it", async () => {
    await published(poolState({ b: [{ kind: "drain", from: T0 }] }));
    expect(await ask()).toBe(0);
    expect(view.closures()?.get("b")).toEqual([{ kind: "drain", from: T0 }]);
  });

  it("is nothing where nothing has been published", async () => {
    await ask();
    expect([view.closures(), log]).toEqual([undefined, []]);
  });

  it("is looked at again behind a response, not more often than every 30 seconds", async () => {
    await ask();
    for (let second = 0; second < 300; second++) {
      await pass(1_000);
      expect(await ask()).toBe(undefined);
    }
    expect(reads).toBe(1 + 300_000 / LOOK_EVERY_MS);
  });

  it("is the same object until it is something else", async () => {
    await published(poolState({ b: [] }, 1));
    await ask();
    const before = view.closures();
    await pass(LOOK_EVERY_MS);
    await ask();
    expect(view.closures()).toBe(before);
    await published(poolState({ c: [] }, 2));
    await pass(LOOK_EVERY_MS);
    await ask();
    await ask();
    expect(known()).toEqual(["c"]);
  });

  it("is renewed before a request by an isolate that has served no request for a while", async () => {
    await ask();
    await published(poolState({ b: [] }));
    await pass(OLDEST_VIEW_MS + 1);
    expect(await ask()).toBe(0);
    expect(known()).toEqual(["b"]);
  });

  it("never goes back to an older version", async () => {
    await published(poolState({ c: [] }, 7));
    await ask();
    await pass(LOOK_EVERY_MS);
    await published(poolState({ b: [] }, 6));
    await pass(LOOK_EVERY_MS);
    await ask();
    expect([reads, known()]).toEqual([2, ["c"]]);
  });

  it("has the verdicts of probes on origins, until when they hold, and nothing when all are healthy", async () => {
    const flag = { since: T0, reason: "status", until: T0 + 600_000 };
    const unhealthy = { id: "b", closures: [], unhealthy: flag };
    await published({ ...poolState({ c: [] }), origins: [{ id: "c", closures: [] }, unhealthy] });
    await ask();
    expect([...(view.unhealthy() ?? [])]).toEqual([["b", T0 + 600_000]]);
    await pass(60_000);
    await published(poolState({ b: [] }, 2));
    await ask();
    await pass(LOOK_EVERY_MS);
    await ask();
    expect([known(), view.unhealthy()]).toEqual([["b"], undefined]);
  });

  it("outlives the loss of the state in KV", async () => {
    await published(poolState({ c: [] }));
    await ask();
    await pass(1_000);
    await done(kv.delete("p/shop"));
    await pass(LOOK_EVERY_MS);
    await ask();
    expect(known()).toEqual(["c"]);
  });
});

describe("while KV cannot be read", () => {
  it.each<[string, KvFault, number]>([
    ["is down", { kind: "down" }, 0],
    ["is silent", { kind: "request-lost", silent: true }, 500],
    ["is slow", { kind: "slow", requestMs: 4_000, responseMs: 0 }, 500],
  ])(
    "a first request waits half a second at most, and no other waits at all, when it %s",
    async (_what, fault, waited) => {
      faults.set(fault);
      expect(await ask()).toBe(waited);
      for (let second = 0; second < 40; second++) {
        expect(await ask()).toBe(undefined);
        await pass(1_000);
      }
      expect(view.closures()).toBe(undefined);
    },
  );

  it("goes on with the known state, and this is logged once, until it can be read again", async () => {
    await published(poolState({ b: [] }));
    await ask();
    const lookTwice = async () => {
      for (let look = 0; look < 2; look++) {
        await pass(LOOK_EVERY_MS);
        await ask();
      }
    };
    faults.set({ kind: "down" });
    await lookTwice();
    const reason = "Error: KV GET failed: 500 Internal Server Error";
    expect([known(), log]).toEqual([["b"], [{ event: "pool_state_unread", pool: "shop", reason }]]);
    faults.set(undefined);
    await lookTwice();
    faults.set({ kind: "down" });
    await lookTwice();
    expect(log).toHaveLength(2);
  });

  it("takes an answer that comes late", async () => {
    await published(poolState({ b: [] }));
    faults.set({ kind: "slow", requestMs: 2_000, responseMs: 0 });
    expect([await ask(), known()]).toEqual([500, []]);
    await pass(3_000);
    expect(known()).toEqual(["b"]);
  });
});

describe("a state that is damaged in KV, or written by newer code,", () => {
  it.each([
    "",
    "{",
    "null",
    "[]",
    '{"schema":2,"version":1,"origins":[]}',
    '{"schema":1,"version":0,"origins":[]}',
    '{"schema":1,"version":1,"origins":{}}',
    '{"schema":1,"version":1,"origins":[{"id":"b","closures":[{"kind":"close","from":1}]}]}',
    '{"schema":1,"version":1,"origins":[{"id":"b","closures":[{"kind":"drain"}]}]}',
    '{"schema":1,"version":1,"origins":[{"id":"b","closures":[{"kind":"drain","from":1,"until":"x"}]}]}',
  ])("leaves an isolate with the configuration alone, and is told: %s", async (text) => {
    await done(kv.put("p/shop", text));
    await ask();
    expect(view.closures()).toBe(undefined);
    expect(log).toMatchObject([{ event: "pool_state_unread", pool: "shop" }]);
    expect(log[0]?.reason).toContain("p/shop");
  });

  it("may have more fields than are known", async () => {
    const state = { ...poolState({ b: [{ kind: "drain", from: T0, why: "disk" }] }), probes: {} };
    await done(kv.put("p/shop", JSON.stringify(state)));
    await ask();
    expect([known(), log]).toEqual([["b"], []]);
  });
});
