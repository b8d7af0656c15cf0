import { attempt, isStrings, type ReachRedis, type RedisClient, unreadable } from "../../redis/client.ts";
import type { JournalEntry } from "../../session/journal.ts";
import type { Fallback } from "../fallback-contract.ts";
import { appendEnd, PENDING_SETS_KEY, pendingKey, pendingSetOf, setNoteEnd } from "./limits.ts";
import { oneOf, setsReply } from "./replies.ts";
import { PENDING, SETTLE } from "./scripts.ts";

/** The index of sessions that may have a journal, for the sweep. */
export interface Pending extends Pick<Fallback, "pendingSets" | "pending" | "settled" | "settledSet"> {
  /**
   * Notes the session of an entry. After that the entry may be appended.
   *
   * @throws RedisFault if the session could not be noted.
   */
  note(redis: RedisClient, entry: JournalEntry): Promise<void>;
}

/** The index in Redis. Of a request it keeps only the numbers of the sets that it has noted. */
export function createPending(reach: ReachRedis): Pending {
  const setNotes = createSetNotes();

  return {
    async note(redis, entry) {
      const set = pendingSetOf(entry.ref.id);
      const end = appendEnd(entry);
      // One after the other: a command that is still under way when the call has failed would open a socket that nobody closes. The set is
      // noted once in ten seconds at most.
      await noteIn(redis, pendingKey(set), end, entry.ref.id);
      await noteSet(redis, set, setNotes.due(set, end));
    },

    pendingSets: () =>
      attempt(async () => {
        const reply = await reach((redis) => redis.eval(PENDING, [PENDING_SETS_KEY], ["0", "-1"]));
        return { kind: "sets", sets: setsReply(reply) ?? unreadable() };
      }),

    pending: (set, offset, limit) =>
      attempt(async () => {
        const range = [offset, offset + limit - 1].map(String);
        const ids = await reach((redis) => redis.eval(PENDING, [pendingKey(set)], range));
        return { kind: "ids", ids: isStrings(ids) ? ids : unreadable() };
      }),

    settled: (id, before) => settle(pendingKey(pendingSetOf(id)), id, before),

    settledSet: (set, before) => settle(PENDING_SETS_KEY, String(set), before),
  };

  async function noteSet(redis: RedisClient, set: number, score: number | undefined): Promise<void> {
    if (score === undefined) return;
    await noteIn(redis, PENDING_SETS_KEY, score, String(set));
    setNotes.confirmed(set, score);
  }

  /** Never lowers a score, because an append that was noted before may still arrive. */
  async function noteIn(redis: RedisClient, key: string, score: number, member: string): Promise<void> {
    const added = await redis.run(["zadd", key, "GT", String(score), member]);
    if (typeof added !== "number") unreadable();
  }

  function settle(key: string, member: string, before: number) {
    return attempt(async () => {
      const reply = await reach((redis) => redis.eval(SETTLE, [key], [member, String(before)]));
      return { kind: oneOf(reply, "forgotten", "kept") ?? unreadable() };
    });
  }
}

/** The pending sets that one instance has noted, and the times until which the notes hold. */
export interface SetNotes {
  /** The score with which to note a set before an append that may arrive until `end`; `undefined` if no note is needed. */
  due(set: number, end: number): number | undefined;
  /** Records that Redis has the note. */
  confirmed(set: number, score: number): void;
}

/**
 * Makes the notes of an instance that has noted no set yet.
 *
 * All sessions of all isolates share the one key in which sets are noted. So a note outlasts the append that it is made for, and
 * covers appends that follow soon after.
 */
export function createSetNotes(): SetNotes {
  // No set is forgotten while an append without a note of its own may still come, for this reason. The end of that append is at
  // most a score that Redis has confirmed. Only a sweep removes that score. By its own clock, the sweep looked after that score
  // and saw the set empty. Suppose that the session is noted after that look. The clock of Redis, at most a second behind the
  // sweep's, has then passed the change's expiry, which lies a second before the end. So the journal refuses the change, however
  // long it was under way.
  const ends = new Map<number, number>();
  return {
    due: (set, end) => ((ends.get(set) ?? 0) >= end ? undefined : setNoteEnd(end)),
    confirmed(set, score) {
      ends.set(set, Math.max(ends.get(set) ?? 0, score));
    },
  };
}
