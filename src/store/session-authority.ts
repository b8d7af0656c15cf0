import type { ResolvedConfig } from "../config/types.ts";
import { apply, find, forgetChanges } from "../session/apply.ts";
import type { Change, Ref } from "../session/change.ts";
import { deadlinePassed } from "../session/deadlines.ts";
import { deadlineOf, type SessionRecord, tombstoneOf, type View, viewOf } from "../session/record.ts";
import { Backups } from "./backups.ts";
import type { Committed, Copies, Copy, Lookup, TakenOver } from "./contracts.ts";
import { coversMark } from "./freshness.ts";
import { JournalWatch } from "./journal-watch.ts";
import { Publisher } from "./publisher.ts";
import type { Fallback } from "./redis-contracts.ts";
import { SessionRows, type SessionStorage } from "./session-rows.ts";

/** What an object writes outside of itself. */
export type CopyPolicy = ResolvedConfig["stores"];

/** What the authority of one session works with. */
export interface SessionAuthorityParts {
  readonly storage: SessionStorage;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Without it there are neither backups nor a journal. */
  readonly fallback?: Fallback | undefined;
  /** Where replicas are published. Without it there are none. */
  readonly replicas?: Copies | undefined;
  /** Holds on to work that goes on after the answer. */
  readonly keepAlive: (work: Promise<unknown>) => void;
}

interface Unavailable {
  kind: "unavailable";
  cause: unknown;
}

/** How long an alarm is put off that finds a record of newer code, in milliseconds: a rollback is over by then. */
const FOREIGN_ALARM_MS = 24 * 60 * 60 * 1000;
/** When an alarm tries again what a store outside was not there for. */
const RETRY_MS = 60_000;
/** How far the clocks of edge, authority and Redis may be apart. */
const CLOCKS_APART_MS = 1_000;
/** A change that was made at the last moment of a token may reach the journal this much later. */
const LATE_APPEND_MS = 30_000;
/** How many ids of changes are kept before the journal is asked whether they are still needed. */
const MANY_CHANGES = 64;

/**
 * The authority of one session: orders its changes, keeps its record, and looks after the copies of it elsewhere.
 *
 * Every method reads the storage: an object that was replaced elsewhere notices it only there, so an answer from memory
 * could miss an end. What is loaded after the last `await` of a method is what it decides by.
 */
export class SessionAuthority {
  readonly #parts: SessionAuthorityParts;
  readonly #rows: SessionRows;
  readonly #backups: Backups | undefined;
  readonly #watch: JournalWatch | undefined;
  readonly #publisher: Publisher | undefined;
  #policy: CopyPolicy = { replicate: "off", backup: "off", strictBackup: false };

  constructor(parts: SessionAuthorityParts) {
    const { storage, clock, fallback, replicas, keepAlive } = parts;
    const rows = new SessionRows(storage);
    this.#parts = parts;
    this.#rows = rows;
    if (fallback) {
      const watch = new JournalWatch({
        rows,
        fallback,
        clock,
        save: (record, loaded) => this.#save(record, loaded),
      });
      const foundEntries = () => keepAlive(this.#lookBehind());
      this.#watch = watch;
      this.#backups = new Backups({ rows, fallback, clock, foundEntries });
    }
    if (replicas) this.#publisher = new Publisher({ rows, storage, replicas, clock, copy: () => this.#newestCopy() });
  }

  async read({ ref, copies }: { ref: Ref; copies?: CopyPolicy }): Promise<Lookup> {
    const ready = await this.#ready(ref, copies);
    return ready.kind === "unavailable" ? ready : this.#letOut(ref, this.#find(ref));
  }

  async commit({ ref, change, copies }: { ref: Ref; change: Change; copies?: CopyPolicy }): Promise<Committed> {
    const ready = await this.#ready(ref, copies);
    return ready.kind === "unavailable" ? ready : this.#letOut(ref, this.#apply(ref, change));
  }

  async takeOver({ id, copies }: { id: string; copies?: CopyPolicy }): Promise<TakenOver> {
    this.#policy = copies ?? this.#policy;
    if (!this.#watch) return { kind: "unavailable", cause: new Error("there is no journal to take over") };
    return this.#watch.look(id);
  }

  /**
   * Ends a session whose deadline has passed, frees the storage when its tombstone has served, and repeats what a store
   * outside was not there for. It may run more than once.
   */
  async alarm(): Promise<void> {
    const { storage, clock } = this.#parts;
    if (this.#rows.isForeign()) return storage.setAlarm(clock() + FOREIGN_ALARM_MS);
    const found = this.#rows.load();
    if (!found) return;
    // A touch may be waiting in the journal, and a change that would found the session again.
    const mayLook = found.ended ? clock() >= this.#clearsAt(found) : deadlinePassed(found, clock()) === "idle";
    const looked = mayLook ? await this.#watch?.look(found.id) : undefined;
    if (looked?.kind === "unavailable") return storage.setAlarm(clock() + RETRY_MS);

    const now = clock();
    const record = this.#rows.load();
    if (!record) return;
    const passed = record.ended ? undefined : deadlinePassed(record, now);
    const left = passed ? tombstoneOf(record, passed, now) : record;
    if (passed) this.#rows.save(left, record);
    if (left.ended) await this.#backups?.write();
    await this.#publisher?.publishIfDue();
    if (left.ended && now >= this.#clearsAt(left) && !this.#backups?.isBehind(left)) return storage.deleteAll();
    await storage.setAlarm(Math.min(this.#wakesAt(left), this.#publisher?.dueAt() ?? Number.POSITIVE_INFINITY));
  }

  /** Looks at the journal if the request must not be answered without. */
  async #ready(ref: Ref, copies: CopyPolicy | undefined): Promise<{ kind: "ready" } | Unavailable> {
    this.#policy = copies ?? this.#policy;
    const watch = this.#watch;
    if (!watch) return { kind: "ready" };
    const isDue = () => this.#mayBeChangedBy(ref) && (this.#isMarked(ref) || this.#isIdle(ref));
    if (!isDue()) return { kind: "ready" };
    const looked = await watch.look(ref.id, isDue);
    return looked.kind === "unavailable" ? looked : { kind: "ready" };
  }

  /** Whether anything in the journal could matter: ended is final, and only a birth founds a session. */
  #mayBeChangedBy(ref: Ref): boolean {
    const record = this.#rows.load();
    return record ? !record.ended : ref.bornAt !== 0;
  }

  #isMarked(ref: Ref): boolean {
    return !coversMark(this.#rows.outside().journalSeenAt, ref.markedAt);
  }

  #isIdle(ref: Ref): boolean {
    const record = this.#rows.load();
    return record !== undefined && deadlinePassed(record, ref.arrivedAt) === "idle";
  }

  #find(ref: Ref): Lookup {
    const now = this.#parts.clock();
    const record = this.#rows.load();
    const found = find(record, ref, now);
    switch (found.kind) {
      case "hit":
        if (found.save) this.#rows.save(found.save, record);
        return { kind: "hit", copy: this.#copyOf(found.view, found.save ?? record, now) };
      case "superseded":
        return {
          kind: "superseded",
          ...(found.view ? { copy: this.#copyOf(found.view, record, now) } : {}),
          ...(record ? { newest: this.#copyOf(viewOf(record), record, now) } : {}),
        };
      case "ended": {
        // Whoever has been told so must not be shown it again, whatever the journal takes later.
        const passed = record && !record.ended ? deadlinePassed(record, ref.arrivedAt) : undefined;
        const left = record && passed ? tombstoneOf(record, passed, now) : record;
        if (left && left !== record) this.#rows.save(left, record);
        return left ? { kind: "ended", copy: this.#copyOf(viewOf(left), left, now) } : found;
      }
      case "miss":
        return found;
    }
  }

  #apply(ref: Ref, change: Change): Committed {
    const now = this.#parts.clock();
    const record = this.#rows.load();
    const applied = apply(record && this.#withoutOldChanges(record, now), ref, change, now);
    const saved = "save" in applied ? applied.save : undefined;
    if (saved) this.#save(saved, record);
    const left = saved ?? record;
    switch (applied.kind) {
      case "committed":
      case "conflict":
        return { kind: applied.kind, copy: this.#copyOf(applied.view, left, now) };
      case "ended":
        return left?.ended ? { kind: "ended", copy: this.#copyOf(viewOf(left), left, now) } : { kind: "ended" };
      default:
        return applied;
    }
  }

  /** An id is needed until its change has expired, and the journal has been seen without it since. */
  #withoutOldChanges(record: SessionRecord, now: number): SessionRecord {
    const seenEmpty = this.#watch ? this.#rows.outside().journalEmptyAt - CLOCKS_APART_MS : now;
    return forgetChanges(record, Math.min(now, seenEmpty));
  }

  /** Sees to the copies elsewhere before an answer leaves. */
  async #letOut<Answer extends Lookup | Committed>(ref: Ref, answer: Answer): Promise<Answer | Unavailable> {
    const { keepAlive } = this.#parts;
    const record = this.#rows.load();
    if (!record) return answer;
    const backups = this.#backups;
    if (backups?.isBehind(record) && this.#backsUp(record)) {
      // An end is backed up first whatever the mode: nothing else tells the journal to take no more.
      if (this.#policy.backup === "sync" || record.ended) {
        const written = await backups.write();
        if (written.kind === "unavailable") {
          if (record.ended) await this.#parts.storage.setAlarm(this.#parts.clock() + RETRY_MS);
          if (this.#policy.strictBackup) return written;
        }
      } else keepAlive(backups.catchUp());
    }
    if (this.#watch && record.recentChanges.length > MANY_CHANGES) keepAlive(this.#lookBehind());
    if (this.#publisher?.isWanted(this.#policy.replicate, ref, record)) keepAlive(this.#publisher.publishSoon());
    return answer;
  }

  /** A look that nobody waits for. */
  async #lookBehind(): Promise<void> {
    const record = this.#rows.load();
    if (record) await this.#watch?.look(record.id);
  }

  /** What has a backup keeps it; an alarm, for one, does not know the policy. */
  #backsUp(record: SessionRecord): boolean {
    return this.#policy.backup !== "off" || record.ended !== undefined || this.#rows.outside().backedUpVersion > 0;
  }

  #save(record: SessionRecord, loaded: SessionRecord | undefined): void {
    // Once per session, and with its first write in one step: the alarm re-arms itself, lazily, when it fires.
    if (!loaded) this.#parts.keepAlive(this.#parts.storage.setAlarm(this.#wakesAt(record)));
    this.#rows.save(record, loaded);
  }

  #wakesAt(record: SessionRecord): number {
    if (!record.ended) return deadlineOf(record);
    return this.#backups?.isBehind(record) ? this.#parts.clock() + RETRY_MS : this.#clearsAt(record);
  }

  /** Until then a token that could found the session anew may be alive, or what it has given to the journal. */
  #clearsAt(record: SessionRecord): number {
    return record.foundingDeadline + (this.#watch ? LATE_APPEND_MS : 0);
  }

  #newestCopy(): Copy | undefined {
    const record = this.#rows.load();
    return record && this.#copyOf(viewOf(record), record, this.#parts.clock());
  }

  #copyOf(view: View, record: SessionRecord | undefined, now: number): Copy {
    const { journalSeenAt, replica } = this.#rows.outside();
    const isCurrent = view.generation === record?.generation;
    const isUsed = record?.before === undefined || record.before.servedUntil !== undefined;
    return {
      ...view,
      vouchedAt: now,
      journalSeenAt,
      replicated: replica !== undefined,
      mayBeKept: isCurrent && isUsed,
    };
  }
}
