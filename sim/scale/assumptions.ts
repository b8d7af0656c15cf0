import given from "./assumptions.json" with { type: "json" };

/** The assumptions: `assumptions.json`. */
export interface Assumptions {
  /** Visitors at once, each with a session of his own. */
  readonly visitors: number;
  /** Locations of Cloudflare that serve the site. */
  readonly locations: number;
  readonly isolatesPerLocation: number;
  /** How long an isolate lives on average. */
  readonly isolateLifeSeconds: number;
  /** How long a visitor's connection stays open without a request. */
  readonly connectionIdleSeconds: number;
  /** Within how many seconds a deploy has replaced all isolates. */
  readonly deploySeconds: number;
  /** To an object and back, of the region and of another. */
  readonly objectRoundTripMs: number;
  readonly farRoundTripMs: number;
  /** From an object to Redis and back. */
  readonly redisRoundTripMs: number;
  /** How many of all sessions live in the region that fails. */
  readonly regionShare: number;
  readonly outageSeconds: number;
  /** Sessions of the principal that has the most: an account that many share. */
  readonly sharedAccountSessions: number;
  /** Origins of each pool. */
  readonly origins: number;
  /** The shares of the visitors by workload; the workloads are in `bench/cost/workloads.json`. */
  readonly mix: readonly { readonly workload: string; readonly share: number }[];
}

export const ASSUMPTIONS: Assumptions = given;
