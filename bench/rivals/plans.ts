import type { Rounds } from "../http/rounds.ts";
import type { OutagePlan } from "./outage.ts";

/** How long and how hard the contestants are measured. */
export interface Plan {
  /** Visitors with sessions who read, of each contestant. As many others change. */
  readonly visitors: number;
  readonly throughput: Rounds;
  readonly latency: Rounds & { readonly rate: number };
  /** Visitors whose requests' store operations are counted. */
  readonly counted: number;
  readonly atOnce: { readonly rounds: number; readonly requests: number };
  /** With fewer visitors than requests within a visitor's patience, waiting visitors would thin out the load. */
  readonly outages: { readonly rounds: number; readonly visitors: number; readonly load: OutagePlan };
}

/** Enough to see that all of them work. */
const TINY: Plan = {
  visitors: 4,
  throughput: { rounds: 1, mostSeconds: 1, connections: 4, warmMs: 0, measureMs: 50 },
  latency: { rounds: 1, mostSeconds: 1, connections: 8, warmMs: 50, measureMs: 500, rate: 20 },
  counted: 2,
  atOnce: { rounds: 1, requests: 8 },
  outages: { rounds: 1, visitors: 6, load: { rate: 6, patienceMs: 500, beforeMs: 200, duringMs: 1_000, afterMs: 200 } },
};

const QUICK: Plan = {
  visitors: 60,
  throughput: { rounds: 3, mostSeconds: 30, connections: 16, warmMs: 100, measureMs: 300 },
  latency: { rounds: 3, mostSeconds: 30, connections: 64, warmMs: 200, measureMs: 1_000, rate: 50 },
  counted: 5,
  atOnce: { rounds: 3, requests: 20 },
  outages: {
    rounds: 1,
    visitors: 30,
    load: { rate: 15, patienceMs: 2_000, beforeMs: 500, duringMs: 3_000, afterMs: 2_000 },
  },
};

const FULL: Plan = {
  visitors: 100,
  throughput: { rounds: 15, mostSeconds: 90, connections: 16, warmMs: 200, measureMs: 500 },
  latency: { rounds: 10, mostSeconds: 90, connections: 64, warmMs: 300, measureMs: 2_000, rate: 100 },
  counted: 20,
  atOnce: { rounds: 10, requests: 20 },
  outages: {
    rounds: 3,
    visitors: 60,
    load: { rate: 30, patienceMs: 2_000, beforeMs: 1_000, duringMs: 4_000, afterMs: 3_000 },
  },
};

export const PLANS = { tiny: TINY, quick: QUICK, full: FULL };
