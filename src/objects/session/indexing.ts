import type { Change } from "../../session/change.ts";
import type { SessionRecord } from "../../session/record.ts";
import type { Ended } from "../../store/contracts.ts";
import type { Login as IndexedLogin, Principals } from "../../store/principal-contracts.ts";
import type { SessionRows, SessionStorage } from "./session-rows.ts";

/** The stores and callbacks by which a session keeps its entry in its principal's index. */
export interface SessionIndexingParts {
  readonly rows: SessionRows;
  readonly storage: SessionStorage;
  readonly principals: Pick<Principals, "confirm" | "forget">;
  readonly clock: () => number;
  readonly keepAlive: (work: Promise<unknown>) => void;
  /** Ends the session, because all sessions of its principal have been ended since its login. */
  readonly end: (id: string) => Promise<Ended>;
}

/** After this time, the index is told again of a login that it may have missed. */
const RETRY_MS = 10_000;

/**
 * Tells the index of a principal's sessions about one session. It tells that the session belongs to the principal, again until
 * the index confirms it, and that the session has ended.
 */
export class SessionIndexing {
  readonly #parts: SessionIndexingParts;

  constructor(parts: SessionIndexingParts) {
    this.#parts = parts;
  }

  /**
   * Notes the login of a change, in one step with the record. If a later step is lost, the alarm repeats it. A session that logs in again
   * keeps its place: an end of all sessions that it has not heard of must still find it.
   *
   * @param loaded the record before the change.
   */
  note(saved: SessionRecord, loaded: SessionRecord | undefined, { index, login }: Change): void {
    const { rows, storage, clock, keepAlive } = this.#parts;
    // The provider may call the session otherwise since the visitor has logged in again.
    const isRenewed = (typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) && login !== undefined;
    if (!index || saved.principal === undefined || (loaded?.principal !== undefined && !isRenewed)) return;
    const { where, limit } = index;
    const at = clock();
    rows.saveIndexing({ ...where, at, limit, ...rows.indexing(), due: true });
    keepAlive(storage.setAlarm(at + RETRY_MS));
    keepAlive(this.tellIfDue());
  }

  /** Whether the index may not know the session yet. */
  isDue(): boolean {
    return this.#parts.rows.indexing()?.due === true;
  }

  /** When the alarm must tell the index; `Infinity`: it need not. */
  dueAt(): number {
    return this.isDue() ? this.#parts.clock() + RETRY_MS : Number.POSITIVE_INFINITY;
  }

  async tellIfDue(): Promise<void> {
    const { rows, principals, end } = this.#parts;
    const indexing = rows.indexing();
    const record = rows.load();
    if (!indexing?.due || record?.principal === undefined) return;
    const { due, limit, ...login } = indexing;
    const { id, bornAt, absoluteDeadline, principal, login: atProvider } = record;
    let told: IndexedLogin = { ...login, id, bornAt, absoluteDeadline };
    if ((typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) && atProvider)
      told = { ...told, sid: atProvider.sid ?? "", issuedAt: atProvider.issuedAt ?? 0 };
    const confirmed = await principals.confirm(principal, told, limit);
    if (confirmed.kind === "unavailable") return;
    // An end that a store prevents is asked for again, as long as the index has not forgotten why.
    if (confirmed.kind === "ended" && (await end(id)).kind === "unavailable") return;
    // The visitor may have logged in again meanwhile, and the index has not heard of that.
    const newest = rows.load()?.login;
    const isRenewed =
      (typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) &&
      (newest?.issuedAt !== atProvider?.issuedAt || newest?.sid !== atProvider?.sid);
    if (rows.indexing() && !isRenewed) rows.saveIndexing({ ...indexing, due: false });
  }

  /**
   * Tells the index to forget the session, which has ended. `record` is the record before the end. If this message is lost, the
   * index finds out by itself.
   */
  forget({ id, principal }: SessionRecord, isKnown: boolean): void {
    const { rows, principals, keepAlive } = this.#parts;
    if (principal === undefined || !rows.indexing()) return;
    rows.dropIndexing();
    if (!isKnown) keepAlive(principals.forget(principal, id));
  }
}
