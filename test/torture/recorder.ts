import type { Act, History, Moment, Trouble, Truth, Visit } from "./history.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Writes a history down while it happens. */
export class Recorder {
  readonly #now: () => number;
  readonly #visits: Mutable<Visit>[] = [];
  readonly #acts: Mutable<Act>[] = [];
  readonly #troubles: Trouble[] = [];
  readonly #setBacks: Moment[] = [];
  #ticks = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** This instant. Its tick comes after all ticks before. */
  moment(): Moment {
    return { tick: ++this.#ticks, ms: this.#now() };
  }

  /** Begins a visit. Later events of the visit are added to it. */
  visit(visit: Visit): Mutable<Visit> {
    const begun = { ...visit };
    this.#visits.push(begun);
    return begun;
  }

  act(act: Act): Mutable<Act> {
    const begun = { ...act };
    this.#acts.push(begun);
    return begun;
  }

  trouble(trouble: Trouble): void {
    this.#troubles.push(trouble);
  }

  /** The store of the authority comes back with older data. */
  setBack(): void {
    this.#setBacks.push(this.moment());
  }

  visitOf(id: number): Mutable<Visit> | undefined {
    return this.#visits.find((visit) => visit.id === id);
  }

  /** Every session that has been named so far. */
  sids(): ReadonlySet<string> {
    const sids = new Set<string>();
    for (const { held, shown, answered } of this.#visits) {
      for (const sid of [held?.sid, shown?.sid, answered?.held?.sid]) if (sid !== undefined) sids.add(sid);
    }
    return sids;
  }

  history(truths: ReadonlyMap<string, Truth>): History {
    return {
      visits: this.#visits,
      acts: this.#acts,
      troubles: this.#troubles,
      setBacks: this.#setBacks,
      truths,
      end: this.moment(),
    };
  }
}
