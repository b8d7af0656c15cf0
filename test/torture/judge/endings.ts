import type { Moment, Visit } from "../history.ts";
import { type Facts, isFresh, targetOf } from "./facts.ts";
import type { Terms } from "./verdict.ts";

/** Something that may have ended a session. */
export interface PossibleEnd {
  readonly id: number;
  readonly left: Moment;
  /** When it was acknowledged, if it was. */
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

  /** Whatever asked to end a session and had the right to. */
  endsOf(sid: string): PossibleEnd[] {
    const { visits, acts } = this.#facts.history;
    const byVisitors = visits.filter(
      (visit) =>
        visit.held?.sid === sid && this.#asksToEnd(visit) && !isMoot(visit) && !this.#wasSupersededBefore(visit),
    );
    const byAdmins = acts.filter((act) => act.sid === sid && act.ask.kind === "end");
    return [...byVisitors, ...byAdmins].map(({ id, left, answered, ask }) => ({
      id,
      left,
      acked: answered?.outcome === "done" && ask.kind === "end" ? answered : undefined,
    }));
  }

  /** Ends of a session that may have been carried out by `until`. */
  mayHaveEnded(sid: string, until: Moment): boolean {
    return this.endsOf(sid).some(({ left }) => left.tick < until.tick);
  }

  /** Whether a deadline may have passed at `at` for somebody who came at `came`. */
  mayHaveExpired(sid: string, came: Moment, at: Moment): boolean {
    const { absoluteMs, slackMs } = this.#terms;
    const { visits } = this.#facts.history;
    const named = visits.filter(({ held, answered }) => held?.sid === sid || answered?.held?.sid === sid);
    const bornMs = Math.min(...named.map(({ left }) => left.ms));
    return at.ms >= Math.min(bornMs + absoluteMs, this.#idleUntil(sid, came)) - slackMs;
  }

  /**
   * Whether a request that held an older generation may have been refused: a newer one had been used, and the time in which
   * the older is still served was over.
   */
  isSuperseded({ held, answered, left }: Visit): boolean {
    if (!held) return false;
    const { graceMs, slackMs } = this.#terms;
    const now = answered ?? left;
    return this.#facts.history.visits.some(
      (other) =>
        other.held?.sid === held.sid &&
        other.held.generation > held.generation &&
        other.left.tick < now.tick &&
        // A second rotation leaves nothing of the generation before the first.
        (other.left.ms + graceMs - slackMs <= now.ms || asksToRotate(other)),
    );
  }

  /** Whether somebody may have rotated the session beyond what the visit holds. */
  mayBeRotated({ held, answered, left }: Visit): boolean {
    const until = (answered ?? left).tick;
    return this.#facts.history.visits.some(
      (other) => other.held?.sid === held?.sid && asksToRotate(other) && other.left.tick < until,
    );
  }

  #asksToEnd({ ask, held, answered }: Visit): boolean {
    if (ask.kind === "end") return true;
    if (ask.kind !== "login") return false;
    // A login of somebody else ends the session.
    return this.#facts.history.visits.some(
      (other) =>
        other.ask.kind === "login" &&
        other.ask.principal !== ask.principal &&
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

  /** Until when those who were served before `came` have been promised the session. */
  #idleUntil(sid: string, came: Moment): number {
    const { idleMs, firstIdleMs } = this.#terms;
    let until = Number.NEGATIVE_INFINITY;
    for (const read of this.#facts.reads) {
      const { held, answered, untouched, left, ask } = read;
      if (untouched || answered.tick > came.tick) continue;
      const founds = ask.kind !== "read" && ask.kind !== "end" && answered.held?.sid === sid && read.shown.sid !== sid;
      if (!founds && !(read.shown.sid === sid && isFresh(read))) continue;
      until = Math.max(until, left.ms + (held?.sid === sid ? idleMs : firstIdleMs));
    }
    return until;
  }
}

function asksToRotate({ ask }: Visit): boolean {
  return ask.kind === "login" || ask.kind === "rotate";
}

/** Whether the visit's token was worth nothing any more: then there was nothing to end. */
function isMoot({ held, shown, answered }: Visit): boolean {
  return answered?.outcome === "done" && held?.version !== 0 && shown?.sid !== held?.sid;
}
