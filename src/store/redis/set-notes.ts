import { setNoteEnd } from "./limits.ts";

/** Which pending sets one instance has noted, and until when that holds. */
export interface SetNotes {
  /** The score to note a set with before an append that may arrive until `end`; `undefined` if none is needed. */
  due(set: number, end: number): number | undefined;
  /** Redis has the note. */
  confirmed(set: number, score: number): void;
}

/**
 * The notes of an instance that has made none.
 *
 * All sessions of all isolates share the one key in which sets are noted, so a note outlasts the append that it is made for,
 * and covers those that come soon after.
 */
export function createSetNotes(): SetNotes {
  // Why no set is forgotten while an append without a note of its own may still come: its end is at most a score that Redis
  // has confirmed, and only a sweep takes that away, which by its own clock looked after that score and saw the set empty.
  // If the session is noted after that look, the clock of Redis, at most a second behind the sweep's, has passed the
  // change's expiry, which lies a second before the end: the journal refuses it, however long it was under way.
  const ends = new Map<number, number>();
  return {
    due: (set, end) => ((ends.get(set) ?? 0) >= end ? undefined : setNoteEnd(end)),
    confirmed(set, score) {
      ends.set(set, Math.max(ends.get(set) ?? 0, score));
    },
  };
}
