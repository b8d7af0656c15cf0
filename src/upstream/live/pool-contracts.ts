import type { Unavailable } from "../../lib/unavailable.ts";
import type { Counts } from "../../totals/tally.ts";
import type { Actor, AuditEntry, Audited } from "./audit.ts";
import type { PoolState } from "./pool-state.ts";
import type { ProbePlan, ProbeTarget } from "./probe-plan.ts";
import type { Ejection, Report, SweepOutcome } from "./report.ts";
import type { Sketch } from "./sketch.ts";

/**
 * A change of an origin that an operator asks for. The pool itself asks for `end`, the end of a drain, when no session
 * is bound to the origin any more.
 */
export interface PoolChange {
  readonly action: "drain" | "restore" | "eject" | "end";
  readonly origin: string;
  /** When it takes effect, milliseconds since 1970; `"now"`, of an ejection alone. Default: {@link USUAL_LEAD_MS} ahead. */
  readonly at?: number | "now" | undefined;
  /**
   * How long after its beginning a drain ends at the latest, in milliseconds. Default: when no session is bound any
   * more.
   */
  readonly deadlineMs?: number | undefined;
  /** The other origins of the pool that can get new sessions by the configuration, and that probes do not call unhealthy. */
  readonly others: readonly string[];
  /** Whether a drain or an ejection may leave no healthy origin to new sessions. Default `false`. */
  readonly anyway?: boolean | undefined;
  /** How long a session can live, in milliseconds: anything before that may be forgotten. */
  readonly sessionLifeMs: number;
  /** The version of the pool on which the operator has decided. Default: any version. */
  readonly onVersion?: number | undefined;
  /** The operator. The change is audited in the same write. Default: the change is not audited. */
  readonly by?: Actor | undefined;
}

/**
 * - `too-soon`: not all isolates would know of the change in time
 * - `out-of-order`: the change lies before a change that is named already
 * - `ejected`: the origin has been ejected, so it has no sessions to drain
 * - `last-origin`: new sessions would find no healthy origin that is open, and the operator did not say `anyway`
 * - `version-changed`: the pool is not at the version on which the operator has decided
 * - `too-many`: more than {@link MAX_CLOSURES} times within a session's life
 */
export type ChangeRefusal = "too-soon" | "out-of-order" | "ejected" | "last-origin" | "too-many" | "version-changed";

/**
 * How long after its publication a state is known everywhere: 60 s in KV, 30 s in a location's cache, 45 s in an
 * isolate.
 */
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
 * The result of a probe.
 *
 * - `status`: the status is not among the expected ones.
 * - `body`: the body does not hold the expected text.
 * - `timeout`: the answer took too long.
 * - `lost`: there was no connection, or it broke off.
 */
export type ProbeResult =
  | { readonly kind: "passed" | "status" | "body"; readonly status: number }
  | { readonly kind: "timeout" | "lost" };

/** The verdict of the probes on an origin. Times are milliseconds since 1970. */
export type Verdict =
  | { readonly state: "healthy"; readonly since: number }
  | {
      readonly state: "unhealthy";
      readonly since: number;
      /** The probe result that made the origin unhealthy. */
      readonly reason: ProbeResult;
      /** Until when the verdict holds if no probe confirms it: a prober that has stopped working has no say. */
      readonly until: number;
    };

/** The state of an origin that is probed. */
export interface ProbedOrigin extends Pick<ProbeTarget, "id" | "url"> {
  /** `undefined`: too little is known to say anything. */
  readonly verdict?: Verdict;
  /** How many consecutive probes have spoken against the verdict. */
  readonly against: number;
  readonly last?: { readonly at: number; readonly result: ProbeResult };
  /** When it is probed next. */
  readonly dueAt: number;
}

/** How long a session may be away without ending, in milliseconds. After that the session no longer counts as bound. */
export interface SessionPatience {
  readonly awayMs: number;
}

/** A pool as its object knows it. `bound`: about how many sessions each draining origin still has, by its id. */
export interface LookedPool {
  kind: "known";
  /** `undefined`: no operator has ever changed its origins. */
  state: PoolState | undefined;
  bound: Record<string, number>;
  /**
   * The verdict of the probes on each origin. Empty for pools that are not probed at present. An object of older code
   * has no such field.
   */
  probes?: Record<string, ProbesSay>;
}

/** The verdict of the probes on an origin, and the result of the last probe. */
export interface ProbesSay {
  readonly verdict: ProbedOrigin["verdict"];
  readonly last: ProbedOrigin["last"];
}

/**
 * The result of an operator's change. `published`: isolates can read the change already; otherwise publishing is tried
 * again until they can.
 */
export type ChangedPool =
  | { kind: "changed" | "unchanged"; state: PoolState | undefined; published: boolean }
  | { kind: "refused"; reason: ChangeRefusal };

/**
 * The name of the object that adds up what belongs to no pool. The id of a pool has no `~`.
 */
export const SITE = "~site";

/** The pools' live state at its authority. Each call may be repeated. */
export interface Pools {
  look(pool: string, ask: SessionPatience): Promise<LookedPool | Unavailable>;
  change(pool: string, ask: { change: PoolChange } & SessionPatience): Promise<ChangedPool | Unavailable>;
  /** Takes the sessions that an isolate has seen on origins, and its report. */
  see(pool: string, ask: { seen: SeenOrigin[]; report?: Report } & SessionPatience): Promise<Seen | Unavailable>;
  /** The totals of a pool. `watches`: isolates report more often for a while. Absent: nothing adds up the reports. */
  totals?(pool: string, ask: { watches: boolean } & SessionPatience): Promise<PoolTotals | Unavailable>;
  /** Keeps an action of an operator. */
  audit(pool: string, ask: { entry: AuditEntry }): Promise<{ kind: "kept" } | Unavailable>;
  /** The newest actions. */
  audited(pool: string, ask: { most: number }): Promise<Audited | Unavailable>;
  /** Has origins probed by a plan for a while: to be asked for again and again. */
  probe(pool: string, ask: { plan: ProbePlan } & SessionPatience): Promise<Probing | Unavailable>;
}

export interface SeenOrigin {
  readonly origin: string;
  readonly sketch: Sketch;
}

export interface Seen {
  kind: "seen";
  /** Whether an operator watches the pool. An object of older code has no such field. */
  watched?: boolean;
}

/** The counts of all isolates of a pool, added up. Times are milliseconds since 1970. */
export interface PoolTotals {
  readonly kind: "totals";
  readonly counts: Counts;
  /** When `counts` were saved last. No report since then is in them. */
  readonly savedAt: number;
  readonly isolates: IsolatesHeard;
  /** The last run of the cron job. Only the object of the site knows it. */
  readonly sweep?: SweepOutcome | undefined;
  /** About how many sessions each origin has, by its id. Origins on which no session was seen are left out. */
  readonly bound: Readonly<Record<string, number>>;
  /** Each of the last minutes in which a report came, the oldest first. */
  readonly minutes: readonly MinuteTotals[];
}

/** The counts of a minute. */
export interface MinuteTotals {
  /** When it began, in milliseconds since 1970. */
  readonly at: number;
  readonly counts: Counts;
  /** About how many sessions each origin had, by its id, when totals were last saved in it. Default: they were not saved in it. */
  readonly bound?: Readonly<Record<string, number>>;
}

/** The isolates that have reported lately, counted by what they say. */
export interface IsolatesHeard {
  readonly heard: number;
  /** When the isolate of these that has not reported for the longest time reported last. */
  readonly oldestAt: number | undefined;
  /** How many isolates there are by location, `""` among them; and by version and configuration, as `VERSION CONFIG`. */
  readonly colos: Readonly<Record<string, number>>;
  readonly builds: Readonly<Record<string, number>>;
  /** How many isolates have ejected an origin, by the id of the origin and by location. */
  readonly ejecting: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The first ejection of each of these origins that still lasts. An object of older code has no such field. */
  readonly ejections?: Readonly<Record<string, Ejection>>;
  /** How many ignore the health of origins. */
  readonly panicking: number;
  /** In how many the breaker of a store is open, by the name of the store and by location. */
  readonly open: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Since when the first of these breakers is open, by the name of the store. An object of older code has no such field. */
  readonly openSince?: Readonly<Record<string, number>>;
}

export interface Probing {
  kind: "probing";
}
