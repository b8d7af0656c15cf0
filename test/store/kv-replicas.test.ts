import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { createDistantKv } from "../../emulation/distant-kv.ts";
import { createFaults, type KvFault } from "../../emulation/faults.ts";
import type { Copy } from "../../src/session/copy.ts";
import { createKvReplicas, type ReplicaNamespace, UnopenedReplicaError } from "../../src/store/kv-replicas.ts";
import { createSeal, type Seal } from "../../src/store/seal.ts";
import { macRing } from "../support/rings.ts";
import { copyOf, refTo, uniqueId } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";
import { testCopies } from "./copies.suite.ts";

const seal = createSeal(macRing(1));
const namespace = env.SESSION_REPLICAS;
/** The real namespace, for which the tests' time 0 is now: its binding takes no end after January 2038. */
const kv: ReplicaNamespace = {
  get: (...asked) => namespace.get(...asked),
  put: (key, value, { expiration }) =>
    namespace.put(key, value, { expiration: expiration - Math.floor((T0 - Date.now()) / 1000) }),
};

let now: number;
beforeEach(() => {
  now = T0;
});
const clock = () => now;

const replicasIn = (bound: ReplicaNamespace, sealedWith: Seal = seal) =>
  createKvReplicas({ namespace: bound, seal: sealedWith, clock });

/** A namespace as it is when deployed, seen from where the session's object is (`home`) and from far away. */
function distant(elsewhereMs = 60_000) {
  const faults = createFaults<KvFault>();
  const world = createDistantKv({
    clock: { now: clock, sleep: async () => {} },
    // A write from elsewhere arrives as late as it can.
    random: () => 0.9,
    visibleAfterMs: { here: 0, elsewhere: elsewhereMs },
    faultOf: faults.faultOf,
  });
  const [home, away] = [world.at("home"), world.at("away")];
  return { faults, home, away };
}

testCopies("KV replicas", {
  create: () => replicasIn(kv),
  createUnreachable() {
    const { home, faults } = distant();
    faults.set({ kind: "down" });
    return replicasIn(home);
  },
  gaps: [],
});

describe("the data that KV holds", () => {
  const secret = copyOf("s", { attributes: { card: "4111 1111" }, principal: "alice@example.com", version: 7 });

  it("is found under s/ and the session's id", async () => {
    const id = uniqueId();
    await replicasIn(kv).keep({ ...secret, id });
    const { keys } = await namespace.list();
    expect(keys.map(({ name }) => name)).toContain(`s/${id}`);
  });

  it("is the version and the sealed copy: nothing of the session can be read", async () => {
    const id = uniqueId();
    await replicasIn(kv).keep({ ...secret, id });
    const value = await namespace.get(`s/${id}`);
    expect(value).toMatch(/^7 [A-Za-z0-9_-]+$/);
    const bytes = atob((value ?? "").slice(2).replaceAll("-", "+").replaceAll("_", "/"));
    for (const text of [value ?? "", bytes]) {
      for (const part of ["4111", "alice", "card", id]) expect(text).not.toContain(part);
    }
  });

  it("differs though the copy is the same", async () => {
    const id = uniqueId();
    await replicasIn(kv).keep({ ...secret, id });
    const first = await namespace.get(`s/${id}`);
    await replicasIn(kv).keep({ ...secret, id });
    expect(await namespace.get(`s/${id}`)).not.toBe(first);
  });
});

describe("a replica that does not open", () => {
  const unopened = { kind: "unavailable", cause: new UnopenedReplicaError() };
  let id: string;
  let value: string;
  beforeEach(async () => {
    id = uniqueId();
    await replicasIn(kv).keep(copyOf(id, { version: 12 }));
    value = (await namespace.get(`s/${id}`)) ?? "";
  });

  it.each<[string, () => string]>([
    ["is empty", () => ""],
    ["is something else", () => "hello"],
    ["is JSON in the clear", () => JSON.stringify(copyOf(id))],
    ["is JSON in the clear behind a version", () => `12 ${JSON.stringify(copyOf(id)).replaceAll(" ", "")}`],
    ["has been cut", () => value.slice(0, -1)],
    ["has nothing behind its version", () => "12 "],
    ["has no version", () => value.slice(3)],
    ["has a version of nothing", () => value.slice(2)],
    ["says a newer version than was sealed", () => value.replace("12 ", "13 ")],
    ["says an older version than was sealed", () => value.replace("12 ", "1 ")],
    ["has one bit turned", () => `${value.slice(0, -4)}${value.at(-4) === "A" ? "B" : "A"}${value.slice(-3)}`],
  ])("is unavailable, not missing, when it %s", async (_what, damaged) => {
    await namespace.put(`s/${id}`, damaged());
    expect(await replicasIn(kv).read(refTo(id), T0)).toEqual(unopened);
  });

  it("is unavailable when it is another session's", async () => {
    const other = uniqueId();
    await namespace.put(`s/${other}`, value);
    expect(await replicasIn(kv).read(refTo(other), T0)).toEqual(unopened);
  });

  it("is unavailable when it was sealed for another purpose", async () => {
    const text = JSON.stringify(copyOf(id));
    await namespace.put(`s/${id}`, `1 ${await seal.close({ id, version: 1, purpose: "backup" }, text)}`);
    expect(await replicasIn(kv).read(refTo(id), T0)).toEqual(unopened);
  });

  it("is unavailable when it was sealed with another ring's key", async () => {
    expect(await replicasIn(kv, createSeal(macRing(2))).read(refTo(id), T0)).toEqual(unopened);
  });

  it("opens with any key of a ring, so that keys are rotated without a loss", async () => {
    const rotated = replicasIn(kv, createSeal(macRing(2, 1)));
    expect(await rotated.read(refTo(id), T0)).toMatchObject({ kind: "hit", copy: { version: 12 } });
  });

  it("says nothing of KV itself, and nothing of the session", () => {
    const { isOneSessions, name, message } = new UnopenedReplicaError();
    expect(isOneSessions).toBe(true);
    expect(`${name}: ${message}`).toBe("UnopenedReplicaError: the replica cannot be opened with the keys at hand");
  });

  it("is replaced by the next kept version, whatever its version", async () => {
    await namespace.put(`s/${id}`, "999 hello");
    expect(await replicasIn(kv).keep(copyOf(id, { version: 1 }))).toEqual({ kind: "kept" });
    expect(await replicasIn(kv).read(refTo(id), T0)).toMatchObject({ kind: "hit", copy: { version: 1 } });
  });
});

describe("the life of a replica", () => {
  /** How many seconds from now KV is told to keep it. */
  async function lifeOf(given: Partial<Copy>): Promise<number> {
    const { home } = distant();
    const lives: number[] = [];
    const observed: ReplicaNamespace = {
      get: (...asked) => home.get(...asked),
      put: (key, value, options) => {
        lives.push(options.expiration - now / 1000);
        return home.put(key, value, options);
      },
    };
    expect(await replicasIn(observed).keep(copyOf(uniqueId(), given))).toEqual({ kind: "kept" });
    return lives[0] as number;
  }
  const ended = { at: T0, reason: "ended" as const };

  it("lasts until the session's absolute deadline, however idle it is", async () => {
    expect(await lifeOf({ absoluteDeadline: at(86_400), idleDeadline: at(10) })).toBe(86_400);
  });

  it("is as long for a tombstone, which keeps older replicas from coming back", async () => {
    expect(await lifeOf({ absoluteDeadline: at(86_400), ended })).toBe(86_400);
  });

  it("is told in whole seconds, and never too short", async () => {
    expect(await lifeOf({ absoluteDeadline: at(100) + 1 })).toBe(101);
  });

  it.each([69, 60, 1, 0, -100])("is never below the minimum of KV: the session ends in %i seconds", async (seconds) => {
    expect(await lifeOf({ absoluteDeadline: at(seconds) })).toBe(70);
  });

  it("is long enough though the time is no whole second, and KV's clock is seconds ahead", async () => {
    now = T0 + 999;
    expect(await lifeOf({ absoluteDeadline: T0, ended })).toBeGreaterThanOrEqual(70);
  });

  it("is taken by the real KV at its shortest", async () => {
    const id = uniqueId();
    expect(await replicasIn(kv).keep(copyOf(id, { absoluteDeadline: 0, ended }))).toEqual({ kind: "kept" });
  });
});

describe("KV far away", () => {
  let id: string;
  let world: ReturnType<typeof distant>;
  beforeEach(() => {
    id = uniqueId();
    world = distant();
  });
  const version = async (namespace: ReplicaNamespace) => {
    const found = await replicasIn(namespace).read(refTo(id), now);
    return found.kind === "hit" ? found.copy.version : found.kind;
  };

  it("is read from a location's cache for no longer than the shortest that KV takes: 30 seconds", async () => {
    const { home, away } = distant(20_000);
    await replicasIn(home).keep(copyOf(id, { version: 1 }));
    now = at(60);
    expect(await version(away)).toBe(1);
    await replicasIn(home).keep(copyOf(id, { version: 2 }));
    now = at(89.999);
    expect(await version(away)).toBe(1);
    now = at(90);
    expect(await version(away)).toBe(2);
  });

  it("is unavailable, and not asked to write, when it cannot be read: nothing is replaced unseen", async () => {
    await replicasIn(world.home).keep(copyOf(id, { version: 2 }));
    now = at(2);
    world.faults.set({ kind: "down" }, { operation: "get" });
    const kept = await replicasIn(world.home).keep(copyOf(id, { version: 1 }));
    expect(kept).toEqual({ kind: "unavailable", cause: new Error("KV GET failed: 500 Internal Server Error") });
    world.faults.clear();
    expect(await version(world.home)).toBe(2);
  });

  it("refuses a second write within a second, which is unavailable and leaves the first", async () => {
    await replicasIn(world.home).keep(copyOf(id, { version: 1 }));
    now = at(0.9);
    const kept = await replicasIn(world.home).keep(copyOf(id, { version: 2 }));
    expect(kept).toEqual({ kind: "unavailable", cause: new Error("KV PUT failed: 429 Too Many Requests") });
    expect(await version(world.home)).toBe(1);
    now = at(1);
    expect(await replicasIn(world.home).keep(copyOf(id, { version: 2 }))).toEqual({ kind: "kept" });
  });

  it("may have written a value without an answer: unavailable is not refused", async () => {
    world.faults.next({ kind: "response-lost", silent: false }, { operation: "put" });
    const kept = await replicasIn(world.home).keep(copyOf(id, { version: 1 }));
    expect(kept).toMatchObject({ kind: "unavailable", cause: { message: "Network connection lost." } });
    expect(await version(world.home)).toBe(1);
  });
});
