import type fc from "fast-check";

/** A part of Moor that reads input of strangers, with the promises that hold for every input. */
export interface Target<Case = unknown> {
  readonly name: string;
  readonly about: string;
  /** The input for its cases. */
  readonly cases: fc.Arbitrary<Case>;
  /** Prepares the part. The returned function takes one case after the other. */
  start(): Promise<(given: Case) => Promise<Outcome>>;
}

/** The outcome of a case, in a word or two. The campaign counts equal outcomes. */
export type Outcome = string;

/** A promise of a target is broken. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** @throws Violation unless `holds`. */
export function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Violation(what);
}
