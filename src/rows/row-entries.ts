import type { SessionStorage } from "../objects/session/session-rows.ts";

/** Whether the work of a row's alarm had anything to do. `unchanged`: nothing, or it is not due by this clock yet. */
export interface Rung {
  readonly kind: "rung" | "unchanged";
}

/** When the row must be rung, in milliseconds since 1970, as the alarm of a Durable Object. */
const ALARM = "alarm";

/**
 * The entries of one row during one attempt: storage for the code of a Durable Object. Writes stay in memory until the row is
 * compared and written.
 */
export class RowEntries implements SessionStorage {
  readonly #entries: Map<string, unknown>;
  #hasChanged = false;
  readonly kv: SessionStorage["kv"];
  /** Whether the row tells of an end, which nobody would notice if it were lost: the token that knows of it is gone. */
  isEnd = false;

  /** @param text the row's text, opened; `undefined`: there is no row. */
  constructor(text: string | undefined) {
    const entries = new Map<string, unknown>(text === undefined ? [] : (JSON.parse(text) as [string, unknown][]));
    this.#entries = entries;
    this.kv = {
      get: <T>(key: string) => entries.get(key) as T | undefined,
      put: (key, value) => {
        entries.set(key, value);
        this.#hasChanged = true;
      },
      delete: (key) => {
        const existed = entries.delete(key);
        this.#hasChanged ||= existed;
        return existed;
      },
    };
  }

  /** Whether the row must be written. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  /** Has the row written as it is. */
  rewrite(): void {
    this.#hasChanged = true;
  }

  /** Whether nothing is left but an alarm. */
  get isEmpty(): boolean {
    return [...this.#entries.keys()].every((key) => key === ALARM);
  }

  get alarmAt(): number | undefined {
    return this.kv.get<number>(ALARM);
  }

  async getAlarm(): Promise<number | null> {
    return this.alarmAt ?? null;
  }

  async setAlarm(at: number): Promise<void> {
    if (at !== this.alarmAt) this.kv.put(ALARM, at);
  }

  async deleteAll(): Promise<void> {
    this.#entries.clear();
    this.#hasChanged = true;
  }

  /** The text of the row, to be sealed. */
  toText(): string {
    return JSON.stringify([...this.#entries]);
  }
}
