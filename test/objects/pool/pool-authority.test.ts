import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { LogEntry } from "../../../src/log.ts";
import { createObjectPools } from "../../../src/objects/clients/pool-client.ts";
import { PoolAuthority } from "../../../src/objects/pool/pool-authority.ts";
import { PoolRows } from "../../../src/objects/pool/pool-rows.ts";
import { MOST_ENTRIES } from "../../../src/upstream/live/audit.ts";
import type { PoolChange } from "../../../src/upstream/live/pool-contracts.ts";
import { closuresOf, type PoolState, standingOf } from "../../../src/upstream/live/pool-state.ts";
import { BETWEEN_KV_WRITES_MS, readPublished } from "../../../src/upstream/live/published-states.ts";
import { emptySketch } from "../../../src/upstream/live/sketch.ts";
import { changeOf } from "../../support/pool-states.ts";
import { HEALTH_CHECK } from "../../support/pools.ts";
import { at, T0 } from "../../support/time.ts";
import { AWAY_MS, testPools } from "./pools.suite.ts";

const ask = { awayMs: AWAY_MS };
let now: number;
let log: LogEntry[];
let written: PoolState[];
let kvFault: Error | undefined;
let failing: Set<string>;
let pools = 0;
let pool: string;

beforeEach(() => {
  now = T0;
  log = [];
  written = [];
  kvFault = undefined;
  failing = new Set();
  pool = `pool-${pools++}`;
});

/**
 * Works on the authority of the pool, on the storage of its object. Each call makes another instance, as after a reset.
 */
function onAuthority<T>(
  work: (authority: PoolAuthority) => Promise<T>,
  publish: (state: PoolState) => Promise<void> = async () => {},
): Promise<T> {
  return runInDurableObject(env.POOL_OBJECT.getByName(pool), (_, { storage }) => {
    const authority = new PoolAuthority({
      rows: new PoolRows(storage),
      alarms: storage,
      async publish(_pool, state) {
        if (kvFault) throw kvFault;
        await publish(state);
        written.push(state);
      },
      betweenPublicationsMs: BETWEEN_KV_WRITES_MS,
      probe: async ({ id }) => (failing.has(id) ? { kind: "lost" } : { kind: "passed", status: 200 }),
      sendNote: async () => {},
      keepAlive: () => {},
      random: () => 0,
      clock: () => now,
      log: (entry) => log.push(entry),
    });
    return work(authority);
  });
}
const alarmAt = () => runInDurableObject(env.POOL_OBJECT.getByName(pool), (_, { storage }) => storage.getAlarm());
const change = (action: PoolChange["action"], given: Partial<PoolChange> = {}) =>
  onAuthority((authority) => authority.change({ pool, change: changeOf(action, given), ...ask }));
/** The runs of the alarm up to a time. */
async function ringUntil(time: number): Promise<void> {
  for (let due = await alarmAt(); due !== null && due <= time; due = await alarmAt()) {
    now = Math.max(now, due);
    await runInDurableObject(env.POOL_OBJECT.getByName(pool), (_, { storage }) => storage.deleteAlarm());
    await onAuthority((authority) => authority.alarm());
  }
  now = time;
}
const look = () => onAuthority((authority) => authority.look(ask));
const turns = (state: PoolState | undefined) =>
  standingOf(closuresOf(state, "b"), T0).next.map((turn) => [turn.state, (turn.at - T0) / 1000]);

testPools("in a Durable Object", (given) => {
  ({ pool } = given);
  const on = <T>(work: (authority: PoolAuthority) => Promise<T>) => {
    now = given.clock();
    return onAuthority(work);
  };
  return {
    change: (asked) => on((authority) => authority.change({ pool, change: asked, ...ask })),
    look: () => on((authority) => authority.look(ask)),
    see: (origin, sketch) => on((authority) => authority.see({ seen: [{ origin, sketch }], ...ask })),
    audit: (entry) => on((authority) => authority.audit({ entry })),
    audited: async (most) => (await on((authority) => authority.audited({ most }))).entries,
    published: async () => written.at(-1),
    stored: () => runInDurableObject(env.POOL_OBJECT.getByName(pool), (_, { storage }) => [...storage.kv.list()]),
    alarmAt,
    async ring() {
      await runInDurableObject(env.POOL_OBJECT.getByName(pool), (_, { storage }) => storage.deleteAlarm());
      await on((authority) => authority.alarm());
      for (const line of log.splice(0)) given.log(line);
    },
  };
});

describe("a pool's authority", () => {
  it("writes to KV once a second at most, and then the newest", async () => {
    const change2 = (action: PoolChange["action"], origin: string) =>
      change(action, { origin, others: ["a", "b", "c", "d", "e"].filter((other) => other !== origin) });
    await change2("drain", "b");
    for (const origin of ["c", "d", "e"]) expect(await change2("drain", origin)).toMatchObject({ published: false });
    expect(written.map(({ version }) => version)).toEqual([1]);
    await ringUntil(at(2));
    expect(written.map(({ version }) => version)).toEqual([1, 4]);
  });

  it("tells that it could not publish, and tries again until it can", async () => {
    kvFault = new Error("KV PUT failed: 500 Internal Server Error");
    expect(await change("drain")).toMatchObject({ kind: "changed", published: false });
    await ringUntil(at(30));
    expect(log.length).toBeGreaterThan(3);
    expect(new Set(log.map(({ event, reason }) => `${event}: ${reason}`))).toEqual(
      new Set(["pool_state_unpublished: Error: KV PUT failed: 500 Internal Server Error"]),
    );
    kvFault = undefined;
    await ringUntil(at(40));
    expect(written).toHaveLength(1);
  });

  it("names later times for changes that it could not publish in time, because no isolate knows of them", async () => {
    kvFault = new Error("KV PUT failed: 429 Too Many Requests");
    await change("drain", { at: at(140) });
    await ringUntil(at(60));
    kvFault = undefined;
    await ringUntil(at(70));
    const [[draining]] = written.map(turns) as [[[string, number]]];
    expect(draining[1]).toBeGreaterThanOrEqual(60 + 150);
    expect((await look()).state).toEqual(written[0]);
  });

  it("publishes changes one after the other, although KV is slow, and nothing is lost", async () => {
    const [begun, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let writes = 0;
    await onAuthority(
      async (authority) => {
        const asked = (origin: string) =>
          authority.change({ pool, change: changeOf("drain", { origin, others: ["a"] }), ...ask });
        const first = asked("b");
        await begun.promise;
        now = at(6);
        await authority.alarm();
        const second = asked("c");
        await authority.alarm();
        expect(writes).toBe(1);
        slow.resolve();
        await second;
        await first;
        now = at(10);
        await authority.alarm();
      },
      () => {
        writes++;
        begun.resolve();
        return slow.promise;
      },
    );
    expect(written.map(({ version }) => version)).toEqual([1, 2]);
    expect(written[1]?.origins.map(({ id }) => id)).toEqual(["b", "c"]);
  });

  it("publishes the changes that it had not published when its instance was thrown away", async () => {
    await onAuthority(
      (authority) => {
        void authority.change({ pool, change: changeOf("drain"), ...ask });
        return new Promise<void>((resolve) => setTimeout(resolve, 5));
      },
      () => new Promise(() => {}),
    );
    await ringUntil(at(10));
    expect(written.map(turns)).toEqual([[["draining", 150]]]);
  });
});

describe("a pool that is probed", () => {
  const targets = ["a", "b"].map((id) => ({ id, url: `http://${id}.test`, service: undefined }));
  const probe = () =>
    onAuthority((authority) => authority.probe({ pool, plan: { check: HEALTH_CHECK, targets }, ...ask }));

  it("keeps its last healthy origin for new sessions, unless the operator says anyway", async () => {
    failing.add("a");
    await probe();
    await ringUntil(at(60));
    for (const action of ["drain", "eject"] as const) {
      expect(await change(action)).toEqual({ kind: "refused", reason: "last-origin" });
    }
    expect(await change("drain", { others: ["a", "c"] })).toMatchObject({ kind: "changed" });
    expect(await change("eject", { anyway: true })).toMatchObject({ kind: "changed" });
  });

  it("does so no longer when probes have said nothing for as long as their verdict holds", async () => {
    failing.add("a");
    await probe();
    await ringUntil(at(60));
    now = at(1_000);
    expect(await change("drain")).toMatchObject({ kind: "changed" });
  });

  it("does so no longer when the other origin has recovered", async () => {
    failing.add("a");
    await probe();
    await ringUntil(at(60));
    failing.clear();
    await ringUntil(at(120));
    expect(await change("drain")).toMatchObject({ kind: "changed" });
  });
});

describe("the object of a pool", () => {
  it("keeps ten thousand actions at most: the oldest goes", async () => {
    const keep = (time: number) => {
      const entry = { id: "one", at: time, who: "token", from: "api", action: "end", outcome: "done" } as const;
      return onAuthority((authority) => authority.audit({ entry }));
    };
    await keep(T0);
    await runInDurableObject(env.POOL_OBJECT.getByName(pool), (_, { storage }) => {
      storage.kv.put("audited", MOST_ENTRIES);
    });
    await keep(at(1));
    const { entries } = await onAuthority((authority) => authority.audited({ most: 100 }));
    expect(entries.map(({ at: time }) => time)).toEqual([at(1)]);
  });

  it("does this with its own alarm, its own storage and KV", async () => {
    const objects = createObjectPools(env.POOL_OBJECT);
    const changed = await objects.change("real", { change: changeOf("drain"), ...ask });
    expect(changed).toMatchObject({ kind: "changed", published: true });
    const known = await objects.look("real", ask);
    if (known.kind === "unavailable") throw known.cause;
    expect(await readPublished(env.SESSION_REPLICAS, "real")).toEqual(known.state);
    const plan = { check: HEALTH_CHECK, targets: [] };
    expect(await objects.probe("real", { plan, ...ask })).toEqual({ kind: "probing" });
    expect(await objects.see("real", { seen: [{ origin: "b", sketch: emptySketch() }], ...ask })).toEqual({
      kind: "seen",
      watched: false,
    });
  });
});
