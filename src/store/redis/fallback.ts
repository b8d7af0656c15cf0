import {
  attempt,
  createRedisClient,
  type ReachRedis,
  type RedisAddress,
  type RedisClient,
  RedisFault,
  unreadable,
} from "../../redis/client.ts";
import { connectToRedis, type RedisConnectionOptions } from "../../redis/tcp-client.ts";
import type { JournalEntry } from "../../session/journal.ts";
import type { BackupRecord, Fallback } from "../fallback-contract.ts";
import type { Seal } from "../seal.ts";
import {
  assertJournaled,
  backupEnd,
  backupKey,
  journalEnd,
  journalKey,
  LEAST_LIFE_MS,
  MOST_JOURNAL_BYTES,
} from "./limits.ts";
import { createPending } from "./pending.ts";
import { backedUpReply, oneOf, readReply } from "./replies.ts";
import { APPEND, KEEP, READ, TAKE_OVER } from "./scripts.ts";
import { openBackup, openEntry, sealBackup, sealEntry } from "./sealed.ts";

/** The address of Redis, and the seal for its values. */
export interface RedisFallbackOptions extends Omit<RedisAddress, "deadlineMs"> {
  readonly seal: Seal;
  /** How long one command may take, in milliseconds; an append takes two consecutive commands. Default 1,000; 1 to 60,000. */
  readonly deadlineMs?: number;
}

/**
 * Redis as the fallback, over the REST protocol of Upstash. See {@link createFallbackBy}.
 *
 * @throws TypeError if an option is not as described.
 */
export function createRedisFallback({ seal, deadlineMs = 1_000, ...address }: RedisFallbackOptions): Fallback {
  const redis = createRedisClient({ ...address, deadlineMs });
  return createFallbackBy((work) => work(redis), seal);
}

/**
 * Redis as the fallback, by a socket. Each call has a socket of its own: a backup may be written after the request whose change it holds,
 * and a socket must not outlive the request or the turn of the object that has opened it. See {@link createFallbackBy}.
 */
export function createSocketFallback(redis: RedisConnectionOptions, seal: Seal): Fallback {
  return createFallbackBy(async (work) => {
    const connection = connectToRedis(redis);
    try {
      return await work(connection);
    } finally {
      connection.end();
    }
  }, seal);
}

/**
 * Redis as the fallback, however it is reached.
 *
 * Each command is sent once. Any failure is `unavailable` with a {@link RedisFault} as its cause: no answer in time, an error, an
 * unreadable answer, a value that does not open. Redis must not evict keys (`noeviction`).
 *
 * An isolate may use the same fallback for its whole life, because it keeps nothing of a request.
 */
function createFallbackBy(reach: ReachRedis, seal: Seal): Fallback {
  const { note, ...pending } = createPending(reach);

  return {
    name: "redis",
    ...pending,

    read: (id) =>
      attempt(async () => {
        const reply = readReply(await evalFor(id, READ, []));
        const { backup, entries } = reply ?? unreadable();
        const [record, opened] = await Promise.all([
          backup && openBackup(seal, id, backup),
          Promise.all(entries.map((entry) => openEntry(seal, id, entry))),
        ]);
        return { kind: "found", ...(record ? { record } : {}), entries: opened };
      }),

    keep: (record) =>
      attempt(async () => {
        const reply = await evalFor(record.id, KEEP, await backupArguments(record));
        return backedUpReply(reply) ?? unreadable();
      }),

    append: (entry) =>
      attempt(async () => {
        assertJournaled(entry);
        const args = await entryArguments(entry);
        const reply = await reach(async (redis) => {
          await note(redis, entry);
          return evalBy(redis, entry.ref.id, APPEND, args);
        });
        const kind = oneOf(reply, "appended", "ended", "undecided", "expired", "full") ?? unreadable();
        if (kind === "full") throw new RedisFault("journal-full");
        return { kind };
      }),

    takeOver: (id, changeIds, record) =>
      attempt(async () => {
        const backup = record ? await backupArguments(record) : NO_BACKUP;
        return backedUpReply(await evalFor(id, TAKE_OVER, [...backup, ...changeIds])) ?? unreadable();
      }),
  };

  function evalFor(id: string, script: string, args: string[]): Promise<unknown> {
    return reach((redis) => evalBy(redis, id, script, args));
  }

  async function backupArguments(record: BackupRecord): Promise<string[]> {
    const { version, touchedAt, ended, generation } = record;
    const sealed = await sealBackup(seal, record);
    return [version, touchedAt, ended ? 1 : 0, generation, sealed, backupEnd(record), LEAST_LIFE_MS].map(String);
  }

  async function entryArguments(entry: JournalEntry): Promise<string[]> {
    const stored = await sealEntry(seal, entry);
    return [stored, entry.change.expiresAt, journalEnd(entry), LEAST_LIFE_MS, MOST_JOURNAL_BYTES].map(String);
  }
}

function evalBy(redis: RedisClient, id: string, script: string, args: string[]): Promise<unknown> {
  return redis.eval(script, [backupKey(id), journalKey(id)], args);
}

const NO_BACKUP: readonly string[] = new Array(7).fill("");
