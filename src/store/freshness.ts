import type { OpenedToken } from "../inbound/tokens.ts";
import { deadlinePassed } from "../session/deadlines.ts";
import type { Copy } from "./contracts.ts";

/** How old a copy may be. */
export interface Bounds {
  /** Age at which a copy stops answering: how long a change by somebody else can stay unseen. */
  readonly ageMs: number;
  /** How long a response may take to reach its client; of two that race, the older token may be the one that stays. */
  readonly settleMs: number;
}

/** What a client has seen, as its token and proof tell. */
export type Seen = Pick<OpenedToken, "generation" | "version" | "issuedAt" | "touchedAt" | "expiresAt">;

/** `"fresh"`, or the first rule that the copy breaks. */
export type Freshness = "fresh" | "ended" | "generation" | "version" | "settle" | "age" | "deadline";

/** How long a response is given to reach its client. */
export const SETTLE_MS = 5_000;
/** Bound of the memory tier. */
export const MEMORY_AGE_MS = 5_000;

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
  if (now - copy.vouchedAt > bounds.ageMs) return "age";
  const passed = deadlinePassed(copy, now);
  const renewed = passed === "idle" && seen.touchedAt > copy.touchedAt && now < seen.expiresAt;
  return passed && !renewed ? "deadline" : "fresh";
}
