import type { ChangeRefusal, PoolChange } from "./pool-changes.ts";
import type { PoolState } from "./pool-state.ts";
import type { ProbePlan } from "./probe-plan.ts";
import type { Sketch } from "./sketch.ts";
import type { ProbedOrigin } from "./verdicts.ts";

/** The object of a pool could not be asked; whether it has done what it was asked is not known. */
export interface Unavailable {
  kind: "unavailable";
  cause: unknown;
}

/** How long a session may be away without ending, in milliseconds: after that nobody counts it as bound. */
export interface SessionPatience {
  readonly awayMs: number;
}

/** A pool as its object knows it. `bound`: about how many sessions each draining origin still has, by its id. */
export interface LookedPool {
  kind: "known";
  /** `undefined`: nothing has ever been said of its origins. */
  state: PoolState | undefined;
  bound: Record<string, number>;
  /** What probes say of each origin; nothing of pools that are not probed just now. An object of older code says nothing at all. */
  probes?: Record<string, ProbesSay>;
}

/** What probes say of an origin, and what the last one met. */
export interface ProbesSay {
  readonly verdict: ProbedOrigin["verdict"];
  readonly last: ProbedOrigin["last"];
}

/** What became of an operator's change. `published`: isolates can read it already; else it is tried again until they can. */
export type ChangedPool =
  | { kind: "changed" | "unchanged"; state: PoolState | undefined; published: boolean }
  | { kind: "refused"; reason: ChangeRefusal };

/** The pools' live state at its authority. Each call may be repeated. */
export interface Pools {
  look(pool: string, ask: SessionPatience): Promise<LookedPool | Unavailable>;
  change(pool: string, ask: { change: PoolChange } & SessionPatience): Promise<ChangedPool | Unavailable>;
  /** Sessions that were seen on origins that drain. */
  see(pool: string, ask: { seen: SeenOrigin[] } & SessionPatience): Promise<Seen | Unavailable>;
  /** Has origins probed by a plan for a while: to be asked for again and again. */
  probe(pool: string, ask: { plan: ProbePlan } & SessionPatience): Promise<Probing | Unavailable>;
}

export interface SeenOrigin {
  readonly origin: string;
  readonly sketch: Sketch;
}

export interface Seen {
  kind: "seen";
}

export interface Probing {
  kind: "probing";
}
