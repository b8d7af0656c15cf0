import type { Whereabouts } from "../../inbound/whereabouts.ts";
import type { SessionLimit } from "../../session/change.ts";
import type { SessionRecord } from "../../session/record.ts";

/** What the authority uses of a Durable Object's storage. Its `kv` part is synchronous. */
export interface SessionStorage {
  readonly kv: {
    get<T>(key: string): T | undefined;
    put(key: string, value: unknown): void;
    delete(key: string): unknown;
  };
  setAlarm(at: number): Promise<void>;
  deleteAll(): Promise<void>;
}

/** What the authority knows of the stores outside of it. Times are milliseconds since 1970. */
export interface Outside {
  /** The newest version that the backup is known to have; 0: none. */
  readonly backedUpVersion: number;
  /** When a look at the journal left that was answered, and whose entries have been applied; 0: never. */
  readonly journalSeenAt: number;
  /** When a question left that found the journal empty; 0: never. */
  readonly journalEmptyAt: number;
  /** When entries were last found in the journal; absent: never. */
  readonly journalHeldAt?: number;
  /** The newest version that has been published as a replica, when it was vouched for, and when that was written. */
  readonly replica?: { readonly version: number; readonly vouchedAt: number; readonly publishedAt: number };
  /** A replica is to be published, or published anew. */
  readonly replicaDue?: true;
}

/** What an answer of the fallback tells. */
export interface FallbackAnswer {
  /** When the question left, milliseconds since 1970. */
  readonly sentAt: number;
  /** The version that the backup has now, or a newer one. */
  readonly backedUpVersion?: number | undefined;
  /** `empty`: there were no entries; `applied`: all that there were have been applied. */
  readonly journal: "empty" | "applied" | "unknown";
  /** When the answer came, if it has found entries. */
  readonly heldAt?: number | undefined;
}

/** What the index of the principal's sessions is to know of this one, or knows. */
export interface Indexing extends Whereabouts {
  /** When he logged in, milliseconds since 1970. */
  readonly at: number;
  readonly limit: SessionLimit;
  /** Whether the index has not confirmed yet that it knows. */
  readonly due: boolean;
}

const RECORD = "record";
const BEFORE = "before";
const OUTSIDE = "outside";
const INDEXING = "index";
const SCHEMA = 1;
/** Up to so many bytes of attributes in all, the view before a rotation is in the record's row: each row that is written is paid for. */
const ONE_ROW_BYTES = 256 * 1024;
const NOTHING_OUTSIDE: Outside = { backedUpVersion: 0, journalSeenAt: 0, journalEmptyAt: 0 };

/**
 * The rows of one session's storage. Nobody else writes them, and an object whose write has failed is thrown away with all that it
 * holds: so the record is not read again once it has been read or written. What is known of the stores outside is, which no
 * answer does without: an object that was replaced fails there, and does not answer.
 */
export class SessionRows {
  readonly #storage: SessionStorage;
  #record: { readonly is: SessionRecord | undefined } | undefined;
  /** Whether the view before a rotation has a row of its own. */
  #isApart = false;

  constructor(storage: SessionStorage) {
    this.#storage = storage;
  }

  /**
   * The record, if there is one.
   *
   * @throws Error if newer code has written it, before a rollback: this session alone is unavailable, and nothing of it is
   * damaged.
   */
  load(): SessionRecord | undefined {
    this.#record ??= { is: this.#read() };
    return this.#record.is;
  }

  #read(): SessionRecord | undefined {
    const record = this.#storage.kv.get<SessionRecord>(RECORD);
    if (!record) return undefined;
    if (record.schema !== SCHEMA) throw new Error(`a record of schema ${record.schema}, not ${SCHEMA}`);
    const before = this.#storage.kv.get<SessionRecord["before"]>(BEFORE);
    this.#isApart = before !== undefined;
    return before ? { ...record, before } : record;
  }

  /** Whether the record is of a schema that this code does not know. */
  isForeign(): boolean {
    const record = this.#storage.kv.get<SessionRecord>(RECORD);
    return record !== undefined && record.schema !== SCHEMA;
  }

  /**
   * Stores the record, as it follows `loaded`. A large view before a rotation has a row of its own: both together may pass the
   * limit of a row (2 MB).
   */
  save(record: SessionRecord, loaded: SessionRecord | undefined): void {
    const { before, ...rest } = record;
    const { kv } = this.#storage;
    const isApart = before !== undefined && record.attributeBytes + before.view.attributeBytes > ONE_ROW_BYTES;
    const wasApart = this.#isApart;
    // A write that throws, of what is too large, may have come half way.
    this.#record = undefined;
    kv.put(RECORD, isApart ? rest : record);
    if (isApart && !(wasApart && before === loaded?.before)) kv.put(BEFORE, before);
    if (wasApart && !isApart) kv.delete(BEFORE);
    this.#isApart = isApart;
    this.#record = { is: record };
  }

  /** Frees the storage. */
  async free(): Promise<void> {
    const freed = this.#storage.deleteAll();
    // Whoever comes meanwhile must neither be answered by what was there nor write that again.
    this.#record = undefined;
    this.#isApart = false;
    await freed;
  }

  outside(): Outside {
    return this.#storage.kv.get<Outside>(OUTSIDE) ?? NOTHING_OUTSIDE;
  }

  saveOutside(outside: Outside): void {
    this.#storage.kv.put(OUTSIDE, outside);
  }

  indexing(): Indexing | undefined {
    return this.#storage.kv.get<Indexing>(INDEXING);
  }

  saveIndexing(indexing: Indexing): void {
    this.#storage.kv.put(INDEXING, indexing);
  }

  dropIndexing(): void {
    this.#storage.kv.delete(INDEXING);
  }

  /** Notes what a question to the fallback has told: when it left, and what is certain since. */
  noteAnswer({ sentAt, backedUpVersion, journal, heldAt }: FallbackAnswer): void {
    // A session that exists nowhere has no storage to pay for.
    if (!this.load()) return;
    const outside = this.outside();
    this.saveOutside({
      ...outside,
      backedUpVersion: Math.max(outside.backedUpVersion, backedUpVersion ?? 0),
      journalSeenAt: Math.max(outside.journalSeenAt, journal === "unknown" ? 0 : sentAt),
      journalEmptyAt: Math.max(outside.journalEmptyAt, journal === "empty" ? sentAt : 0),
      ...(heldAt === undefined ? {} : { journalHeldAt: heldAt }),
    });
  }
}
