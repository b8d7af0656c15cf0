import type { Whereabouts } from "../../inbound/whereabouts.ts";
import type { SessionLimit } from "../../session/change.ts";
import { ChangePacker, isKnown, type PackedRecord, unpack } from "../../session/packed-changes.ts";
import { type SessionRecord, withoutBefore } from "../../session/record.ts";

/** The part of a Durable Object's storage that the authority uses. Its `kv` part is synchronous. */
export interface SessionStorage {
  readonly kv: {
    get<T>(key: string): T | undefined;
    put(key: string, value: unknown): void;
    delete(key: string): unknown;
  };
  setAlarm(at: number): Promise<void>;
  deleteAll(): Promise<void>;
}

/** The state of the stores outside, as far as the authority knows it. Times are milliseconds since 1970. */
export interface Outside {
  /** The newest version that the backup is known to have; 0: no version. */
  readonly backedUpVersion: number;
  /** When the last answered look at the journal left, whose entries have been applied; 0: never. */
  readonly journalSeenAt: number;
  /** When the last question left that found the journal empty; 0: never. */
  readonly journalEmptyAt: number;
  /** When entries were last found in the journal; absent: never. */
  readonly journalHeldAt?: number;
  /** The newest version that has been published as a replica, when the authority vouched for it, and when it was written. */
  readonly replica?: { readonly version: number; readonly vouchedAt: number; readonly publishedAt: number };
  /** A replica is to be published, for the first time or again. */
  readonly replicaDue?: true;
}

/** The facts that an answer of the fallback tells. */
export interface FallbackAnswer {
  /** When the question left, milliseconds since 1970. */
  readonly sentAt: number;
  /** The version that the backup has now, or a newer one. */
  readonly backedUpVersion?: number | undefined;
  /** `empty`: there were no entries. `applied`: all entries that were there have been applied. */
  readonly journal: "empty" | "applied" | "unknown";
  /** When the answer came, if it has found entries. */
  readonly heldAt?: number | undefined;
}

/** A session's entry for the index of its principal's sessions. */
export interface Indexing extends Whereabouts {
  /** When the principal logged in, milliseconds since 1970. */
  readonly at: number;
  readonly limit: SessionLimit;
  /** Whether the index has not yet confirmed the entry. */
  readonly due: boolean;
}

const RECORD = "record";
const BEFORE = "before";
const OUTSIDE = "outside";
const INDEXING = "index";
/**
 * Up to this many bytes of attributes in all, the view before a rotation is stored in the record's row, because each written row
 * costs money.
 */
const ONE_ROW_BYTES = 256 * 1024;
const SETTLED = Promise.resolve();
const NOTHING_OUTSIDE: Outside = { backedUpVersion: 0, journalSeenAt: 0, journalEmptyAt: 0 };

/**
 * The rows of one session's storage. No other code writes them, and an object whose write has failed is thrown away with its
 * memory. So no row is needed again once it has been read or written. But an object that was replaced elsewhere fails only when it reads
 * or writes, and must not answer. Every answer needs the state of the stores outside, so that is read again after each `await`
 * unless the object has written meanwhile.
 */
export class SessionRows {
  readonly #storage: SessionStorage;
  readonly #packer = new ChangePacker();
  #record: { readonly is: SessionRecord | undefined } | undefined;
  /** Whether the view before a rotation has its own row. */
  #isApart = false;
  #outside: Outside | undefined;
  /**
   * Present: the storage was read or written after the last `await`. Any code after an `await` comes after the microtask that forgets it.
   * workerd's `queueMicrotask` takes ten times the instructions of a settled promise.
   */
  #proof: Promise<void> | undefined;
  readonly #forgetProof = () => {
    this.#proof = undefined;
  };

  constructor(storage: SessionStorage) {
    this.#storage = storage;
  }

  /**
   * The record, if there is one.
   *
   * @throws Error if newer code has written it, before a rollback. Then this session alone is unavailable, and its data is not
   * damaged.
   */
  load(): SessionRecord | undefined {
    this.#record ??= { is: this.#read() };
    return this.#record.is;
  }

  #read(): SessionRecord | undefined {
    const row = this.#storage.kv.get<SessionRecord | PackedRecord>(RECORD);
    if (!row) return undefined;
    if (!isKnown(row)) throw new Error(`a record of schema ${row.schema}, which this release does not know`);
    const record = unpack(row);
    const before = this.#storage.kv.get<SessionRecord["before"]>(BEFORE);
    this.#isApart = before !== undefined;
    return before ? { ...record, before } : record;
  }

  /** Whether the record is of a schema that this code does not know. */
  isForeign(): boolean {
    const row = this.#storage.kv.get<SessionRecord | PackedRecord>(RECORD);
    return row !== undefined && !isKnown(row);
  }

  /**
   * Stores the record that follows `loaded`. A large view before a rotation has its own row, because both together may exceed the
   * limit of a row (2 MB).
   */
  save(record: SessionRecord, loaded: SessionRecord | undefined): void {
    const { before } = record;
    const { kv } = this.#storage;
    const isApart = before !== undefined && record.attributeBytes + before.view.attributeBytes > ONE_ROW_BYTES;
    const wasApart = this.#isApart;
    // A write that throws because the record is too large may be half done.
    this.#record = undefined;
    kv.put(RECORD, this.#packer.pack(isApart ? withoutBefore(record) : record));
    if (isApart && !(wasApart && before === loaded?.before)) kv.put(BEFORE, before);
    if (wasApart && !isApart) kv.delete(BEFORE);
    this.#isApart = isApart;
    this.#record = { is: record };
    this.#proof = SETTLED.then(this.#forgetProof);
  }

  /** Frees the storage. */
  async free(): Promise<void> {
    const freed = this.#storage.deleteAll();
    // A request that comes meanwhile must not be answered from the old record, and must not write it again.
    this.#record = undefined;
    this.#isApart = false;
    this.#outside = undefined;
    await freed;
  }

  /** The state of the stores outside, for an answer. Throws in an object that was replaced elsewhere. */
  outside(): Outside {
    if (this.#outside && this.#proof !== undefined) return this.#outside;
    this.#outside = this.#storage.kv.get<Outside>(OUTSIDE) ?? NOTHING_OUTSIDE;
    this.#proof = SETTLED.then(this.#forgetProof);
    return this.#outside;
  }

  /** The same from memory, for code that writes afterwards, or asks for {@link outside} before it answers. */
  knownOutside(): Outside {
    return this.#outside ?? this.outside();
  }

  saveOutside(outside: Outside): void {
    this.#outside = undefined;
    this.#storage.kv.put(OUTSIDE, outside);
    this.#outside = outside;
    this.#proof = SETTLED.then(this.#forgetProof);
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

  /** Notes the answer of the fallback to a question: when the question left, and the facts that are certain since then. */
  noteAnswer({ sentAt, backedUpVersion, journal, heldAt }: FallbackAnswer): void {
    // A session without a record has no storage to pay for.
    if (!this.load()) return;
    const outside = this.knownOutside();
    this.saveOutside({
      ...outside,
      backedUpVersion: Math.max(outside.backedUpVersion, backedUpVersion ?? 0),
      journalSeenAt: Math.max(outside.journalSeenAt, journal === "unknown" ? 0 : sentAt),
      journalEmptyAt: Math.max(outside.journalEmptyAt, journal === "empty" ? sentAt : 0),
      ...(heldAt === undefined ? {} : { journalHeldAt: heldAt }),
    });
  }
}
