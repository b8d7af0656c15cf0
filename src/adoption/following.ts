import { oldPoolOf } from "../config/adopt.ts";
import { BoundedMap } from "../lib/bounded-map.ts";
import { describeFault } from "../log.ts";
import type { FollowJudges } from "../objects/clients/pool-client.ts";
import { SHOWN_CHARACTERS } from "../observe/request-facts.ts";
import type { Visit } from "../request/exchange.ts";
import { changeNow, type Policy } from "../session/change.ts";
import type { OldRef, View } from "../session/record.ts";
import type { Authority, Memory } from "../store/contracts.ts";
import type { OpenedSession } from "../store/open-session.ts";
import { askerOf } from "./old-application.ts";
import type { Old, Olds } from "./old-sessions.ts";

/** Follows logouts at old applications. */
export interface Following {
  /**
   * Whether the visitor has logged out at the old application. Then their session at Moor has ended just now. An application that does not
   * answer has logged nobody out.
   *
   * @param pool the id of the pool to which the request goes.
   */
  endsWithOld(opened: OpenedSession, visit: Visit, pool: string): Promise<boolean>;
}

/** The stores, rules and judges of {@link createFollowing}. */
export interface FollowingParts {
  readonly authority: Authority;
  /** The copies of this isolate. */
  readonly memory: Memory;
  readonly policy: Policy;
  /** Default: no entry of `adopt` follows logouts. */
  readonly followJudges?: FollowJudges | undefined;
  readonly clock: () => number;
}

/** An isolate asks about a session at most this often, and not about any session of an application that has just not answered. */
const ASKED_EVERY_MS = 5_000;
/** An isolate reports living sessions at most this often. */
const REPORTED_EVERY_MS = 10_000;
const REMEMBERED = 8_192;

/** What an isolate knows of an old application. */
interface Known {
  lived: number;
  reportedAt: number;
  silentUntil: number;
  /** Sessions that were born before are not followed. */
  stoppedAt: number;
}

export function createFollowing(
  { authority, memory, policy, followJudges: judges, clock }: FollowingParts,
  olds: Olds,
): Following {
  const asked = new BoundedMap<string, number>(REMEMBERED);
  const known = new Map<string, Known>();

  function knownOf(from: string): Known {
    const found = known.get(from) ?? { lived: 0, reportedAt: 0, silentUntil: 0, stoppedAt: 0 };
    known.set(from, found);
    return found;
  }

  /** Reports to the judge of all isolates. Returns whether a session that is gone was logged out. */
  async function report({ entry }: Old, gone: Pick<View, "id" | "bornAt"> | undefined, visit: Visit): Promise<boolean> {
    const { from } = entry;
    const state = knownOf(from);
    const { lived } = state;
    state.lived = 0;
    state.reportedAt = clock();
    const about = gone && { session: gone.id.slice(0, SHOWN_CHARACTERS), bornAt: gone.bornAt };
    const judged = await judges?.report(oldPoolOf(entry) as string, from, { lived, gone: about });
    if (judged?.kind === "followed") {
      state.stoppedAt = judged.stoppedAt ?? 0;
      return judged.ends;
    }
    state.lived += lived;
    if (judged) visit.observer.note({ event: "adoption_unavailable", reason: describeFault(judged.cause) });
    return false;
  }

  /** Whether a question about the session is due. An old session that has reached its own end was not logged out. */
  function isDue({ id, bornAt }: View, { from, until, expiresAt }: OldRef): boolean {
    const now = clock();
    const { silentUntil, stoppedAt } = knownOf(from);
    const isFollowed = now < Math.min(until, expiresAt) && bornAt > stoppedAt;
    if (!isFollowed || now < silentUntil || now < (asked.get(id) ?? 0) + ASKED_EVERY_MS) return false;
    asked.set(id, now);
    return true;
  }

  /** Ends the session that belonged to an old session. */
  async function end({ ref }: OpenedSession, visit: Visit): Promise<boolean> {
    const ended = await authority.commit(ref, changeNow({ end: true, settlesOld: true }, { clock, policy }));
    if (ended.kind === "unavailable") {
      visit.observer.note({ event: "adoption_unavailable", reason: describeFault(ended.cause) });
      return false;
    }
    const tombstone = ended.kind === "committed" ? ended.copy : ended.kind === "ended" ? ended.tombstone : undefined;
    if (tombstone) memory.keep(tombstone);
    // A client that has been told of the end must not see the session again through a copy elsewhere.
    visit.toMark.add(ref.id);
    return true;
  }

  return {
    async endsWithOld(opened, visit, pool) {
      const { view, token } = opened.session;
      const ref = view?.old;
      const old = ref && olds.of(ref);
      if (!view || !ref || old?.entry.follow !== "end" || oldPoolOf(old.entry) === pool || token.byOldCookie)
        return false;
      // A copy is no occasion to ask: it is younger than the pause between two questions, or its authority is away.
      if (opened.source !== authority.name || !isDue(view, ref)) return false;
      const state = knownOf(ref.from);
      const lives = await olds.lives(ref, view, askerOf(visit));
      if (lives.kind === "unavailable") {
        state.silentUntil = clock() + ASKED_EVERY_MS;
        visit.observer.note({ event: "adoption_unavailable", reason: describeFault(lives.cause) });
        return false;
      }
      if (lives.kind === "gone") return (await report(old, view, visit)) && end(opened, visit);
      state.lived++;
      if (clock() >= state.reportedAt + REPORTED_EVERY_MS) visit.keepAlive(report(old, undefined, visit));
      return false;
    },
  };
}
