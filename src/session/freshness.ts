import type { EndReason } from "../config/types.ts";
import type { OpenedToken } from "../inbound/token/tokens.ts";
import { CHANGE_LIFE_SECONDS } from "./change.ts";
import type { Copy } from "./copy.ts";
import { deadlineOf, deadlinePassed } from "./deadlines.ts";
import type { View } from "./record.ts";

/** How old a copy may be. */
export interface Bounds {
  /** The age at which a copy stops answering. A change by another client can stay unseen for this long. */
  readonly ageMs: number;
  /** How long a response may take to reach its client. If two responses race, the client may keep the older token. */
  readonly settleMs: number;
}

/** The state that a client has seen, as its token, proof and mark tell. */
export interface Seen extends Pick<OpenedToken, "generation" | "version" | "issuedAt" | "touchedAt" | "expiresAt"> {
  /** When the journal may last have taken a change of the client; absent if it never did. */
  readonly markedAt?: number | undefined;
}

/** `"fresh"`, or the first rule that the copy breaks. */
export type Freshness = "fresh" | "ended" | "generation" | "version" | "settle" | "journal" | "age" | "deadline";

/** How long a response is given to reach its client. */
export const SETTLE_MS = 5_000;
/**
 * How long after a mark the journal may still take the change that the mark stands for. If two marks race, the older may stay. An
 * append that was given up is still taken until its change expires, by a clock that may be a second late.
 */
export const MARK_SETTLE_MS = SETTLE_MS + CHANGE_LIFE_SECONDS * 1000 + 1_000;
/** Age bound of the memory tier. */
export const MEMORY_AGE_MS = 5_000;
/** Age bound of the KV tier. */
export const REPLICA_AGE_MS = 120_000;

/**
 * Whether `copy` may answer a request whose client has seen `seen`; if not, the authority is asked.
 *
 * It promises that no client reads a state older than it has written or seen, and that no client sees an ended session. It
 * assumes that a response reaches its client within `settleMs`, and that clocks agree to a second.
 */
export function freshness(copy: Copy, seen: Seen, bounds: Bounds, now: number): Freshness {
  if (copy.ended) return "ended";
  if (copy.generation !== seen.generation) return "generation";
  if (copy.version < seen.version) return "version";
  if (copy.vouchedAt < seen.issuedAt + bounds.settleMs) return "settle";
  if (seen.markedAt !== undefined && !coversMark(copy.journalSeenAt, seen.markedAt)) return "journal";
  if (now - copy.vouchedAt > bounds.ageMs) return "age";
  return now < deadlineOf(copy) || !deadlineOver(copy, seen, now) ? "fresh" : "deadline";
}

/** Whether a look at the journal saw every change that a mark may stand for. */
export function coversMark(journalSeenAt: number, markedAt: number | undefined): boolean {
  return markedAt === undefined || journalSeenAt >= markedAt + MARK_SETTLE_MS;
}

/**
 * The reason of the deadline of `view` that has passed at `now`, for a client whose token may know of a later touch; `undefined`
 * if none has passed.
 */
export function deadlineOver(view: View, seen: Seen, now: number): EndReason | undefined {
  const passed = deadlinePassed(view, now);
  const renewed = passed === "idle" && seen.touchedAt > view.touchedAt && now < seen.expiresAt;
  return renewed ? undefined : passed;
}
