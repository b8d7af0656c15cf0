import type { IndexNote } from "../../session/change.ts";
import type { SessionRecord } from "../../session/record.ts";
import type { Principals } from "../../store/principal-contracts.ts";
import type { SessionRows, SessionStorage } from "./session-rows.ts";

/** The stores and callbacks by which a session keeps its entry in its principal's index. */
export interface SessionIndexingParts {
  readonly rows: SessionRows;
  readonly storage: SessionStorage;
  readonly principals: Pick<Principals, "confirm" | "forget">;
  readonly clock: () => number;
  readonly keepAlive: (work: Promise<unknown>) => void;
  /** Ends the session, because all sessions of its principal have been ended since its login. */
  readonly end: (id: string) => Promise<unknown>;
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

  /** Notes a login, in one step with the record. If a later step is lost, the alarm repeats it. */
  note({ where, limit }: IndexNote): void {
    const { rows, storage, clock, keepAlive } = this.#parts;
    const at = clock();
    rows.saveIndexing({ ...where, at, limit, due: true });
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
    const { id, bornAt, absoluteDeadline, principal } = record;
    const confirmed = await principals.confirm(principal, { ...login, id, bornAt, absoluteDeadline }, limit);
    if (confirmed.kind === "unavailable") return;
    if (rows.indexing()) rows.saveIndexing({ ...indexing, due: false });
    if (confirmed.kind === "ended") await end(id);
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
