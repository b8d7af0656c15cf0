import type fc from "fast-check";

/** A part of Moor that takes what strangers send, and what must hold whatever they send. */
export interface Target<Case = unknown> {
  readonly name: string;
  readonly about: string;
  /** What is thrown at it. */
  readonly cases: fc.Arbitrary<Case>;
  /** Prepares the part; what comes back takes one case after the other. */
  start(): Promise<(given: Case) => Promise<Outcome>>;
}

/** What came of a case, in a word or two; they are counted. */
export type Outcome = string;

/** What must never happen has happened. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** @throws Violation unless `holds`. */
export function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Violation(what);
}
