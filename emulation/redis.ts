import { RedisFault } from "../src/redis/client.ts";
import type { JournalEntry } from "../src/session/journal.ts";
import { type Appended, type BackupRecord, type Fallback, PENDING_SETS } from "../src/store/fallback-contract.ts";
import {
  appendEnd,
  assertJournaled,
  backupEnd,
  journalEnd,
  LEAST_LIFE_MS,
  MOST_JOURNAL_BYTES,
  pendingSetOf,
} from "../src/store/redis/limits.ts";
import { createSetNotes } from "../src/store/redis/pending.ts";
import { clearTextOf } from "../src/store/redis/sealed.ts";
import { createSortedSet } from "./sorted-set.ts";

/**
 * A Redis in memory, in the state in which the scripts leave a real Redis. Values are held as JSON, so nothing is
 * shared.
 */
export interface RedisWorld {
  /** The fallback of a single isolate. Each method takes effect in one step, when it is called. */
  readonly fallback: Fallback;
  /** As another isolate sees it, which has noted no pending set yet. */
  connect(): Fallback;
  /**
   * Comes back as after a crash or a fail-over that undoes the removals of the last milliseconds: entries that were
   * taken from a journal are in it again. Other losses are not modelled, because they would hide the entries that come
   * back.
   */
  setBack(ms: number): void;
}

interface Backup {
  readonly version: number;
  readonly touchedAt: number;
  readonly hasEnded: boolean;
  readonly generation: number;
  readonly record: string;
  readonly expiresAt: number;
}

interface Entry {
  readonly changeId: string;
  readonly isEnd: boolean;
  readonly generation: number;
  readonly bytes: number;
  readonly text: string;
}

interface Removed {
  readonly id: string;
  readonly entries: readonly Entry[];
  readonly at: number;
  readonly expiresAt: number;
}

interface Journal {
  readonly entries: readonly Entry[];
  readonly expiresAt: number;
}

/** An empty Redis whose clock, in milliseconds since 1970, is `now`. It has no faults: they are for a caller to add. */
export function createRedisWorld({ now }: { now: () => number }): RedisWorld {
  const backups = new Map<string, Backup>();
  const journals = new Map<string, Journal>();
  let removals: readonly Removed[] = [];
  const pending = Array.from({ length: PENDING_SETS }, () => createSortedSet<string>());
  const pendingSets = createSortedSet<number>();
  const pendingOf = (set: number) => pending[set] as (typeof pending)[number];

  function alive<T extends { expiresAt: number }>(values: Map<string, T>, id: string): T | undefined {
    const value = values.get(id);
    return value && now() <= value.expiresAt ? value : undefined;
  }
  const backupOf = (id: string) => alive(backups, id);
  const entriesOf = (id: string) => alive(journals, id)?.entries ?? [];

  function keep(record: BackupRecord): "kept" | "older" | "ended" {
    const { id, version, touchedAt, ended, generation } = record;
    const held = backupOf(id);
    if (held?.hasEnded) return "ended";
    if (held && (held.version > version || (held.version === version && held.touchedAt > touchedAt))) return "older";
    const expiresAt = Math.max(backupEnd(record), now() + LEAST_LIFE_MS);
    const clear = { version, touchedAt, hasEnded: ended !== undefined, generation };
    backups.set(id, { ...clear, record: JSON.stringify(record), expiresAt });
    return "kept";
  }

  function take(id: string, changeIds: readonly string[]): void {
    const journal = alive(journals, id);
    const left = entriesOf(id).filter(({ changeId }) => !changeIds.includes(changeId));
    const entries = entriesOf(id).filter((entry) => !left.includes(entry));
    if (journal && entries.length > 0)
      removals = [...removals, { id, entries, at: now(), expiresAt: journal.expiresAt }];
    if (journal && left.length > 0) journals.set(id, { ...journal, entries: left });
    else journals.delete(id);
  }

  function append(entry: JournalEntry): Appended {
    const { id } = entry.ref;
    const own = storedEntry(entry);
    const [backup, entries] = [backupOf(id), entriesOf(id)];
    if (entries.some(({ changeId }) => changeId === own.changeId)) return { kind: "appended" };
    const ends = entries.filter(({ isEnd }) => isEnd);
    const isContested = ends.some(({ generation }) => generation < own.generation);
    if (backup?.hasEnded || ends.some(({ generation }) => generation >= own.generation)) return { kind: "ended" };
    const newest = Math.max(backup?.generation ?? 0, ...entries.map(({ generation }) => generation));
    if (isContested || newest > own.generation) return { kind: "undecided" };
    if (now() >= entry.change.expiresAt) return { kind: "expired" };
    const bytes = entries.reduce((sum, held) => sum + held.bytes, own.bytes);
    if (bytes > MOST_JOURNAL_BYTES) return { kind: "unavailable", cause: new RedisFault("journal-full") };
    const held = [backup, alive(journals, id)].map((value) => value?.expiresAt ?? 0);
    const expiresAt = Math.max(journalEnd(entry), now() + LEAST_LIFE_MS, ...held);
    journals.set(id, { entries: [...entries, own], expiresAt });
    return { kind: "appended" };
  }

  function connect(): Fallback {
    const setNotes = createSetNotes();

    function note(entry: JournalEntry): void {
      const set = pendingSetOf(entry.ref.id);
      const end = appendEnd(entry);
      pendingOf(set).note(entry.ref.id, end);
      const score = setNotes.due(set, end);
      if (score === undefined) return;
      pendingSets.note(set, score);
      setNotes.confirmed(set, score);
    }

    return {
      name: "redis",

      async read(id) {
        const backup = backupOf(id);
        const entries = entriesOf(id).map(({ text }) => JSON.parse(text) as JournalEntry);
        const record = backup && (JSON.parse(backup.record) as BackupRecord);
        return { kind: "found", ...(record ? { record } : {}), entries };
      },
      async keep(record) {
        return { kind: keep(record), journalLength: entriesOf(record.id).length };
      },
      async append(entry) {
        assertJournaled(entry);
        note(entry);
        return append(entry);
      },
      async takeOver(id, changeIds, record) {
        take(id, changeIds);
        return { kind: record ? keep(record) : "kept", journalLength: entriesOf(id).length };
      },
      async pendingSets() {
        return { kind: "sets", sets: pendingSets.range(0) };
      },
      async pending(set, offset, limit) {
        return { kind: "ids", ids: pendingOf(set).range(offset, limit) };
      },
      async settled(id, before) {
        return { kind: pendingOf(pendingSetOf(id)).settle(id, before) };
      },
      async settledSet(set, before) {
        return { kind: pendingSets.settle(set, before) };
      },
    };
  }

  function setBack(ms: number): void {
    const undone = removals.filter(({ at }) => at > now() - ms);
    removals = removals.filter((removal) => !undone.includes(removal));
    for (const { id, entries, expiresAt } of undone.toReversed()) {
      const held = alive(journals, id);
      const expires = Math.max(expiresAt, held?.expiresAt ?? 0);
      journals.set(id, { entries: [...entries, ...(held?.entries ?? [])], expiresAt: expires });
      pendingOf(pendingSetOf(id)).note(id, now());
      pendingSets.note(pendingSetOf(id), now());
    }
  }

  return { fallback: connect(), connect, setBack };
}

/** An entry as the journal holds it. `bytes` counts it sealed, as a real entry is. */
function storedEntry({ ref, change }: JournalEntry): Entry {
  const text = JSON.stringify({ ref, change });
  const bytes = `${clearTextOf({ ref, change })} `.length + sealedLength(text);
  return { changeId: change.id, isEnd: change.end === true, generation: ref.generation, bytes, text };
}

/** Of AES-GCM in base64url: 14 bytes stand before the text, and 16 after it. */
function sealedLength(text: string): number {
  return Math.ceil(((14 + new TextEncoder().encode(text).length + 16) * 4) / 3);
}
