import type { PoolStorage } from "../src/objects/pool/pool-rows.ts";

/** The storage of a pool's object, in memory. What is read may be changed by its reader, as on the platform. */
export function poolStorageOn(rows: Map<string, unknown>): PoolStorage {
  return {
    kv: {
      get: <T>(key: string) => structuredClone(rows.get(key)) as T | undefined,
      put: (key, value) => void rows.set(key, structuredClone(value)),
      delete: (key) => rows.delete(key),
      list<T>({ prefix, limit, reverse = false }: { prefix: string; limit?: number; reverse?: boolean }) {
        const keys = [...rows.keys()].filter((key) => key.startsWith(prefix)).sort();
        if (reverse) keys.reverse();
        return keys.slice(0, limit).map((key): [string, T] => [key, structuredClone(rows.get(key)) as T]);
      },
    },
  };
}
