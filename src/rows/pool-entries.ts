import { decodeBase64url, encodeBase64url } from "../lib/base64url.ts";
import type { PoolAuthorityParts } from "../objects/pool/pool-authority.ts";
import type { PoolStorage } from "../objects/pool/pool-rows.ts";
import type { RowEntries } from "./row-entries.ts";

const ROWS = "pool";
const ALARM = "~alarm";
const SEALED_BY = "sealedBy";
/** The name by which bytes stand in JSON. */
const BYTES = "~bytes";

/**
 * The storage of a pool's object, and its alarm, as entries of one row of a store. The store does not name the row when its alarm is due: the
 * cron job looks at each pool.
 */
export class PoolEntries implements PoolStorage {
  readonly #entries: RowEntries;
  readonly #values: Map<string, unknown>;
  #hasChanged = false;

  constructor(entries: RowEntries) {
    this.#entries = entries;
    this.#values = new Map(JSON.parse(entries.kv.get<string>(ROWS) ?? "[]", revived) as [string, unknown][]);
  }

  readonly kv: PoolStorage["kv"] = {
    get: <T>(key: string) => this.#values.get(key) as T | undefined,
    put: (key, value) => {
      this.#values.set(key, value);
      this.#hasChanged = true;
    },
    delete: (key) => {
      const existed = this.#values.delete(key);
      this.#hasChanged ||= existed;
      return existed;
    },
    list: <T>({ prefix, limit, reverse = false }: { prefix: string; limit?: number; reverse?: boolean }) => {
      const keys = [...this.#values.keys()].filter((key) => key.startsWith(prefix)).sort();
      if (reverse) keys.reverse();
      return keys.slice(0, limit).map((key): [string, T] => [key, this.#values.get(key) as T]);
    },
  };

  readonly alarms: PoolAuthorityParts["alarms"] = {
    getAlarm: async () => this.kv.get<number>(ALARM) ?? null,
    setAlarm: async (at) => this.kv.put(ALARM, at),
  };

  /** Whether the alarm is due. An alarm that is due is taken away, as the alarm of an object that rings. */
  takeAlarm(now: number): boolean {
    const isDue = (this.kv.get<number>(ALARM) ?? Number.POSITIVE_INFINITY) <= now;
    if (isDue) this.kv.delete(ALARM);
    return isDue;
  }

  /** Whether another key of the ring has sealed the row. @param key the id of the key that seals now. */
  isSealedByOther(key: number): boolean {
    return !this.#entries.isEmpty && this.#entries.kv.get<number>(SEALED_BY) !== key;
  }

  /** Has the row written as it is. */
  rewrite(): void {
    this.#hasChanged = true;
  }

  /** Puts what has changed into the entries of the row. @param key the id of the key that seals now. */
  save(key: number): void {
    if (!this.#hasChanged) return;
    this.#entries.kv.put(ROWS, JSON.stringify([...this.#values], withTextsForBytes));
    this.#entries.kv.put(SEALED_BY, key);
  }
}

function withTextsForBytes(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? { [BYTES]: encodeBase64url(value) } : value;
}

function revived(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !(BYTES in value)) return value;
  return decodeBase64url(String(value[BYTES]));
}
