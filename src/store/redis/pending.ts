import type { JournalEntry } from "../../session/journal.ts";
import type { Fallback } from "../redis-contracts.ts";
import { attempt, sent, unreadable } from "./answers.ts";
import type { RedisClient } from "./client.ts";
import { PENDING_SETS_KEY, pendingKey, pendingSetOf } from "./keys.ts";
import { appendEnd } from "./limits.ts";
import { isStrings, oneOf, setsReply } from "./replies.ts";
import { PENDING, SETTLE } from "./scripts.ts";
import { createSetNotes } from "./set-notes.ts";

/** The index of sessions that may have a journal, for the sweep. */
export interface Pending extends Pick<Fallback, "pendingSets" | "pending" | "settled" | "settledSet"> {
  /**
   * Notes the session of an entry, which may then be appended.
   *
   * @throws RedisFault if it may not.
   */
  note(entry: JournalEntry): Promise<void>;
}

/** The index in Redis. It holds nothing of a request but which sets it has noted. */
export function createPending(redis: RedisClient): Pending {
  const setNotes = createSetNotes();

  return {
    async note(entry) {
      const set = pendingSetOf(entry.ref.id);
      const end = appendEnd(entry);
      await Promise.all([noteIn(pendingKey(set), end, entry.ref.id), noteSet(set, setNotes.due(set, end))]);
    },

    pendingSets: () =>
      attempt(async () => {
        const reply = await sent(redis.eval(PENDING, [PENDING_SETS_KEY], ["0", "-1"]));
        return { kind: "sets", sets: setsReply(reply) ?? unreadable() };
      }),

    pending: (set, offset, limit) =>
      attempt(async () => {
        const ids = await sent(redis.eval(PENDING, [pendingKey(set)], [offset, offset + limit - 1].map(String)));
        return { kind: "ids", ids: isStrings(ids) ? ids : unreadable() };
      }),

    settled: (id, before) => settle(pendingKey(pendingSetOf(id)), id, before),

    settledSet: (set, before) => settle(PENDING_SETS_KEY, String(set), before),
  };

  async function noteSet(set: number, score: number | undefined): Promise<void> {
    if (score === undefined) return;
    await noteIn(PENDING_SETS_KEY, score, String(set));
    setNotes.confirmed(set, score);
  }

  /** Never lowers a score: an append that was noted before may still arrive. */
  async function noteIn(key: string, score: number, member: string): Promise<void> {
    const added = await sent(redis.zadd(key, { gt: true }, { score, member }));
    if (typeof added !== "number") unreadable();
  }

  function settle(key: string, member: string, before: number) {
    return attempt(async () => {
      const reply = await sent(redis.eval(SETTLE, [key], [member, String(before)]));
      return { kind: oneOf(reply, "forgotten", "kept") ?? unreadable() };
    });
  }
}
