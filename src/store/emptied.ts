import type { Outside } from "./session-rows.ts";

/** How far back a Redis may be set by a restart or a fail-over, in milliseconds: what it held since may be there again. */
export const SET_BACK_MS = 60_000;
/** A removal of entries may take effect so much later than they were found. */
const LATE_REMOVAL_MS = 10_000;

/**
 * When the journal was last seen empty for good: nothing that it has held comes back; 0: not yet. Emptiness counts once
 * whatever was found before has been gone for longer than Redis may be set back.
 */
export function emptiedAt({ journalEmptyAt, journalHeldAt }: Outside): number {
  return journalEmptyAt >= mayEmptyAt(journalHeldAt) ? journalEmptyAt : 0;
}

/** From when on a look that finds the journal empty tells that it is so for good. */
export function mayEmptyAt(journalHeldAt = Number.NEGATIVE_INFINITY): number {
  return journalHeldAt + LATE_REMOVAL_MS + SET_BACK_MS;
}
