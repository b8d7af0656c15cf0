import type { OpenedToken } from "../../src/inbound/token/tokens.ts";
import type { Ref } from "../../src/session/change.ts";
import type { Copy } from "../../src/session/copy.ts";
import type { Authority, Committed, Copies, Lookup, Memory } from "../../src/store/contracts.ts";
import { createMemory } from "../../src/store/memory.ts";
import type { Journaled, Outage, Shown } from "../../src/store/outage.ts";
import { createTiers, type ResolveOptions, type Tiers } from "../../src/store/tiers.ts";
import { copyOf, openedToken, refTo } from "../support/sessions.ts";
import { at } from "../support/time.ts";

export const DOWN = { kind: "unavailable" as const, cause: new Error("down") };
/** The token was signed at 0 seconds; it is 10 seconds now, and a copy that was vouched for at 8 may answer. */
export const NOW = at(10);
export const fresh = (given: Partial<Copy> = {}) => copyOf("s", { vouchedAt: at(8), journalSeenAt: at(8), ...given });
export const hit = (given: Partial<Copy> = {}): Lookup => ({ kind: "hit", copy: fresh(given) });

interface Stores {
  /** The answer of each store. */
  answers: { kv: Lookup; object: Lookup; committed: Committed; redis: Shown; journaled: Journaled };
  /** The names of the stores that the tiers asked, in order. */
  asked: string[];
  /** The sessions that the tiers asked the stores for, in order. */
  refs: Ref[];
  /** The time at which this isolate gave the journal a change. */
  journaledAt: number | undefined;
  memory: Memory;
  tiers: Tiers;
}

/** The stores of the running test; `renewStores` sets every field before each test. */
export const stores = {} as Stores;

export function renewStores(): void {
  stores.answers = {
    kv: { kind: "miss" },
    object: DOWN,
    committed: DOWN,
    redis: DOWN,
    journaled: { kind: "journaled" },
  };
  stores.asked = [];
  stores.refs = [];
  stores.journaledAt = undefined;
  stores.memory = createMemory();
  stores.tiers = tiersOf({});
}

export function tiersOf(without: { outage?: undefined }): Tiers {
  function told<T>(store: string, ref: Ref, answer: T): Promise<T> {
    stores.asked.push(store);
    stores.refs.push(ref);
    return Promise.resolve(answer);
  }
  const replicas: Copies = {
    name: "kv",
    read: (ref) => told("kv", ref, stores.answers.kv),
    keep: async () => ({ kind: "kept" }),
  };
  const authority: Authority = {
    read: (ref) => told("object", ref, stores.answers.object),
    commit: (ref) => told("object", ref, stores.answers.committed),
    takeOver: async () => ({ kind: "taken-over", seenAt: 0 }),
    name: "object",
  };
  const outage: Outage = {
    name: "redis",
    read: (ref) => told("redis", ref, stores.answers.redis),
    commit: (ref) => told("redis", ref, stores.answers.journaled),
    journaledAt: () => stores.journaledAt,
  };
  return createTiers({ memory: stores.memory, replicas, authority, outage, ...without });
}

export function resolve(
  given: Partial<OpenedToken> & { markedAt?: number } = {},
  options: Partial<ResolveOptions> = {},
) {
  const { markedAt, ...token } = given;
  const ref = { ...refTo("s", NOW, token.generation), ...(markedAt === undefined ? {} : { markedAt }) };
  return stores.tiers.resolve(ref, openedToken(token), { strict: false, onStale: "refuse", now: NOW, ...options });
}
