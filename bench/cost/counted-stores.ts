import { createRedisWorld } from "../../emulation/redis.ts";
import type { KeyRing } from "../../src/inbound/token/key-ring.ts";
import { SessionAuthority } from "../../src/objects/session/session-authority.ts";
import type { SessionStorage } from "../../src/objects/session/session-rows.ts";
import type { Authority, Copies, Memory } from "../../src/store/contracts.ts";
import type { Fallback } from "../../src/store/fallback-contract.ts";
import { createKvReplicas } from "../../src/store/kv-replicas.ts";
import { createMemory } from "../../src/store/memory.ts";
import { createSeal } from "../../src/store/seal.ts";

/** The billed operations, in numbers. */
export interface Operations {
  objectRequests: number;
  rowsRead: number;
  rowsWritten: number;
  kvReads: number;
  kvWrites: number;
  redisCommands: number;
}

/** The stores as a single isolate reaches them. */
export interface IsolateStores {
  readonly authority: Authority;
  readonly memory: Memory;
  readonly replicas: Copies;
  readonly fallback: Fallback | undefined;
}

interface Life {
  readonly authority: SessionAuthority;
  readonly rows: Map<string, unknown>;
  alarm: number | undefined;
}

/** All stores in memory, their operations counted as the platforms bill them. */
export function createCountedStores(clock: () => number, ring: KeyRing, backup: "off" | "async") {
  const operations: Operations = {
    objectRequests: 0,
    rowsRead: 0,
    rowsWritten: 0,
    kvReads: 0,
    kvWrites: 0,
    redisCommands: 0,
  };
  const lives = new Map<string, Life>();
  const values = new Map<string, string>();
  const seal = createSeal(ring);
  const copies = { replicate: "travel", backup, strictBackup: false } as const;
  const redis = backup === "off" ? undefined : counted(createRedisWorld({ now: clock }).fallback);
  let afterwards: Promise<unknown>[] = [];

  /** Each method sends one command. */
  function counted(fallback: Fallback): Fallback {
    return new Proxy(fallback, {
      get(target, name) {
        if (name === "name") return target.name;
        return (...args: unknown[]) => {
          operations.redisCommands++;
          return Reflect.apply(Reflect.get(target, name) as () => unknown, target, args);
        };
      },
    });
  }

  const replicas = createKvReplicas({
    namespace: {
      async get(key) {
        operations.kvReads++;
        return values.get(key) ?? null;
      },
      async put(key, value) {
        operations.kvWrites++;
        values.set(key, value);
      },
    },
    seal,
    clock,
  });

  function storageOf(life: Omit<Life, "authority">): SessionStorage {
    const { rows } = life;
    return {
      kv: {
        get<T>(key: string) {
          operations.rowsRead++;
          return structuredClone(rows.get(key)) as T | undefined;
        },
        put(key, value) {
          operations.rowsWritten++;
          rows.set(key, structuredClone(value));
        },
        delete(key) {
          operations.rowsWritten++;
          return rows.delete(key);
        },
      },
      async setAlarm(at) {
        operations.rowsWritten++;
        life.alarm = at;
      },
      async deleteAll() {
        operations.rowsWritten += rows.size;
        rows.clear();
        life.alarm = undefined;
      },
    };
  }

  function lifeOf(id: string): Life {
    const known = lives.get(id);
    if (known) return known;
    const parts = { rows: new Map<string, unknown>(), alarm: undefined as number | undefined };
    const keepAlive = (work: Promise<unknown>) => void afterwards.push(work);
    const life: Life = Object.assign(parts, {
      authority: new SessionAuthority({ storage: storageOf(parts), clock, fallback: redis, replicas, keepAlive }),
    });
    lives.set(id, life);
    return life;
  }

  async function call<T>(id: string, ask: (authority: SessionAuthority) => T | Promise<T>): Promise<T> {
    operations.objectRequests++;
    return ask(lifeOf(id).authority);
  }

  async function settled(): Promise<void> {
    while (afterwards.length > 0) {
      const work = afterwards;
      afterwards = [];
      await Promise.all(work);
    }
  }

  async function ringAlarms(): Promise<void> {
    for (const life of lives.values()) {
      if (life.alarm === undefined || life.alarm > clock()) continue;
      life.alarm = undefined;
      operations.objectRequests++;
      await life.authority.alarm();
      await settled();
    }
  }

  return {
    operations,
    settled,
    ringAlarms,
    forIsolate(): IsolateStores {
      const authority: Authority = {
        name: "object",
        read: (ref) => call(ref.id, (own) => own.read({ ref, copies })),
        commit: (ref, change) => call(ref.id, (own) => own.commit({ ref, change, copies })),
        takeOver: (id) => call(id, (own) => own.takeOver({ id, copies })),
      };
      return { authority, memory: createMemory(), replicas, fallback: redis };
    },
    hasSessions: () => lives.size > 0,
    /** Lets time pass, from alarm to alarm, until no object has an alarm. */
    async liveOut(passTo: (at: number) => void): Promise<void> {
      for (;;) {
        const due = [...lives.values()].flatMap(({ alarm }) => alarm ?? []);
        if (due.length === 0) return;
        passTo(Math.max(clock(), Math.min(...due)));
        await ringAlarms();
      }
    },
  };
}
