import { BoundedMap } from "../../lib/bounded-map.ts";
import { withinDeadline } from "../../lib/deadline.ts";
import type { Unavailable } from "../../lib/unavailable.ts";
import { createRedisClient, unreadable } from "../../redis/client.ts";
import type { Breaker } from "../breaker.ts";
import { ask } from "../guarded.ts";

/** Whether a session has ended, as far as a store knows. `at`: when it ended, in milliseconds since 1970. */
export type Revoked = { readonly kind: "alive" } | { readonly kind: "ended"; readonly at: number };

/** Keeps which sessions have ended. A browser that is killed after a logout may send the session again. */
export interface Revocation {
  /** Asks the store at most each {@link ASK_EVERY_MS} about a session. */
  ask(id: string, now: number): Promise<Revoked | Unavailable>;
  /** Notes an end, until the last copy of the session has expired. Both times are milliseconds since 1970. */
  end(id: string, at: number, until: number): Promise<{ readonly kind: "kept" } | Unavailable>;
}

/** A store of ends. The value is when the session ended. */
export interface EndStore {
  get(id: string): Promise<string | null>;
  put(id: string, value: string, until: number): Promise<void>;
}

/** An isolate asks about a session at most this often. */
export const ASK_EVERY_MS = 30_000;
const DEADLINE_MS = 1_000;
/** KV refuses values that expire in less than a minute. */
const LEAST_LIFE_MS = 70_000;
/** The shortest time that KV accepts for answers from the cache of a location. */
const CACHE_SECONDS = 30;
const REMEMBERED = 4_096;

/** The ends of sessions in a store, behind a breaker and with a deadline for every call. */
export function createRevocation(store: EndStore, breaker: Breaker): Revocation {
  const known = new BoundedMap<string, { readonly askedAt: number; readonly answer: Revoked }>(REMEMBERED);
  const guarded = <Answer extends { kind: string }>(call: () => Promise<Answer>) =>
    ask<Answer | Unavailable>(breaker, async () => {
      try {
        return await withinDeadline(call(), DEADLINE_MS);
      } catch (cause) {
        return { kind: "unavailable", cause };
      }
    });

  return {
    async ask(id, now) {
      const remembered = known.get(id);
      if (remembered?.answer.kind === "ended") return remembered.answer;
      if (remembered && now < remembered.askedAt + ASK_EVERY_MS) return remembered.answer;
      const answer = await guarded(async (): Promise<Revoked> => {
        const value = await store.get(id);
        return value === null ? { kind: "alive" } : { kind: "ended", at: Number(value) };
      });
      if (answer.kind !== "unavailable" && known.get(id)?.answer.kind !== "ended")
        known.set(id, { askedAt: now, answer });
      return answer;
    },

    async end(id, at, until) {
      const kept = await guarded(async () => {
        await store.put(id, String(at), until);
        return { kind: "kept" } as const;
      });
      if (kept.kind === "kept") known.set(id, { askedAt: at, answer: { kind: "ended", at } });
      return kept;
    },
  };
}

/** The part of a KV namespace that keeps ends. */
export interface EndNamespace {
  get(key: string, options: { type: "text"; cacheTtl: number }): Promise<string | null>;
  put(key: string, value: string, options: { expiration: number }): Promise<void>;
}

/** Ends in Workers KV, under `x/<id>`. Other locations see an end up to a minute later. */
export function endsInKv(namespace: EndNamespace): EndStore {
  return {
    get: (id) => namespace.get(`x/${id}`, { type: "text", cacheTtl: CACHE_SECONDS }),
    put: (id, value, until) => {
      const expiration = Math.ceil(Math.max(until, Number(value) + LEAST_LIFE_MS) / 1_000);
      return namespace.put(`x/${id}`, value, { expiration });
    },
  };
}

/** Ends in Redis at Upstash, under `moor:x:<id>`. A Redis that evicts keys would bring ended sessions back. */
export function endsInRedis(address: { readonly url: string; readonly token: string }): EndStore {
  const redis = createRedisClient({ ...address, deadlineMs: DEADLINE_MS });
  return {
    async get(id) {
      const value = await redis.run(["GET", `moor:x:${id}`]);
      return value === null || typeof value === "string" ? value : unreadable();
    },
    async put(id, value, until) {
      await redis.run(["SET", `moor:x:${id}`, value, "PXAT", String(Math.ceil(until))]);
    },
  };
}
