import {
  type Act,
  addedName,
  adoptedFrom,
  type Held,
  type History,
  type Moment,
  registerName,
  type View,
  type Visit,
  writtenValue,
} from "../history.ts";
import { type Ask, PEOPLE } from "../schedule.ts";
import type { Terms } from "./verdict.ts";

/** How long a store may still be taken for failing after its failure has ended. */
const RECOVERY_MS = 60_000;

/** One attribute written by a visit or an act. */
export interface Write {
  readonly id: number;
  readonly sid: string;
  readonly name: string;
  /** `undefined`: removed. */
  readonly value: string | undefined;
  readonly left: Moment;
  /** When it was acknowledged. Absent: it may have been done or not. */
  readonly acked: Moment | undefined;
  /** The generation that its client holds with the response, if that is known. */
  readonly generation: number | undefined;
  /** Whether it came without a visitor. */
  readonly isAct: boolean;
}

/** A view that a visit was answered with. */
export interface Read extends Visit {
  readonly answered: NonNullable<Visit["answered"]>;
  readonly shown: View;
}

/** The facts of a history, without a judgement. */
export class Facts {
  readonly history: History;
  readonly #backupMayLag: boolean;
  readonly writes: readonly Write[];
  /** Visits that were done, so that their browser may have been shown the session. */
  readonly reads: readonly Read[];

  /** @param options.backupMayLag whether a rotation is answered although its backup failed. */
  constructor(history: History, { backupMayLag }: Pick<Terms, "backupMayLag">) {
    this.history = history;
    this.#backupMayLag = backupMayLag;
    this.writes = [...history.visits.flatMap(writesOfVisit), ...history.acts.flatMap(writesOfAct)];
    this.reads = history.visits.filter((visit): visit is Read => visit.answered?.outcome === "done" && !!visit.shown);
  }

  /** The person whose login at the old application a session was adopted from. */
  adoptedPerson(sid: string): string | undefined {
    const names = this.reads.flatMap(({ shown }) => (shown.sid === sid ? (adoptedFrom(shown) ?? []) : []));
    return this.history.visits.find(({ old }) => old !== undefined && names.includes(old.name))?.old?.person;
  }

  /** The answers that a visit's browser had when the visit left: the reads that had arrived. */
  knownTo(visit: Visit): Read[] {
    return this.reads.filter((read) => this.knows(visit, read));
  }

  /** Whether a visit's client had the answer to an earlier visit when the visit left. */
  knows({ browser, epoch, left, pages }: Visit, earlier: Visit): boolean {
    const { id, arrived } = earlier;
    if (earlier.browser !== browser || earlier.epoch !== epoch) return false;
    return arrived !== undefined && arrived.tick < left.tick && (pages?.includes(id) ?? true);
  }

  /** As {@link knownTo}, for the client of a write. */
  knownToWriter({ id }: Write): Read[] {
    const visit = this.history.visits.find((candidate) => candidate.id === id);
    return visit ? this.knownTo(visit) : [];
  }

  /**
   * Whether a write had failed for the client of a later write, so long before that it could not take effect any more.
   */
  hadFailedFor(earlier: Write, later: Write, lateMs: number): boolean {
    const [failed, visit] = [earlier, later].map(({ id }) => this.history.visits.find((known) => known.id === id));
    if (!failed?.arrived || !visit || failed.answered?.outcome !== "failed") return false;
    const isSame = failed.browser === visit.browser && failed.epoch === visit.epoch;
    return isSame && failed.arrived.ms + lateMs <= visit.left.ms;
  }

  /**
   * Whether a write may have been made only in the view of an older generation. Then the session may have been rotated
   * before the write was done, and that view was still served. The client had no newer generation, or had put an older
   * proof in its place and so knew both views.
   */
  mayBeApart(write: Write, { graceMs, slackMs }: Pick<Terms, "graceMs" | "slackMs">): boolean {
    const { id, sid, generation, left, acked } = write;
    if (!acked || generation === undefined) return false;
    const { visits } = this.history;
    const held = { sid, generation };
    const mayBeRotated = visits.some(
      (visit) => visit.id !== id && visit.left.tick < acked.tick && mayRotateBeyond(visit, held),
    );
    const ofNewer = visits.filter((visit) => visit.held?.sid === sid && visit.held.generation > generation);
    // A backup may have shown the newer generation, so that the authority does not know of its use. Nor does it know of a
    // request whose token says that nothing is stored: a browser may have put such a token beside the newer proof.
    const isOver = ofNewer.some(
      (use) =>
        use.answered?.outcome === "done" &&
        use.shown?.sid === sid &&
        this.isCalm(use.left, use.answered) &&
        use.answered.ms + graceMs + slackMs < left.ms,
    );
    if (!mayBeRotated || isOver) return false;
    const knewBoth = this.#isWrittenByOlderProof(write) || this.#isBesideUnsavedRotation(write);
    return knewBoth || !ofNewer.some((visit) => this.#isLaterOfSame(visit, id, acked));
  }

  /** Whether a browser came with an older proof, although it had held a newer generation before: it put the proof back. */
  isByOlderProof({ browser, held, left }: Visit): boolean {
    if (!held) return false;
    return this.history.visits.some((earlier) => {
      const { arrived } = earlier;
      const isBefore = earlier.browser === browser && arrived !== undefined && arrived.tick < left.tick;
      return isBefore && arrived.held?.sid === held.sid && arrived.held.generation > held.generation;
    });
  }

  /**
   * Whether a write belongs to an older view than a generation's: it came with an older proof that was put back, or the
   * journal took it without knowing of the rotation.
   */
  isApartFrom(generation: number, write: Write): boolean {
    if ((write.generation ?? 0) >= generation) return false;
    return this.#isWrittenByOlderProof(write) || this.#isBesideUnsavedRotation(write);
  }

  /**
   * Whether the journal may have taken a write of an older generation, because the backup of the rotation before it had
   * failed: docs/explanation/consistency.md, "A change beside a login whose backup failed".
   */
  #isBesideUnsavedRotation({ id, sid, generation, left, acked }: Write): boolean {
    if (!this.#backupMayLag || !acked || generation === undefined || !this.inTrouble(left, acked)) return false;
    return this.history.visits.some((visit) => {
      const { answered } = visit;
      if (visit.id === id || !answered || answered.tick >= acked.tick) return false;
      return mayRotateBeyond(visit, { sid, generation }) && this.#inTroubleOfRedis(visit.left, answered);
    });
  }

  #inTroubleOfRedis(from: Moment, until: Moment): boolean {
    return this.history.troubles.some(
      (trouble) => trouble.what.startsWith("redis") && trouble.from.ms <= until.ms && trouble.until.ms >= from.ms,
    );
  }

  #isWrittenByOlderProof({ id }: Write): boolean {
    const writer = this.history.visits.find((visit) => visit.id === id);
    return writer !== undefined && this.isByOlderProof(writer);
  }

  /** Whether a visit left after `acked` from the browser of the visit `id`. */
  #isLaterOfSame({ browser, epoch, left }: Visit, id: number, acked: Moment): boolean {
    const writer = this.history.visits.find((visit) => visit.id === id);
    return writer?.browser === browser && writer.epoch === epoch && left.tick > acked.tick;
  }

  /**
   * Whether the authority knew of a write by then. Nothing failed around the write, or everything has worked for long
   * enough since.
   */
  isAtAuthority({ left, acked }: Write, by: Moment, othersMs: number): boolean {
    if (!acked) return false;
    return this.isCalm(left, acked) || this.longestCalm(acked, by) >= othersMs;
  }

  /** Whether nothing failed between two instants, nor shortly before. */
  isCalm(from: Moment, until: Moment): boolean {
    return !this.inTrouble({ ...from, ms: from.ms - RECOVERY_MS }, until);
  }

  /** The longest time without trouble between two instants, in milliseconds. */
  longestCalm(from: Moment, until: Moment): number {
    const troubles = this.history.troubles.toSorted((one, other) => one.from.ms - other.from.ms);
    let [longest, calmFrom] = [0, from.ms];
    for (const trouble of troubles) {
      longest = Math.max(longest, Math.min(trouble.from.ms, until.ms) - calmFrom);
      calmFrom = Math.max(calmFrom, trouble.until.ms);
    }
    return Math.max(longest, until.ms - calmFrom);
  }

  /** Whether something failed between two instants. */
  inTrouble(from: Moment, until: Moment): boolean {
    return this.history.troubles.some((trouble) => trouble.from.ms <= until.ms && trouble.until.ms >= from.ms);
  }
}

/** The principal that a visit asks to log in as. */
export function principalAsked({ ask, browser }: Pick<Visit, "ask" | "browser">): string | undefined {
  if (ask.kind === "login") return ask.principal;
  return ask.kind === "sign-in" && ask.by === "principal" ? PEOPLE[browser] : undefined;
}

/** Whether a visit asks for a generation of its own. */
export function asksToRotate({ ask }: Pick<Visit, "ask">): boolean {
  return ask.kind === "login" || ask.kind === "sign-in" || ask.kind === "rotate";
}

/** Whether a visit has given out a later generation than the held one, or may have without an answer that says so. */
export function mayRotateBeyond(visit: Visit, { sid, generation }: Pick<Held, "sid" | "generation">): boolean {
  if (!asksToRotate(visit)) return false;
  const { answered, held } = visit;
  if (answered?.outcome === "done") return answered.held?.sid === sid && answered.held.generation > generation;
  return held?.sid === sid && held.generation >= generation;
}

/** The generation that a visit's view belongs to. */
export function generationOf({ held, shown }: Visit): number {
  return held !== undefined && shown?.sid === held.sid ? held.generation : 0;
}

/** Whether a visit's view must be as new as the views that its browser has seen. */
export function isFresh({ shown }: Read): boolean {
  return shown.sid !== undefined && shown.stale !== true;
}

/** The attributes of a view that are never removed. */
export function addedIn({ attributes }: Pick<View, "attributes">): string[] {
  return Object.keys(attributes).filter((name) => name.startsWith("u"));
}

/** Whether a visit has founded a session that existed nowhere before. */
export function founds({ ask, answered }: Read): boolean {
  if ((answered.held?.version ?? 0) > 0) return true;
  if (ask.kind === "login" || ask.kind === "sign-in") return true;
  return ask.kind === "rotate" ? ask.adds : ask.kind !== "read" && ask.kind !== "end";
}

/** The session that a visit's request was about. */
export function targetOf({ answered, held }: Visit): string | undefined {
  return answered?.outcome === "done" ? (answered.held?.sid ?? held?.sid) : held?.sid;
}

function writesOfVisit(visit: Visit): Write[] {
  const { id, ask, left, answered } = visit;
  const sid = targetOf(visit);
  if (sid === undefined) return [];
  const acked = answered?.outcome === "done" ? answered : undefined;
  const generation = acked?.held?.sid === sid ? acked.held.generation : undefined;
  return namesWritten(ask, id).map(([name, value]) => ({
    id,
    sid,
    name,
    value,
    left,
    acked,
    generation,
    isAct: false,
  }));
}

function writesOfAct({ id, sid, ask, left, answered }: Act): Write[] {
  const acked = answered?.outcome === "done" ? answered : undefined;
  return namesWritten(ask, id).map(([name, value]) => ({
    id,
    sid,
    name,
    value,
    left,
    acked,
    generation: acked?.generation,
    isAct: true,
  }));
}

function namesWritten(ask: Ask, id: number): [name: string, value: string | undefined][] {
  switch (ask.kind) {
    case "add":
      return [[addedName(id), writtenValue(id)]];
    case "set":
      return [[registerName(ask.register), writtenValue(id)]];
    case "remove":
      return [[registerName(ask.register), undefined]];
    case "login":
    case "sign-in":
    case "rotate":
      return ask.adds ? [[addedName(id), writtenValue(id)]] : [];
    default:
      return [];
  }
}
