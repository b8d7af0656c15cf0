import { stored } from "./copy.ts";
import { platformErrors } from "./platform-errors.ts";

/** The modelled part of a Durable Object's storage. */
export interface ObjectStorage {
  /** Synchronous. Values are copied in and out. */
  readonly kv: {
    get<T>(key: string): T | undefined;
    put(key: string, value: unknown): void;
    delete(key: string): boolean;
  };
  /** @param at milliseconds since 1970; replaces the alarm that is set. */
  setAlarm(at: number): Promise<void>;
  /** The alarm as well. */
  deleteAll(): Promise<void>;
}

/** The data that an object keeps whatever happens to its instances. */
export interface Disk {
  readonly rows: Map<string, unknown>;
  setAlarm(at: number | undefined): void;
}

/** A row's key and value together. */
const MOST_ROW_BYTES = 2_000_000;

/**
 * An object's storage as a single instance sees it. Writes are durable at once, so nothing can leave before them.
 * Writes with no `await` between them take effect together, because nothing can come between.
 *
 * @param assertCurrent throws when the instance has been replaced.
 */
export function createObjectStorage(disk: Disk, assertCurrent: () => void): ObjectStorage {
  return {
    kv: {
      get<T>(key: string) {
        assertCurrent();
        return stored(disk.rows.get(key)) as T | undefined;
      },
      put(key, value) {
        assertCurrent();
        const row = stored(value);
        if (bytesOf(key) + bytesOf(row) > MOST_ROW_BYTES) throw platformErrors.rowTooBig();
        disk.rows.set(key, row);
      },
      delete(key) {
        assertCurrent();
        return disk.rows.delete(key);
      },
    },
    async setAlarm(at) {
      assertCurrent();
      if (!(at > 0)) throw new TypeError("setAlarm() cannot be called with an alarm time <= 0");
      disk.setAlarm(at);
    },
    async deleteAll() {
      assertCurrent();
      disk.rows.clear();
      disk.setAlarm(undefined);
    },
  };
}

/** About what V8 serialises a value to. */
function bytesOf(value: unknown): number {
  if (typeof value === "string") return 3 + (/^[\0-\xff]*$/.test(value) ? value.length : value.length * 2);
  if (typeof value === "number")
    return Number.isInteger(value) && Math.abs(value) < 2 ** 30 ? 2 + Math.log2(1 + 2 * Math.abs(value)) / 7 : 9;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value !== "object" || value === null) return 1;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + bytesOf(item), 6);
  return Object.entries(value).reduce((sum, [key, own]) => sum + bytesOf(key) + bytesOf(own), 4);
}
