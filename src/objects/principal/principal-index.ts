import { CLOCKS_APART_MS, type SessionLimit } from "../../session/change.ts";
import { MAX_PRINCIPAL_SESSIONS, MAX_REFUSING_SESSIONS, MAX_SESSION_SECONDS } from "../../settings/limits.ts";
import type { Unattended } from "../../store/contracts.ts";
import type {
  Confirmed,
  Counted,
  EndedAll,
  Forgotten,
  Listed,
  ListedSession,
  Login,
  Reservation,
  Reserved,
  Which,
} from "../../store/principal-contracts.ts";
import { isLoggedOut, noteLogout, renew } from "./logouts.ts";
import type { PrincipalRows, Row } from "./principal-rows.ts";

/** The storage, the sessions, and the clock of the index of one principal. */
export interface PrincipalIndexParts {
  readonly rows: Pick<PrincipalRows, keyof PrincipalRows>;
  /** The sessions' authorities. */
  readonly sessions: Unattended;
  readonly alarms: { getAlarm(): Promise<number | null>; setAlarm(at: number): Promise<void> };
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** How many sessions are ended, or looked at, in one go, and how many of them at once. */
const BATCH = 200;
const AT_ONCE = 20;
/** After this time, a step that failed is tried again. */
const RETRY_MS = 10_000;
/** A session that logged in before an end of all sessions, and has not told the index of its login, is over after this time. */
const NOT_BEFORE_LASTS_MS = MAX_SESSION_SECONDS * 1000;

/**
 * The index of one principal's sessions.
 *
 * The sessions' authorities tell it of logins. They know the truth, and tell again when a message was lost. A reservation holds a
 * place for a login until the login can no longer be committed. The index then asks the session's authority for the outcome.
 * Every decision uses rows that were read after the last `await`. docs/explanation/decisions/009 has the argument.
 */
export class PrincipalIndex {
  readonly #parts: PrincipalIndexParts;

  constructor(parts: PrincipalIndexParts) {
    this.#parts = parts;
  }

  async reserve({ reservation }: { reservation: Reservation }): Promise<Reserved> {
    if (this.#take(reservation)) return this.#reserved();
    const unknown = await this.#makeRoom();
    if (this.#take(reservation)) return this.#reserved();
    // Unavailable is never missing: it is not known whether there are too many sessions.
    return unknown === undefined ? { kind: "too-many" } : { kind: "unavailable", cause: unknown };
  }

  async confirm({ login, limit }: { login: Login; limit: SessionLimit }): Promise<Confirmed> {
    const { rows, clock } = this.#parts;
    const known = rows.get(login.id);
    if (known?.state === "ending") return { kind: "ended" };
    const isOut = (typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) && isLoggedOut(login, rows.logouts());
    if (known?.state === "live" && !isOut) {
      // The same session has logged in again at the provider, under another session there.
      if (typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) renew(rows, known, login);
      return { kind: "indexed" };
    }
    if (isOut || login.at <= rows.notBefore()) {
      rows.forget(login.id);
      return { kind: "ended" };
    }
    rows.put({ ...login, state: "live", dueAt: login.absoluteDeadline + CLOCKS_APART_MS, changeId: "" });
    const most = limit.onTooMany === "end-oldest" ? limit.sessions : MAX_PRINCIPAL_SESSIONS;
    if (rows.countOf("live") > most) rows.endOldest(clock(), most);
    await this.#arm();
    return { kind: "indexed" };
  }

  async forget({ id }: { id: string }): Promise<Forgotten> {
    this.#parts.rows.forget(id);
    return { kind: "forgotten" };
  }

  async list({ most, after }: { most: number; after?: string | undefined }): Promise<Listed> {
    const { rows } = this.#parts;
    const page = rows.page(most, after === undefined ? undefined : parseCursor(after));
    const sessions: ListedSession[] = [];
    await inTurns(page, async (row) => {
      const lastSeenAt = await this.#lastSeenAt(row);
      if (lastSeenAt !== "ended")
        sessions.push({ ...loginOf(row), ...(lastSeenAt === undefined ? {} : { lastSeenAt }) });
    });
    sessions.sort((one, other) => other.at - one.at || (other.id < one.id ? -1 : 1));
    const last = page.length === most ? page.at(-1) : undefined;
    return { kind: "listed", count: rows.countOf("live"), sessions, ...(last ? { next: cursorAfter(last) } : {}) };
  }

  async count(): Promise<Counted> {
    return { kind: "counted", count: this.#parts.rows.countOf("live") };
  }

  async endAll({ except, logout }: Which): Promise<EndedAll> {
    const { rows, sessions, clock } = this.#parts;
    if (except !== undefined && rows.get(except)?.state !== "live") {
      // If the index does not know the session, a look has the session tell of its login. The session is then spared like any
      // other.
      const looked = await sessions.look(except);
      if (looked.kind === "unavailable") return looked;
    }
    const now = clock();
    if ((typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) && logout) noteLogout(rows, logout, now);
    else {
      rows.setNotBefore(now);
      rows.endAll(now, except);
    }
    const toEnd = rows.countOf("ending");
    await this.#settleDue();
    const left = rows.countOf("ending");
    return { kind: "ending", ended: Math.max(0, toEnd - left), left };
  }

  /**
   * Does the work that is due, in batches, and frees the storage of a principal who has no sessions. It may run more than once.
   */
  async alarm(): Promise<void> {
    const { rows, clock } = this.#parts;
    await this.#settleDue();
    if (rows.nextDueAt() === undefined && clock() >= this.#remembersUntil()) await rows.clear();
  }

  /** Until when the ends of many sessions must be remembered; 0: there was none. */
  #remembersUntil(): number {
    const { rows } = this.#parts;
    let at = rows.notBefore();
    if (typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) at = Math.max(at, rows.logouts()?.at ?? 0);
    return at > 0 ? at + NOT_BEFORE_LASTS_MS : 0;
  }

  /** Takes a place, unless all places are taken. A session that has a place needs no other. */
  #take({ id, changeId, expiresAt, limit, insteadOf }: Reservation): boolean {
    const { rows, clock } = this.#parts;
    if (insteadOf) rows.drop({ ...insteadOf, state: "reserved" });
    const known = rows.get(id);
    if (known?.state === "live") return true;
    if (known?.state !== "reserved" && rows.count() >= limit.sessions) return false;
    const dueAt = expiresAt + CLOCKS_APART_MS;
    const nothing = { at: clock(), bornAt: 0, absoluteDeadline: 0, country: "", colo: "", device: "" };
    rows.put({ id, state: "reserved", dueAt, changeId, ...nothing });
    return true;
  }

  async #reserved(): Promise<Reserved> {
    await this.#arm();
    return { kind: "reserved" };
  }

  /** Forgets sessions that have ended. Returns the cause if it could not find out about one of them. */
  async #makeRoom(): Promise<unknown> {
    const { rows, clock } = this.#parts;
    let unknown: unknown;
    await inTurns(rows.replaceable(clock(), MAX_REFUSING_SESSIONS), async (row) => {
      if (row.state === "reserved") unknown = (await this.#settle(row)) ?? unknown;
      else {
        const looked = await this.#parts.sessions.look(row.id);
        if (looked.kind === "unavailable") unknown = looked.cause;
        else if (looked.kind !== "alive") rows.drop(row);
      }
    });
    return unknown;
  }

  async #lastSeenAt(row: Row): Promise<number | "ended" | undefined> {
    const looked = await this.#parts.sessions.look(row.id);
    if (looked.kind === "unavailable") return undefined;
    if (looked.kind === "alive") return looked.session.touchedAt;
    this.#parts.rows.drop(row);
    return "ended";
  }

  /** Does a batch of the work that is due. The alarm goes on with the rest. */
  async #settleDue(): Promise<void> {
    const { rows, clock } = this.#parts;
    await inTurns(rows.due(clock(), BATCH), (row) => this.#settle(row));
    await this.#arm();
  }

  /** Does the work that is due for a session. Returns the cause if it could not be done. */
  async #settle(row: Row): Promise<unknown> {
    const { rows, sessions, clock } = this.#parts;
    const answer =
      row.state === "ending" ? await sessions.end(row.id) : row.state === "reserved" && (await sessions.look(row.id));
    // A session that has yet to tell of its login keeps its place.
    const isOpen = answer && (answer.kind === "unavailable" || (answer.kind === "alive" && answer.session.indexDue));
    if (!isOpen) {
      rows.drop(row);
      return undefined;
    }
    rows.postpone(row.id, clock() + RETRY_MS);
    return answer.kind === "unavailable" ? answer.cause : new Error("a login has not been indexed yet");
  }

  /** Sets the alarm to ring when the next work is due. */
  async #arm(): Promise<void> {
    const { rows, alarms, clock } = this.#parts;
    const dueAt = rows.nextDueAt() ?? this.#remembersUntil();
    if (dueAt === 0) return;
    const now = clock();
    // An alarm that rings a moment early must not be set for the same moment again, or it would ring without end.
    const ringsAt = dueAt <= now ? now : Math.max(dueAt, now + CLOCKS_APART_MS);
    const set = await alarms.getAlarm();
    if (set === null || ringsAt < set) await alarms.setAlarm(ringsAt);
  }
}

/** Does work for each item, a limited number at once. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE)
    await Promise.all(items.slice(from, from + AT_ONCE).map(work));
}

function loginOf({ state, dueAt, changeId, sid, issuedAt, ...login }: Row): Omit<ListedSession, "lastSeenAt"> {
  return login;
}

function cursorAfter({ at, id }: Row): string {
  return `${at}.${id}`;
}

function parseCursor(cursor: string): { at: number; id: string } {
  const [at = "", id = ""] = cursor.split(".");
  return { at: Number(at), id };
}
