import { comeback } from "./scenarios/comeback.ts";
import { death } from "./scenarios/death.ts";
import { poison } from "./scenarios/poison.ts";

/** All scenarios, in the order of their table. */
export const SCENARIOS = [...poison, ...death, ...comeback];

/** The simulations that are played in addition to the scenarios: without servers, or without a front. */
export const SIMULATIONS = {
  deaths: "an origin dies; 150 isolates of little traffic find out, each by itself (Moor's own code, simulated time)",
  attacks: "requests that origins drop, from one address and from many, beside 60 visitors (the same)",
  failures: "what workerd's fetch tells of each way in which an origin fails",
} as const;

export type Simulation = keyof typeof SIMULATIONS;
