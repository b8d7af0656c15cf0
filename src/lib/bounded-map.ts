/**
 * A map that forgets: it keeps at least the entries used last whose weights add up to `limit`, and at most twice that.
 *
 * It consists of two plain maps. When the younger map is full, it replaces the older. This costs less per use than an exact order
 * of use.
 */
export class BoundedMap<K, V> {
  readonly #limit: number;
  readonly #weigh: (value: V) => number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();
  #youngWeight = 0;

  /**
   * @param limit above 0; a number of entries, unless `weigh` is given.
   * @param weigh the weight of an entry, above 0. Default 1.
   */
  constructor(limit: number, weigh: (value: V) => number = () => 1) {
    if (!(limit > 0)) throw new TypeError(`limit: found ${limit}, accepted: above 0`);
    this.#limit = limit;
    this.#weigh = weigh;
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    const replaced = this.#young.get(key);
    const weight = this.#weigh(value);
    this.#youngWeight += weight - (replaced === undefined ? 0 : this.#weigh(replaced));
    if (this.#youngWeight > this.#limit) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngWeight = weight;
    }
    this.#young.set(key, value);
  }
}
