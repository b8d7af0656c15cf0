import type { Act, Moment, Visit } from "../history.ts";
import {
  asksToRotate,
  type Facts,
  founds,
  isFresh,
  mayRotateBeyond,
  principalAsked,
  type Read,
  targetOf,
} from "./facts.ts";
import type { Terms } from "./verdict.ts";

/** A request that may have ended a session. */
export interface PossibleEnd {
  readonly id: number;
  readonly left: Moment;
  /** When the end was acknowledged, if it was. */
  readonly acked: Moment | undefined;
}

/** Why and when sessions may be over. */
export class Endings {
  readonly #facts: Facts;
  readonly #terms: Terms;

  constructor(facts: Facts, terms: Terms) {
    this.#facts = facts;
    this.#terms = terms;
  }

  /** The requests that asked to end a session and had the right to. */
  endsOf(sid: string): PossibleEnd[] {
    const { visits, acts } = this.#facts.history;
    const byVisitors = visits.filter(
      (visit) =>
        visit.held?.sid === sid && this.#asksToEnd(visit) && !isMoot(visit) && !this.#wasSupersededBefore(visit),
    );
    const byAdmins = acts.filter((act) => act.sid === sid && act.ask.kind === "end");
    // An end by an older generation may come to nothing, although a store that does not know of the newer one accepts
    // it.
    return [
      ...byVisitors.map((visit) => possibleEnd(visit, !this.mayBeRotated(visit))),
      ...byAdmins.map((act) => possibleEnd(act, true)),
    ];
  }

  /** Acknowledged ends by clients whose generation was not the newest, although no client has ever held a newer one. */
  endsOfLost(sid: string): (PossibleEnd & { readonly generation: number })[] {
    const { visits } = this.#facts.history;
    return visits.flatMap((visit) => {
      const { held, ask, answered } = visit;
      const isEnd = held?.sid === sid && ask.kind === "end" && answered?.outcome === "done" && !isMoot(visit);
      if (!isEnd || !this.mayBeRotated(visit)) return [];
      const isHeld = visits.some(({ held: own, arrived }) =>
        [own, arrived?.held].some((any) => any?.sid === sid && any.generation > held.generation),
      );
      return isHeld ? [] : [{ ...possibleEnd(visit, true), generation: held.generation }];
    });
  }

  /**
   * Whether the session may have ended by `until`. For a client that holds `generation`, this includes ends that only
   * concern the view of an older generation.
   */
  mayHaveEnded(sid: string, until: Moment, generation = Number.POSITIVE_INFINITY): boolean {
    const views = this.#facts.history.visits.filter(
      ({ held, ask }) => held?.sid === sid && held.generation >= generation && ask.kind === "end",
    );
    return [...this.endsOf(sid), ...views].some(({ left }) => left.tick < until.tick);
  }

  /** Whether a deadline may have passed at `at` for a client that came at `came`. */
  mayHaveExpired(sid: string, came: Moment, at: Moment): boolean {
    const { absoluteMs, slackMs } = this.#terms;
    return at.ms >= Math.min(this.#bornMs(sid) + absoluteMs, this.#idleUntil(sid, came)) - slackMs;
  }

  /** Whether a visit's session, or its cookies, may have been past their time when it was answered. */
  mayHaveExpiredFor({ held, answered, left }: Visit): boolean {
    if (!held) return false;
    const at = answered ?? left;
    const { expiresAt = Number.POSITIVE_INFINITY } = held;
    return at.ms >= expiresAt - this.#terms.slackMs || this.mayHaveExpired(held.sid, left, at);
  }

  /** Until when the cookies in the answer to a read must be good, unless the session ends. */
  isPromisedUntil(read: Read): number {
    const sid = read.answered.held?.sid;
    if (sid === undefined || read.answered.held?.version === 0) return Number.NEGATIVE_INFINITY;
    return Math.min(this.#promisedBy(read, sid), this.#bornMs(sid) + this.#terms.absoluteMs) - this.#terms.slackMs;
  }

  /**
   * Whether a request that held an older generation may have been refused. Then a newer generation had been used, and
   * the grace of the older generation was over.
   */
  isSuperseded({ held, answered, left }: Visit): boolean {
    if (!held) return false;
    const { graceMs, slackMs } = this.#terms;
    const now = answered ?? left;
    // The grace ends the view of a login or of later, whether the newer generation has been used or not.
    const isSomebodys = held.generation > 0 || this.#facts.adoptedPerson(held.sid) !== undefined;
    const isOver = this.#facts.history.visits.some(
      (other) => isSomebodys && other.left.ms + graceMs - slackMs <= now.ms && mayRotateBeyond(other, held),
    );
    if (isOver) return true;
    return this.#facts.history.visits.some(
      (other) =>
        other.held?.sid === held.sid &&
        other.held.generation > held.generation &&
        other.left.tick < now.tick &&
        // A second rotation leaves nothing of the generation before the first.
        (other.left.ms + graceMs - slackMs <= now.ms || asksToRotate(other)),
    );
  }

  /** Whether the session may have been rotated beyond the generation that the visit holds. */
  mayBeRotated(visit: Visit): boolean {
    return this.#rotationsBeyond(visit).length > 0;
  }

  /**
   * Whether the session was certainly rotated exactly once beyond the generation that a visit holds. The rotation came
   * less than `parallelMs` before the visit reached the edge, so its browser may be about to get the newer generation.
   */
  isBesideRotation(visit: Visit, parallelMs: number): boolean {
    const { reached } = visit;
    const rotations = this.#rotationsBeyond(visit);
    return (
      reached !== undefined &&
      rotations.length === 1 &&
      rotations.every(({ left }) => reached.ms < left.ms + parallelMs)
    );
  }

  #rotationsBeyond(visit: Visit): Visit[] {
    const { held, left, answered } = visit;
    if (!held) return [];
    const until = (answered ?? left).tick;
    return this.#facts.history.visits.filter((other) => other.left.tick < until && mayRotateBeyond(other, held));
  }

  #asksToEnd(visit: Visit): boolean {
    const { ask, held, answered } = visit;
    if (ask.kind === "end") return true;
    const principal = principalAsked(visit);
    if (principal === undefined) return false;
    // A login of another person ends the session.
    const person = held && this.#facts.adoptedPerson(held.sid);
    if (person !== undefined && person !== principal) return true;
    return this.#facts.history.visits.some(
      (other) =>
        principalAsked(other) !== undefined &&
        principalAsked(other) !== principal &&
        (other.held?.sid === held?.sid || targetOf(other) === held?.sid) &&
        (answered === undefined || other.left.tick < answered.tick),
    );
  }

  #wasSupersededBefore({ held, left }: Visit): boolean {
    return this.#facts.history.visits.some(
      ({ answered }) =>
        answered?.outcome === "done" &&
        answered.tick < left.tick &&
        answered.held?.sid === held?.sid &&
        (answered.held?.generation ?? 0) > (held?.generation ?? 0),
    );
  }

  #bornMs(sid: string): number {
    const { visits } = this.#facts.history;
    const named = visits.filter(({ held, answered }) => held?.sid === sid || answered?.held?.sid === sid);
    return Math.min(...named.map(({ left }) => left.ms));
  }

  /** Until when the answers before `came` have promised the session. */
  #idleUntil(sid: string, came: Moment): number {
    const served = this.#facts.reads.filter(({ answered }) => answered.tick <= came.tick);
    return Math.max(...served.map((read) => this.#promisedBy(read, sid)));
  }

  /** Until when an answer has promised a session, if it has. */
  #promisedBy(read: Read, sid: string): number {
    const { held, answered, untouched, left, shown } = read;
    if (untouched || answered.held?.sid !== sid) return Number.NEGATIVE_INFINITY;
    const isNew = held?.sid !== sid || held.version === 0;
    const isFounded = isNew && shown.sid !== sid && founds(read);
    if (!isFounded && !(shown.sid === sid && isFresh(read))) return Number.NEGATIVE_INFINITY;
    return left.ms + (held?.sid === sid ? this.#terms.idleMs : this.#terms.firstIdleMs);
  }
}

function possibleEnd({ id, left, answered, ask }: Visit | Act, counts: boolean): PossibleEnd {
  return { id, left, acked: counts && answered?.outcome === "done" && ask.kind === "end" ? answered : undefined };
}

/** Whether the visit's token had expired: then there was no session to end. */
function isMoot({ held, shown, answered }: Visit): boolean {
  return answered?.outcome === "done" && held?.version !== 0 && shown?.sid !== held?.sid;
}
