/**
 * The counts of a simulation. `answered by …`: the store that a request's session came from; `failed`: a request got a
 * 5xx.
 */
export type Operation =
  | "request"
  | "answered by memory"
  | "answered by kv"
  | "answered by object"
  | "answered by redis"
  | "answered by none"
  | "answered by new"
  | "answered by unavailable"
  | "failed"
  | "journaled"
  | "object call"
  | "object change"
  | "object call in vain"
  | "alarm"
  | "row read"
  | "row written"
  | "KV read"
  | "KV write"
  | "KV write refused"
  | "Redis command"
  | "principal call"
  | "isolate born";

/** Counts operations, and when each was on which key. */
export class Ledger {
  readonly #counts = new Map<Operation, number>();
  readonly #bySecond = new Map<Operation, Map<number, number>>();
  readonly #byKey = new Map<Operation, Map<string, number[]>>();

  /** @param at milliseconds. */
  note(operation: Operation, at: number, key?: string, times = 1): void {
    this.#counts.set(operation, this.count(operation) + times);
    const seconds = of(this.#bySecond, operation, () => new Map<number, number>());
    const second = Math.floor(at / 1000);
    seconds.set(second, (seconds.get(second) ?? 0) + times);
    if (key === undefined) return;
    of(
      of(this.#byKey, operation, () => new Map<string, number[]>()),
      key,
      () => [],
    ).push(at);
  }

  count(operation: Operation): number {
    return this.#counts.get(operation) ?? 0;
  }

  /** How many there were in a stretch of time: seconds since 1970, the last not included. */
  between(operation: Operation, from: number, until: number): number {
    let sum = 0;
    for (const [second, count] of this.#bySecond.get(operation) ?? [])
      if (second >= from && second < until) sum += count;
    return sum;
  }

  /** When each key had this operation, in order. */
  timesByKey(operation: Operation): ReadonlyMap<string, readonly number[]> {
    return this.#byKey.get(operation) ?? new Map();
  }
}

function of<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = create();
  map.set(key, made);
  return made;
}
