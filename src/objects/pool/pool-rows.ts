import type { Counts } from "../../totals/tally.ts";
import { type AuditEntry, KEEP_MS, MOST_ENTRIES } from "../../upstream/live/audit.ts";
import type { MinuteTotals, ProbedOrigin } from "../../upstream/live/pool-contracts.ts";
import type { PoolState, UnhealthyOrigin } from "../../upstream/live/pool-state.ts";
import type { ProbePlan } from "../../upstream/live/probe-plan.ts";
import type { SweepOutcome } from "../../upstream/live/report.ts";
import type { SeenWindow } from "../../upstream/live/sightings.ts";
import type { Condition } from "./conditions.ts";
import type { PendingChange } from "./pool-changes.ts";

/** The part of a Durable Object's storage that the rows use. */
export interface PoolStorage {
  readonly kv: {
    get<T>(key: string): T | undefined;
    put(key: string, value: unknown): void;
    delete(key: string): unknown;
    /** In the order of the keys, or against it. */
    list<T>(options: { prefix: string; limit?: number; reverse?: boolean }): Iterable<[key: string, value: T]>;
  };
}

/** The data that a pool's object keeps about its pool. */
export interface KnownPool {
  /** The id of the pool. */
  readonly pool: string;
  /** How long a session may be away without ending, in milliseconds. */
  readonly awayMs: number;
  readonly state: PoolState;
  /** The changes in the state that have not been published. */
  readonly pending: readonly PendingChange[];
  /** The state that was published last, when it was published, and the origins that were unhealthy then. */
  readonly published?: {
    readonly state: PoolState;
    readonly at: number;
    readonly unhealthy?: readonly UnhealthyOrigin[];
  };
  /** When the object last tried to publish the pending changes. */
  readonly triedAt?: number;
}

/** The wish of isolates to have a pool's origins probed. */
export interface AskedProbes {
  /** The pool's id. */
  readonly pool: string;
  /** How long a session may be away without ending, in milliseconds. */
  readonly awayMs: number;
  readonly plan: ProbePlan;
  /** When isolates last asked for the probes, or some minutes before that. */
  readonly askedAt: number;
}

/** The totals of a pool as they are saved. */
export interface SavedTotals {
  readonly counts: Counts;
  /** The number of the last report of each isolate, and when it came; in milliseconds since 1970. */
  readonly isolates: Readonly<Record<string, { readonly number: number; readonly at: number }>>;
  readonly savedAt: number;
  /** The last run of the cron job. */
  readonly sweep?: SweepOutcome | undefined;
}

/** A note for operators that waits to be delivered. */
export interface Note {
  /** A random id, the same each time that the note is sent. */
  readonly id: string;
  /** When it was written, in milliseconds since 1970. */
  readonly at: number;
  /** JSON. */
  readonly body: string;
  /** How often it was sent, and when it is sent again. */
  readonly tries: number;
  readonly dueAt: number;
}

const KNOWN = "pool";
const ASKED = "asked";
const PROBED = "probed";
const TOTALS = "totals";
/** How many minutes are kept. */
export const MINUTES = 60;
const MINUTE = "minute/";
const minuteKey = (at: number) => `${MINUTE}${Math.floor(at / 60_000) % MINUTES}`;
const AUDIT = "audit/";
/** Keys in the order of time. */
const auditKey = ({ at, id }: AuditEntry) => `${AUDIT}${String(at).padStart(15, "0")}/${id}`;
/** How many old entries are removed at most when a new entry comes. */
const REMOVED_AT_ONCE = 10;
const AUDIT_COUNT = "audited";
const WEBHOOK = "webhook";
const CONDITIONS = "conditions";
const NOTE = "note/";
/** Keys in the order of time. */
const noteKey = (at: number, id: string) => `${NOTE}${String(at).padStart(15, "0")}/${id}`;
const SEEN = "seen/";
const seenKey = (origin: string) => `${SEEN}${origin}`;

/** The rows of a pool's object. */
export class PoolRows {
  readonly #storage: PoolStorage;
  readonly #mostEntries: number;

  /** @param mostEntries how many actions of operators are kept. */
  constructor(storage: PoolStorage, mostEntries = MOST_ENTRIES) {
    this.#storage = storage;
    this.#mostEntries = mostEntries;
  }

  known(): KnownPool | undefined {
    return this.#storage.kv.get<KnownPool>(KNOWN);
  }

  know(known: KnownPool): void {
    this.#storage.kv.put(KNOWN, known);
  }

  /** How the origins are to be probed; `undefined`: no isolate has ever asked for probes. */
  asked(): AskedProbes | undefined {
    return this.#storage.kv.get<AskedProbes>(ASKED);
  }

  ask(asked: AskedProbes): void {
    this.#storage.kv.put(ASKED, asked);
  }

  /** The results of probes. */
  probed(): readonly ProbedOrigin[] {
    return this.#storage.kv.get<ProbedOrigin[]>(PROBED) ?? [];
  }

  probe(origins: readonly ProbedOrigin[]): void {
    this.#storage.kv.put(PROBED, origins);
  }

  /** The sessions that isolates have seen on an origin. */
  seen(origin: string): readonly SeenWindow[] {
    return this.#storage.kv.get<SeenWindow[]>(seenKey(origin)) ?? [];
  }

  /** The sessions that isolates have seen on each origin, by the id of the origin. */
  allSeen(): readonly (readonly [origin: string, windows: readonly SeenWindow[]])[] {
    const rows = this.#storage.kv.list<readonly SeenWindow[]>({ prefix: SEEN });
    return Array.from(rows, ([key, windows]) => [key.slice(SEEN.length), windows] as const);
  }

  see(origin: string, windows: readonly SeenWindow[]): void {
    if (windows.length === 0) this.#storage.kv.delete(seenKey(origin));
    else this.#storage.kv.put(seenKey(origin), windows);
  }

  /** `undefined`: no report has ever come. */
  totals(): SavedTotals | undefined {
    return this.#storage.kv.get<SavedTotals>(TOTALS);
  }

  total(totals: SavedTotals): void {
    this.#storage.kv.put(TOTALS, totals);
  }

  /** The minutes that are kept, in no order; minutes that are older than an hour may be among them. */
  minutes(): readonly MinuteTotals[] {
    return Array.from(this.#storage.kv.list<MinuteTotals>({ prefix: MINUTE }), ([, minute]) => minute);
  }

  keepMinute(minute: MinuteTotals): void {
    this.#storage.kv.put(minuteKey(minute.at), minute);
  }

  /** Keeps an action, and removes the oldest actions if there are too many, or if they are too old. */
  audit(entry: AuditEntry): void {
    const { kv } = this.#storage;
    const key = auditKey(entry);
    const isNew = kv.get(key) === undefined;
    kv.put(key, entry);
    if (!isNew) return;
    let count = (kv.get<number>(AUDIT_COUNT) ?? 0) + 1;
    for (const [oldKey, old] of kv.list<AuditEntry>({ prefix: AUDIT, limit: REMOVED_AT_ONCE })) {
      if (count <= this.#mostEntries && entry.at - old.at <= KEEP_MS) break;
      kv.delete(oldKey);
      count--;
    }
    kv.put(AUDIT_COUNT, count);
  }

  /** Where operators are told of changes, and the pool of the object; an empty address: nowhere. */
  webhook(): { readonly pool: string; readonly url: string } | undefined {
    return this.#storage.kv.get(WEBHOOK);
  }

  keepWebhook(webhook: { readonly pool: string; readonly url: string }): void {
    this.#storage.kv.put(WEBHOOK, webhook);
  }

  /** The states that operators have been told of, or will be. */
  conditions(): readonly Condition[] {
    return this.#storage.kv.get<readonly Condition[]>(CONDITIONS) ?? [];
  }

  keepConditions(conditions: readonly Condition[]): void {
    this.#storage.kv.put(CONDITIONS, conditions);
  }

  /** The oldest notes that wait, the oldest first. Default: all. */
  notes(most?: number): readonly Note[] {
    const rows = this.#storage.kv.list<Note>({ prefix: NOTE, ...(most !== undefined && { limit: most }) });
    return Array.from(rows, ([, note]) => note);
  }

  keepNote(note: Note): void {
    this.#storage.kv.put(noteKey(note.at, note.id), note);
  }

  dropNote(at: number, id: string): void {
    this.#storage.kv.delete(noteKey(at, id));
  }

  /** The newest actions, the newest first. */
  audited(most: number): readonly AuditEntry[] {
    const rows = this.#storage.kv.list<AuditEntry>({ prefix: AUDIT, limit: most, reverse: true });
    return Array.from(rows, ([, entry]) => entry);
  }
}
