import type { PoolState } from "./pool-state.ts";
import type { ProbePlan, ProbeTarget } from "./probe-plan.ts";
import type { Sketch } from "./sketch.ts";

/** What is asked of an origin: by an operator; `end`, a drain's, by the pool itself when nobody is bound any more. */
export interface PoolChange {
  readonly action: "drain" | "restore" | "eject" | "end";
  readonly origin: string;
  /** When it takes effect, milliseconds since 1970; `"now"`, of an ejection alone. Default: {@link USUAL_LEAD_MS} ahead. */
  readonly at?: number | "now" | undefined;
  /** How long after its beginning a drain ends at the latest, in milliseconds. Default: when nobody is bound any more. */
  readonly deadlineMs?: number | undefined;
  /** The other origins of the pool that can get new sessions by the configuration, and that probes do not call unhealthy. */
  readonly others: readonly string[];
  /** Whether a drain or an ejection may leave no healthy origin to new sessions. Default `false`. */
  readonly anyway?: boolean | undefined;
  /** How long a session can live, in milliseconds: what was before that may be forgotten. */
  readonly sessionLifeMs: number;
}

/**
 * - `too-soon`: not all isolates would know of it in time
 * - `out-of-order`: it lies before a change that is named already
 * - `ejected`: who has been ejected has nobody to drain
 * - `last-origin`: new sessions would find no healthy origin that is open, and the operator did not say `anyway`
 * - `too-many`: more than {@link MAX_CLOSURES} times within a session's life
 */
export type ChangeRefusal = "too-soon" | "out-of-order" | "ejected" | "last-origin" | "too-many";

/** So long after its publication a state is known to all who act on it: 60 s in KV, 30 s in a location's cache, 45 s in an isolate. */
const REACH_MS = 135_000;
/** How long publishing a change may take. */
export const PUBLISHING_MS = 5_000;
/** How far ahead a change must be named at least. */
export const LEAST_LEAD_MS = REACH_MS + PUBLISHING_MS;
/** How far ahead a change is named that names no time. */
export const USUAL_LEAD_MS = 150_000;
/** How often an origin may be closed within a session's life. */
export const MAX_CLOSURES = 100;

/**
 * What a probe has met. `status`: another than those expected; `body`: it does not hold what is expected; `timeout`: it took too long;
 * `lost`: there was no connection, or it broke off.
 */
export type ProbeResult =
  | { readonly kind: "passed" | "status" | "body"; readonly status: number }
  | { readonly kind: "timeout" | "lost" };

/** What probes say of an origin. Times are milliseconds since 1970. */
export type Verdict =
  | { readonly state: "healthy"; readonly since: number }
  | {
      readonly state: "unhealthy";
      readonly since: number;
      /** What the probe met that made it so. */
      readonly reason: ProbeResult;
      /** Until when it holds without being confirmed: who cannot probe any more says nothing. */
      readonly until: number;
    };

/** What is known of an origin that is probed. */
export interface ProbedOrigin extends Pick<ProbeTarget, "id" | "url"> {
  /** `undefined`: too little is known to say anything. */
  readonly verdict?: Verdict;
  /** How many probes running have spoken against the verdict. */
  readonly against: number;
  readonly last?: { readonly at: number; readonly result: ProbeResult };
  /** When it is probed next. */
  readonly dueAt: number;
}

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
