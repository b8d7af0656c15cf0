import type { BackupRecord, Fallback, JournalEntry } from "../redis-contracts.ts";
import type { Seal } from "../seal.ts";
import { createRedisClient, type RedisAddress } from "./client.ts";
import { faultOf, RedisFault } from "./fault.ts";
import { backupKey, journalKey, pendingKey, pendingSetOf } from "./keys.ts";
import { isStrings, oneOf, readReply } from "./replies.ts";
import { APPEND, KEEP, READ, SETTLE, TAKE_OVER } from "./scripts.ts";
import { openBackup, openEntry, sealBackup, sealEntry } from "./sealed.ts";

/** How Redis is reached, and with what its values are sealed. */
export interface RedisFallbackOptions extends Omit<RedisAddress, "deadlineMs"> {
  readonly seal: Seal;
  /** How long one command may take, in milliseconds; an append makes two. Default 1,000; 1 to 60,000. */
  readonly deadlineMs?: number;
}

/** However near its end a session is, its backup and its journal outlive an outage of a day. */
const LEAST_LIFE_MS = 24 * 60 * 60 * 1000;
/** A longer journal would not be read in one reply: Upstash's is at most 10 MB, and the backup takes its part. */
const MOST_JOURNAL_BYTES = 4 * 1024 * 1024;
/** How far the clocks of edge, authority and Redis may be apart. */
const CLOCKS_APART_MS = 1_000;

/**
 * Redis as the fallback, over the REST protocol of Upstash.
 *
 * Each command is sent once. Whatever goes wrong is `unavailable` with a {@link RedisFault} as its cause: no answer in
 * time, an error, an answer that is none, a value that does not open. Redis must not evict keys (`noeviction`).
 *
 * One may serve an isolate for its life: it holds nothing of a request.
 *
 * @throws TypeError if an option is not as described.
 */
export function createRedisFallback({ seal, deadlineMs = 1_000, ...address }: RedisFallbackOptions): Fallback {
  const redis = createRedisClient({ ...address, deadlineMs });

  return {
    read: (id) =>
      attempt(async () => {
        const reply = readReply(await sent(redis.eval(READ, [backupKey(id), journalKey(id)], [])));
        const { backup, entries } = reply ?? unreadable();
        const [record, opened] = await Promise.all([
          backup && openBackup(seal, id, backup),
          Promise.all(entries.map((entry) => openEntry(seal, id, entry))),
        ]);
        return { kind: "found", ...(record ? { record } : {}), entries: opened };
      }),

    keep: (record) =>
      attempt(async () => {
        const reply = await sent(redis.eval(KEEP, [backupKey(record.id)], await backupArguments(record)));
        return { kind: oneOf(reply, "kept", "older", "ended") ?? unreadable() };
      }),

    append: (entry) =>
      attempt(async () => {
        const { id } = entry.ref;
        const args = await entryArguments(entry);
        // Until the score has passed, the append may still arrive; so a change that expires sooner must not lower it.
        const note = { score: entry.change.expiresAt + CLOCKS_APART_MS, member: id };
        const added = await sent(redis.zadd(pendingKey(pendingSetOf(id)), { gt: true }, note));
        if (typeof added !== "number") unreadable();
        const reply = await sent(redis.eval(APPEND, [backupKey(id), journalKey(id)], args));
        const kind = oneOf(reply, "appended", "ended", "expired", "full") ?? unreadable();
        if (kind === "full") throw new RedisFault("journal-full");
        return { kind };
      }),

    takeOver: (changeIds, record) =>
      attempt(async () => {
        const keys = [backupKey(record.id), journalKey(record.id)];
        const reply = await sent(redis.eval(TAKE_OVER, keys, [...(await backupArguments(record)), ...changeIds]));
        return { kind: oneOf(reply, "kept", "older", "ended") ?? unreadable() };
      }),

    pending: (set, limit) =>
      attempt(async () => {
        const ids = await sent(redis.zrange<unknown[]>(pendingKey(set), 0, limit - 1));
        return { kind: "ids", ids: isStrings(ids) ? ids : unreadable() };
      }),

    settled: (id, before) =>
      attempt(async () => {
        const reply = await sent(redis.eval(SETTLE, [pendingKey(pendingSetOf(id))], [id, String(before)]));
        return { kind: oneOf(reply, "kept", "older") ?? unreadable() };
      }),
  };

  /** A session may be touched through the journal while its backup stands still, so idleness ends no backup. */
  async function backupArguments(record: BackupRecord): Promise<string[]> {
    const { version, touchedAt, ended, absoluteDeadline, foundingDeadline } = record;
    const until = Math.max(absoluteDeadline, foundingDeadline);
    const sealed = await sealBackup(seal, record);
    return [version, touchedAt, ended ? 1 : 0, sealed, until, LEAST_LIFE_MS].map(String);
  }

  async function entryArguments(entry: JournalEntry): Promise<string[]> {
    const { ref, change } = entry;
    if (change.principal !== undefined || change.rotate || change.ifVersion !== undefined) {
      throw new TypeError("only the authority gives out generations and compares versions");
    }
    const until = ref.bornAt + change.policy.absoluteSeconds * 1000;
    const sealed = await sealEntry(seal, entry);
    const kind = change.end ? "end" : "-";
    return [change.id, change.expiresAt, kind, sealed, until, LEAST_LIFE_MS, MOST_JOURNAL_BYTES].map(String);
  }
}

/** What the work comes to, or `unavailable` when it meets a fault. Anything else that is thrown is a mistake of the code. */
async function attempt<T>(work: () => Promise<T>): Promise<T | { kind: "unavailable"; cause: RedisFault }> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof RedisFault) return { kind: "unavailable", cause };
    throw cause;
  }
}

async function sent(command: Promise<unknown>): Promise<unknown> {
  try {
    return await command;
  } catch (thrown) {
    throw faultOf(thrown);
  }
}

function unreadable(): never {
  throw new RedisFault("unreadable");
}
