import type { Unavailable } from "../../lib/unavailable.ts";
import { apply, find, forgetChanges, isOver } from "../../session/apply.ts";
import { type Change, CLOCKS_APART_MS, type Ref, unattended } from "../../session/change.ts";
import type { Copy } from "../../session/copy.ts";
import { deadlinePassed } from "../../session/deadlines.ts";
import { eventsBetween } from "../../session/events.ts";
import { type SessionRecord, tombstoneOf, type View, viewOf } from "../../session/record.ts";
import { lostGeneration } from "../../session/witness.ts";
import type { Committed, Ended, Looked, Lookup, TakenOver } from "../../store/contracts.ts";
import { Backups } from "./backups.ts";
import { Cleanup } from "./cleanup.ts";
import { CopiesElsewhere, type CopyPolicy, RETRY_MS, summaryOf, toCopy } from "./copies.ts";
import { SessionIndexing } from "./indexing.ts";
import { JournalWatch, journalProvenEmptyAt } from "./journal.ts";
import { forgetGrant, LoginRenewal, saveGrant } from "./login-renewal.ts";
import { OwedEnd } from "./owed-end.ts";
import { Publisher } from "./publisher.ts";
import type { SessionAuthorityParts } from "./session-authority-parts.ts";
import { SessionRows } from "./session-rows.ts";

/** How long an alarm is put off if it finds a record of newer code, in milliseconds. A rollback is over by then. */
const FOREIGN_ALARM_MS = 24 * 60 * 60 * 1000;

/**
 * The authority of one session: orders its changes, keeps its record, and looks after its copies elsewhere.
 *
 * Every method reads or writes the storage. An object that was replaced elsewhere notices the replacement only there, so an answer from
 * memory could miss an end. A method decides by the data that it loads after its last `await`.
 */
export class SessionAuthority {
  readonly #parts: SessionAuthorityParts;
  readonly #rows: SessionRows;
  readonly #backups: Backups | undefined;
  readonly #watch: JournalWatch | undefined;
  readonly #publisher: Publisher | undefined;
  readonly #elsewhere: CopiesElsewhere;
  readonly #cleanup: Cleanup;
  readonly #indexing: SessionIndexing | undefined;
  readonly #owedEnd: OwedEnd | undefined;
  readonly #renewal: LoginRenewal | undefined;

  constructor(parts: SessionAuthorityParts) {
    const { storage, clock, fallback, replicas, principals, oldSessions, loginProvider, keepAlive } = parts;
    const rows = new SessionRows(storage);
    this.#parts = parts;
    this.#rows = rows;
    const save = (record: SessionRecord, loaded: SessionRecord | undefined) => this.#save(record, loaded);
    if (fallback) {
      const watch = new JournalWatch({ rows, fallback, clock, save });
      const foundEntries = () => keepAlive(this.#elsewhere.lookBehind());
      this.#watch = watch;
      this.#backups = new Backups({ rows, fallback, clock, foundEntries });
    }
    if (replicas) this.#publisher = new Publisher({ rows, storage, replicas, clock, copy: () => this.#newestCopy() });
    const copies = { backups: this.#backups, watch: this.#watch, publisher: this.#publisher };
    this.#elsewhere = new CopiesElsewhere({ rows, storage, ...copies, clock, keepAlive });
    this.#cleanup = new Cleanup({ rows, backups: this.#backups, clock });
    if (principals) {
      const end = (id: string) => this.end({ id, byIndex: true });
      this.#indexing = new SessionIndexing({ rows, storage, principals, clock, keepAlive, end });
    }
    if ((typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION) && oldSessions)
      this.#owedEnd = new OwedEnd({ rows, oldSessions, clock });
    if ((typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH) && loginProvider)
      this.#renewal = new LoginRenewal({
        ...{ rows, storage, provider: loginProvider, clock, save, keepAlive },
        spread: (id) => this.#elsewhere.letOut(unattended(id, clock()), undefined),
      });
  }

  /** Answers at once if no other store must be asked first. So does {@link commit}. */
  read({ ref, copies }: { ref: Ref; copies?: CopyPolicy }): Lookup | Promise<Lookup> {
    return this.#onceReady(ref, copies, () => this.#elsewhere.letOut(ref, this.#find(ref)));
  }

  /** The session of a request, after its login has been renewed if that was due. */
  async renew(ask: { ref: Ref; copies?: CopyPolicy }): Promise<Lookup> {
    if (typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH) await this.#renewal?.renewIfDue();
    return this.read(ask);
  }

  commit({ ref, change, copies }: { ref: Ref; change: Change; copies?: CopyPolicy }): Committed | Promise<Committed> {
    return this.#onceReady(ref, copies, () => this.#elsewhere.letOut(ref, this.#apply(ref, change)));
  }

  /** Whether the stored session has nothing more for a request; see {@link isOver}. */
  isOver(ref: Ref): boolean {
    return isOver(this.#rows.load(), ref, this.#parts.clock());
  }

  /**
   * Notes that a request waits for the session. That uses a new generation: else the older one would be served for as long as its holder
   * keeps the visitor waiting.
   */
  noteWaiting(ref: Ref): void {
    const record = this.#rows.load();
    // The answer to a read must tell of a set-back, so waiting does not heal it.
    const found = find(record, { ...ref, seenVersion: 0 }, this.#parts.clock());
    if (found.kind === "hit" && found.save) this.#save(found.save, record);
  }

  async takeOver({ id, copies }: { id: string; copies?: CopyPolicy }): Promise<TakenOver> {
    this.#elsewhere.follow(copies);
    if (!this.#watch) return { kind: "unavailable", cause: new Error("there is no journal to take over") };
    return this.#watch.look(id);
  }

  /**
   * The session as an operator or an index sees it, without a request of its visitor. Tells the index of the session, if that is
   * due.
   */
  async look({
    id,
    attributes = false,
    copies,
  }: {
    id: string;
    attributes?: boolean;
    copies?: CopyPolicy;
  }): Promise<Looked> {
    await this.#indexing?.tellIfDue();
    const looked = await this.#lookIfDue(unattended(id, this.#parts.clock()), copies);
    if (looked?.kind === "unavailable") return looked;
    const record = this.#rows.load();
    if (!record) return { kind: "miss" };
    if (record.ended || deadlinePassed(record, this.#parts.clock())) return { kind: "ended" };
    const shown = { indexDue: this.#indexing?.isDue() ?? false, attributes };
    return { kind: "alive", session: summaryOf(record, shown) };
  }

  /** Ends the session without a request of its visitor. `byIndex`: the index asked for the end, so it knows. */
  async end({ id, byIndex = false, copies }: { id: string; byIndex?: boolean; copies?: CopyPolicy }): Promise<Ended> {
    const now = this.#parts.clock();
    // There is no mark here that tells of the journal. So the journal is looked at, as if it had just taken a change.
    const ref = { ...unattended(id, now), bornAt: now, markedAt: now };
    const looked = await this.#lookIfDue(ref, copies);
    if (looked?.kind === "unavailable") return looked;
    const record = this.#rows.load();
    if (!record) return { kind: "miss" };
    const left = record.ended ? record : tombstoneOf(record, "revoked", now);
    if (left !== record) this.#save(left, record, byIndex);
    return this.#elsewhere.letOut(ref, { kind: "ended", tombstone: this.#copyOf(viewOf(left), left, now) });
  }

  /**
   * Ends a session whose deadline has passed. Frees the storage when its tombstone is no longer needed. Repeats writes to stores
   * outside that failed. It may run more than once.
   */
  async alarm(): Promise<void> {
    const { storage, clock } = this.#parts;
    if (this.#rows.isForeign()) return storage.setAlarm(clock() + FOREIGN_ALARM_MS);
    await this.#indexing?.tellIfDue();
    await this.#owedEnd?.payIfDue();
    const found = this.#rows.load();
    if (!found) return;
    // The journal may still hold a touch, or a change that would found the session again.
    const mayLook = found.ended ? clock() >= this.#cleanup.clearsAt(found) : deadlinePassed(found, clock()) === "idle";
    const looked = mayLook ? await this.#watch?.look(found.id) : undefined;
    if (looked?.kind === "unavailable") return storage.setAlarm(clock() + RETRY_MS);

    const now = clock();
    const record = this.#rows.load();
    if (!record) return;
    const passed = record.ended ? undefined : deadlinePassed(record, now);
    const left = passed ? tombstoneOf(record, passed, now) : record;
    if (passed && this.#cleanup.mayBeFreed(left, now)) {
      // No tombstone is needed: replicas have the same deadlines, and all tokens of the session are over.
      this.#told(left, record);
      return this.#rows.free();
    }
    if (passed) this.#save(left, record);
    if (left.ended) await this.#backups?.write();
    await this.#publisher?.publishIfDue();
    if (left.ended && this.#cleanup.mayBeFreed(left, now)) return this.#rows.free();
    const duties = [this.#publisher?.dueAt(), this.#indexing?.dueAt(), this.#owedEnd?.dueAt()];
    const dueAt = duties.filter((at) => at !== undefined);
    // An alarm that rings a moment early must not be set for the same moment again, or it would ring without end.
    await storage.setAlarm(Math.max(Math.min(this.#cleanup.wakesAt(left), ...dueAt), now + CLOCKS_APART_MS));
  }

  /** Answers at once, or after the look at the journal without which the request must not be answered. */
  #onceReady<Answer>(
    ref: Ref,
    copies: CopyPolicy | undefined,
    answer: () => Answer | Promise<Answer>,
  ): Answer | Unavailable | Promise<Answer | Unavailable> {
    const looking = this.#lookIfDue(ref, copies);
    if (looking === undefined) return answer();
    return looking.then((looked) => (looked.kind === "unavailable" ? looked : answer()));
  }

  /** Looks at the journal if the request must not be answered without a look; `undefined`: it may be answered. */
  #lookIfDue(ref: Ref, copies: CopyPolicy | undefined): Promise<TakenOver> | undefined {
    this.#elsewhere.follow(copies);
    return this.#watch?.lookIfDue(ref);
  }

  #find(ref: Ref): Lookup {
    const now = this.#parts.clock();
    const record = this.#rows.load();
    const found = find(record, ref, now);
    switch (found.kind) {
      case "hit": {
        const { view, save, setBack } = found;
        if (save) this.#save(save, record);
        return { kind: "hit", copy: this.#copyOf(view, save ?? record, now), ...(setBack && { setBack }) };
      }
      case "superseded":
        return {
          kind: "superseded",
          ...(found.view ? { before: this.#copyOf(found.view, record, now) } : {}),
          ...(record ? { current: this.#copyOf(viewOf(record), record, now), rotatedAt: record.rotatedAt } : {}),
          ...lostGeneration(record, ref),
        };
      case "ended": {
        // A client that has been told of the end must not see the session again, whatever the journal takes later.
        const passed = record && !record.ended ? deadlinePassed(record, ref.arrivedAt) : undefined;
        const left = record && passed ? tombstoneOf(record, passed, now) : record;
        if (left && left !== record) this.#save(left, record);
        return left ? { kind: "ended", tombstone: this.#copyOf(viewOf(left), left, now) } : found;
      }
      case "miss":
        return found;
    }
  }

  #apply(ref: Ref, change: Change): Committed {
    const now = this.#parts.clock();
    const record = this.#rows.load();
    if (this.#parts.leases?.spend(change, record) === "lost") return { kind: "conflict" };
    const applied = apply(record && this.#withoutOldChanges(record, now), ref, change, now);
    const saved = "save" in applied ? applied.save : undefined;
    if (saved) this.#save(saved, record);
    if (saved) this.#indexing?.note(saved, record, change);
    // A login that has ended somebody else's session begins another session, and the refresh token is kept there.
    const isLogin = applied.kind === "committed" && saved && change.login;
    if ((typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH) && isLogin) saveGrant(this.#parts.storage, change.grant);
    const left = saved ?? record;
    switch (applied.kind) {
      case "committed": {
        const { view, flash, setBack } = applied;
        const copy = this.#copyOf(view, left, now);
        return { kind: "committed", copy, ...(flash && { flash }), ...(setBack && { setBack }) };
      }
      case "conflict":
        return { kind: "conflict", current: this.#copyOf(applied.view, left, now) };
      case "ended":
        if (!left) return { kind: "ended", missing: true };
        return left.ended ? { kind: "ended", tombstone: this.#copyOf(viewOf(left), left, now) } : { kind: "ended" };
      case "superseded":
        return { ...applied, ...lostGeneration(record, ref) };
      default:
        return applied;
    }
  }

  /**
   * The record without ids that are no longer needed. An id is needed until its change has expired and the journal has since been
   * seen empty for good.
   */
  #withoutOldChanges(record: SessionRecord, now: number): SessionRecord {
    const seenEmpty = this.#watch ? journalProvenEmptyAt(this.#rows.knownOutside()) - CLOCKS_APART_MS : now;
    return forgetChanges(record, Math.min(now, seenEmpty));
  }

  #save(record: SessionRecord, loaded: SessionRecord | undefined, isKnownToIndex = false): void {
    // The alarm is set once per session, in one step with the first write. After that it sets itself again, lazily, when it
    // fires.
    if (!loaded) this.#parts.keepAlive(this.#parts.storage.setAlarm(this.#cleanup.wakesAt(record)));
    else if ((typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION) && record.owed && !loaded.owed && this.#owedEnd)
      this.#parts.keepAlive(this.#parts.storage.setAlarm(record.owed.nextAt));
    this.#rows.save(record, loaded);
    if ((typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH) && record.ended && loaded?.login)
      forgetGrant(this.#parts.storage, this.#renewal, record, loaded.login);
    if (this.#parts.tell || record.ended) this.#told(record, loaded, isKnownToIndex);
  }

  #told(record: SessionRecord, loaded: SessionRecord | undefined, isKnownToIndex = false): void {
    const { tell, clock } = this.#parts;
    if (tell) for (const event of eventsBetween(loaded, record, clock())) tell(event);
    if (record.ended && loaded) this.#indexing?.forget(loaded, isKnownToIndex);
  }

  #newestCopy(): Copy | undefined {
    const record = this.#rows.load();
    return record && this.#copyOf(viewOf(record), record, this.#parts.clock());
  }

  #copyOf(view: View, record: SessionRecord | undefined, now: number): Copy {
    return toCopy(view, record, this.#rows.outside(), now);
  }
}
