import { createDistantKv } from "../../emulation/distant-kv.ts";
import { createRedisWorld } from "../../emulation/redis.ts";
import { readConfig } from "../../src/config/read.ts";
import type { MoorConfig } from "../../src/config/types.ts";
import type { KeyRing } from "../../src/inbound/token/key-ring.ts";
import { createTokens } from "../../src/inbound/token/tokens.ts";
import { createMoor, type Moor } from "../../src/moor.ts";
import { createObjectAuthority, createUnattended } from "../../src/objects/clients/session-client.ts";
import { createBreaker } from "../../src/store/breaker.ts";
import type { Fallback } from "../../src/store/fallback-contract.ts";
import { guardCopies, guardFallback } from "../../src/store/guarded.ts";
import { createKvReplicas, type ReplicaNamespace } from "../../src/store/kv-replicas.ts";
import { createMemory } from "../../src/store/memory.ts";
import type { Principals } from "../../src/store/principal-contracts.ts";
import { createSeal } from "../../src/store/seal.ts";
import { plainHandoff } from "../../test/torture/moor/origin.ts";
import { Ledger, type Operation } from "./ledger.ts";
import { createObjects } from "./objects.ts";
import type { Random } from "./random.ts";

/** The parts that a fleet is made of. */
export interface FleetOptions {
  readonly random: Random;
  /** The policy and stores of the configuration. Default: Moor's own defaults. */
  readonly config?: Pick<MoorConfig, "session" | "stores" | "principals">;
  /** How long isolates live on average, in seconds. */
  readonly isolateLifeSeconds: number;
  /** Whether the objects that live at a location can be reached. Default: always. */
  readonly isUp?: (home: string) => boolean;
  /** Is awaited before an object answers. Default: it answers at once. */
  readonly hold?: () => Promise<void>;
  /** The index of principals. Default: no index. */
  readonly principals?: Principals;
}

/**
 * Isolates of a Worker and the stores behind them, all on the same clock; operations are counted where they meet a
 * store.
 */
export interface Fleet {
  readonly ledger: Ledger;
  now(): number;
  /** Lets time pass; alarms ring on the way. */
  passTo(at: number): Promise<void>;
  /** A request that meets an isolate of a location. */
  answer(request: Request, location: string, isolate: number): Promise<Response>;
  /** Where the session of the last request came from. */
  answeredFrom(): string;
  /** Waits for all work behind responses. */
  settled(): Promise<void>;
  /** Replaces every isolate. */
  deploy(): void;
  /** Lets time pass from alarm to alarm until no object has an alarm. */
  liveOut(): Promise<void>;
  /** The fallback as a single caller reaches it, counted. */
  readonly fallback: Fallback;
  readonly objects: ReturnType<typeof createObjects>;
}

interface Isolate {
  readonly moor: Moor;
  readonly endsAt: number;
}

export const BEGUN_AT = Date.UTC(2026, 10, 20);
const RING: KeyRing = [{ id: 1, secret: new Uint8Array(32).fill(7) }];
const KV_DEADLINE_MS = 1_000;
/** An append notes its session first. */
const COMMANDS: Partial<Record<keyof Fallback, number>> = { append: 2 };
const SAID: Record<string, Record<string, string>> = {
  change: { "Moor-Patch": '{"basket":{"apples":2}}' },
  login: { "Moor-Principal": "alice" },
  logout: { "Moor-End": "1" },
};

/**
 * Moor's own code from the request to the stores. Rows, KV, Redis and time stand in for the platform, as in
 * `emulation/`.
 */
export function createFleet(options: FleetOptions): Fleet {
  const { random, isolateLifeSeconds, principals } = options;
  const ledger = new Ledger();
  let now = BEGUN_AT;
  const clock = () => now;
  const note = (operation: Operation, key?: string, times?: number) => ledger.note(operation, now, key, times);
  let afterwards: Promise<unknown>[] = [];
  let answeredFrom = "";
  const keepAlive = (work: Promise<unknown>) => void afterwards.push(work);

  const redis = createRedisWorld({ now: clock });
  const kv = createDistantKv({ clock: { now: clock, sleep: async () => {} }, random: random.next });
  const seal = createSeal(RING);
  const fallback = counted(redis.fallback);
  const objects = createObjects({
    ...options,
    note,
    clock,
    keepAlive,
    settled,
    fallback,
    replicasAt: (home) => createKvReplicas({ namespace: namespaceAt(home), seal, clock }),
  });
  const read = readConfig({
    pools: [{ id: "shop", origins: [{ id: "a", url: "http://origin.test", service: "ORIGIN" }] }],
    routes: [{ path: "/*", pool: "shop" }],
    ...options.config,
  });
  if (read.kind === "invalid") throw new TypeError(`the configuration is not valid: ${JSON.stringify(read.mistakes)}`);
  const { config } = read;
  const origin = {
    fetch: async (url: string) => new Response("", { headers: SAID[new URL(url).pathname.slice(1)] ?? {} }),
  };
  const isolates = new Map<string, Isolate>();

  function counted(given: Fallback): Fallback {
    return new Proxy(given, {
      get(target, name: keyof Fallback) {
        if (name === "name") return target.name;
        return (...args: unknown[]) => {
          note("Redis command", undefined, COMMANDS[name] ?? 1);
          return Reflect.apply(target[name] as () => unknown, target, args);
        };
      },
    });
  }

  function namespaceAt(location: string): ReplicaNamespace {
    const local = kv.at(location);
    return {
      get(key, how) {
        note("KV read");
        return local.get(key, how);
      },
      async put(key, value, how) {
        note("KV write", key);
        try {
          await local.put(key, value, how);
        } catch (fault) {
          note("KV write refused");
          throw fault;
        }
      },
    };
  }

  function createIsolate(location: string): Isolate {
    note("isolate born");
    const breakerOf = (name: string) => createBreaker({ name, clock, random: random.next });
    const replicas = createKvReplicas({ namespace: namespaceAt(location), seal, clock });
    const moor = createMoor({
      config,
      tokens: createTokens(RING),
      authority: createObjectAuthority(objects.from(location), { copies: config.stores, breaker: breakerOf("object") }),
      memory: createMemory(),
      replicas: config.stores.replicate === "off" ? undefined : guardCopies(replicas, breakerOf("kv"), KV_DEADLINE_MS),
      fallback: guardFallback(counted(redis.connect()), breakerOf("redis")),
      principals,
      unattended: createUnattended(objects.from(location), { copies: config.stores }),
      handoff: plainHandoff,
      bindings: { services: { ORIGIN: origin } },
      metrics: {
        writeDataPoint({ blobs, doubles }) {
          answeredFrom = blobs[5] ?? "";
          note(`answered by ${answeredFrom}` as Operation);
          if (blobs[6] === "journal") note("journaled");
          if ((doubles[0] as number) >= 500) note("failed");
        },
      },
      random: random.next,
      clock,
      log: () => {},
    });
    return { moor, endsAt: now + random.exponential(isolateLifeSeconds * 1000) };
  }

  function isolateAt(location: string, index: number): Isolate {
    const name = `${location} ${index}`;
    const known = isolates.get(name);
    if (known && now < known.endsAt) return known;
    const isolate = createIsolate(location);
    isolates.set(name, isolate);
    return isolate;
  }

  async function settled(): Promise<void> {
    while (afterwards.length > 0) {
      const work = afterwards;
      afterwards = [];
      await Promise.all(work);
    }
  }

  async function passTo(at: number): Promise<void> {
    for (let due = objects.nextAlarmAt(); due <= at; due = objects.nextAlarmAt()) {
      now = Math.max(now, due);
      await objects.ring();
    }
    now = Math.max(now, at);
  }

  return {
    ledger,
    now: clock,
    answeredFrom: () => answeredFrom,
    passTo,
    settled,
    fallback,
    objects,
    deploy: () => isolates.clear(),
    async answer(request, location, isolate) {
      note("request");
      return isolateAt(location, isolate).moor(request, keepAlive);
    },
    async liveOut() {
      for (let due = objects.nextAlarmAt(); due < Infinity; due = objects.nextAlarmAt()) await passTo(due);
    },
  };
}
