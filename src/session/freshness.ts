import type { EndReason } from "../config/types.ts";
import type { OpenedToken } from "../inbound/token/tokens.ts";
import { CHANGE_LIFE_SECONDS } from "./change.ts";
import type { Copy } from "./copy.ts";
import { deadlinePassed } from "./deadlines.ts";
import type { View } from "./record.ts";

/** How old a copy may be. */
export interface Bounds {
  /** Age at which a copy stops answering: how long a change by somebody else can stay unseen. */
  readonly ageMs: number;
  /** How long a response may take to reach its client; of two that race, the older token may be the one that stays. */
  readonly settleMs: number;
}

/** What a client has seen, as its token, proof and mark tell. */
export interface Seen extends Pick<OpenedToken, "generation" | "version" | "issuedAt" | "touchedAt" | "expiresAt"> {
  /** When the journal may have taken something of the client, if ever. */
  readonly markedAt?: number | undefined;
}

/** `"fresh"`, or the first rule that the copy breaks. */
export type Freshness = "fresh" | "ended" | "generation" | "version" | "settle" | "journal" | "age" | "deadline";

/** How long a response is given to reach its client. */
export const SETTLE_MS = 5_000;
/**
 * How long after a mark the journal may still take what it stands for: of two marks that race the older one may stay, and an
 * append that was given up is taken until its change expires, by a clock that may be a second late.
 */
export const MARK_SETTLE_MS = SETTLE_MS + CHANGE_LIFE_SECONDS * 1000 + 1_000;
/** Bound of the memory tier. */
export const MEMORY_AGE_MS = 5_000;
/** Bound of the KV tier. */
export const REPLICA_AGE_MS = 120_000;

/**
 * Whether `copy` may answer a request whose client has seen `seen`; if not, the authority is asked.
 *
 * Promises: no client reads older than it has written or seen, and nobody is shown an ended session. Assumes that a
 * response reaches its client within `settleMs`, and clocks that agree to a second.
 */
export function freshness(copy: Copy, seen: Seen, bounds: Bounds, now: number): Freshness {
  if (copy.ended) return "ended";
  if (copy.generation !== seen.generation) return "generation";
  if (copy.version < seen.version) return "version";
  if (copy.vouchedAt < seen.issuedAt + bounds.settleMs) return "settle";
  if (!coversMark(copy.journalSeenAt, seen.markedAt)) return "journal";
  if (now - copy.vouchedAt > bounds.ageMs) return "age";
  return deadlineOver(copy, seen, now) ? "deadline" : "fresh";
}

/** Whether a look at the journal saw everything that a mark may stand for. */
export function coversMark(journalSeenAt: number, markedAt: number | undefined): boolean {
  return markedAt === undefined || journalSeenAt >= markedAt + MARK_SETTLE_MS;
}

/** Which deadline of `view` has passed at `now` for a client whose token may know of a later touch, if one has. */
export function deadlineOver(view: View, seen: Seen, now: number): EndReason | undefined {
  const passed = deadlinePassed(view, now);
  const renewed = passed === "idle" && seen.touchedAt > view.touchedAt && now < seen.expiresAt;
  return renewed ? undefined : passed;
}
