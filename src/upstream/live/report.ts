import type { Counts } from "../../totals/tally.ts";

/** How a scheduled sweep ended, for operators. */
export interface SweepOutcome {
  /** When it ended, in milliseconds since 1970, and how long it took. */
  readonly at: number;
  readonly tookMs: number;
  /** Sessions that are left for the next sweep. */
  readonly left: number;
  /** When the oldest change that was found in their journals was made, in milliseconds since 1970. Default: none was found. */
  readonly oldestAt?: number | undefined;
  /** Whether the index could not be read to its end. */
  readonly failed: boolean;
}

/** An ejection of an origin: since when, in milliseconds since 1970, and the `cause` of its log line. */
export interface Ejection {
  readonly since: number;
  readonly reason: string;
}

/** The state of an isolate, as far as other isolates cannot know it. */
export interface IsolateState {
  /** Cloudflare's location, such as `FRA`; "": it is not known. */
  readonly colo: string;
  /** The version of the Worker, and a hash of its configuration. */
  readonly version: string;
  readonly config: string;
  /** The origins of the pool that it has ejected. */
  readonly ejected: readonly string[];
  /** Since when it has ejected each of them, and why. An isolate of older code has no such field. */
  readonly ejections?: Readonly<Record<string, Ejection>>;
  /** Whether it ignores the health of the pool's origins. */
  readonly panics: boolean;
  /** The stores whose breakers are open. */
  readonly open: readonly string[];
  /** Since when each of them is open. An isolate of older code has no such field. */
  readonly openSince?: Readonly<Record<string, number>>;
  /** The stores that have lost data lately, as tokens of visitors have proved. */
  readonly losing?: readonly string[];
  /** The address of the webhook; "": none is configured. An isolate of older code has no such field. */
  readonly webhook?: string;
  /** The last run of the cron job in this isolate, in reports to the object of the site. */
  readonly sweep?: SweepOutcome;
}

/** A report of an isolate to the object of a pool. */
export interface Report extends IsolateState {
  /** A random id of the isolate, and the number of its report. A report that is sent twice counts once. */
  readonly isolate: string;
  readonly number: number;
  /** What it has counted since its report before. */
  readonly counts: Counts;
}

/** How often an isolate reports at most, in milliseconds; the second report may come sooner. */
export const REPORT_EVERY_MS = 60_000;
/** How often it reports while an operator watches. */
export const WATCHED_EVERY_MS = 5_000;
/** A report that could not be delivered for this long is lost. The object knows the numbers of reports for longer. */
export const GIVE_UP_MS = 300_000;
