import { drawsOf } from "../sessions.ts";

/** Draws that are the same for the same seed. */
export interface Random {
  /** From 0 to below 1, as `Math.random` gives. */
  next(): number;
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  /** How long until something happens that happens every `mean` on average. */
  exponential(mean: number): number;
}

/** The draws of `sim/sessions.ts`, as numbers that simulations ask for. */
export function createRandom(seed: number): Random {
  const draw = drawsOf(seed);
  const next = () => draw() / 2 ** 32;
  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    exponential: (mean) => -Math.log(1 - next()) * mean,
  };
}
