import { BoundedMap } from "../lib/bounded-map.ts";

/** The part of a KV namespace that keeps which old applications visitors still come from. Each call may fail. */
export interface RecentNamespace {
  get(key: string, options: { type: "text"; cacheTtl: number }): Promise<string | null>;
  put(key: string, value: string, options: { expiration: number }): Promise<void>;
}

/** Whether visitors still come from an old application. */
export interface Recent {
  /** Notes an adoption. */
  note(from: string, now: number): Promise<void>;
  /** Whether a visitor was adopted from there within the last day. It is assumed while KV is not bound or does not answer. */
  isRecent(from: string, now: number): Promise<boolean>;
}

const DAY_MS = 24 * 3_600_000;
/** KV is written at most this often by an isolate. */
const NOTED_EVERY_MS = 3_600_000;
const CACHE_SECONDS = 60;

/**
 * Remembers in KV, under `a/<from>`, when visitors were last adopted from an old application. Everybody may carry a dead cookie of an
 * application that is gone. Only while adoptions happen may a visitor be refused because that application is away.
 *
 * @param namespace default: no KV is bound.
 */
export function createRecent(namespace: RecentNamespace | undefined): Recent {
  const noted = new BoundedMap<string, number>(64);

  return {
    async note(from, now) {
      if (now < (noted.get(from) ?? 0) + NOTED_EVERY_MS) return;
      noted.set(from, now);
      const expiration = Math.ceil((now + DAY_MS) / 1000);
      await namespace?.put(keyOf(from), String(now), { expiration }).catch(() => noted.set(from, 0));
    },

    async isRecent(from, now) {
      if (!namespace || now < (noted.get(from) ?? 0) + DAY_MS) return true;
      try {
        return (await namespace.get(keyOf(from), { type: "text", cacheTtl: CACHE_SECONDS })) !== null;
      } catch {
        return true;
      }
    },
  };
}

function keyOf(from: string): string {
  return `a/${from}`;
}
