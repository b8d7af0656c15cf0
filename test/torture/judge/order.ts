/** The known order of events. */
export class Order {
  readonly #after = new Map<number, Set<number>>();

  /** Notes that `one` comes before `other`. */
  add(one: number, other: number): void {
    const after = this.#after.get(one);
    if (after) after.add(other);
    else this.#after.set(one, new Set([other]));
  }

  /** Whether `other` comes after `one`, by one step or several. */
  reaches(one: number, other: number): boolean {
    const seen = new Set([one]);
    for (const at of seen) {
      for (const next of this.#after.get(at) ?? []) {
        if (next === other) return true;
        seen.add(next);
      }
    }
    return false;
  }
}
