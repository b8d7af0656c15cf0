import { BoundedMap } from "../../lib/bounded-map.ts";

/**
 * The origins that single sessions avoid, because these origins have lost their requests. Other sessions do not move.
 */
export interface Shunned {
  lost(session: string, loss: ShunnedLoss, now: number): void;
  /** The origin has answered the session. */
  answered(session: string, index: number): void;
  /** The index of the origin that a session avoids; `undefined`: the session avoids no origin. */
  by(session: string, now: number): number | undefined;
  /** The same, once its time is over: the session comes back when the origin has answered a check. */
  toCheckFor(session: string, now: number): number | undefined;
}

/** A session's request that was lost at the origin at `index`. */
export interface ShunnedLoss {
  readonly index: number;
  readonly sentAt: number;
  /** Whether the origin has answered anybody since, or its check. */
  readonly isHeard: boolean;
  /** Whether another origin has answered the request. */
  readonly isConfirmed: boolean;
}

const MAX_SESSIONS = 1_000;

interface Entry {
  readonly last: ShunnedLoss;
  readonly losses: number;
  readonly confirmed: number;
  readonly until: number;
}

/**
 * A session avoids an origin that has lost its request until that origin has answered any request. It also avoids an
 * origin that has lost two of its consecutive requests if other origins have answered them. After the nth loss this
 * lasts for n times `baseMs`, at most `maxMs`.
 *
 * @param answeredAt when an origin last answered any request.
 */
export function createShunned(baseMs: number, maxMs: number, answeredAt: (index: number) => number): Shunned {
  const entries = new BoundedMap<string, Entry>(MAX_SESSIONS);
  const isSilent = ({ losses, last: { index, isHeard, sentAt } }: Entry) =>
    losses > 0 && !isHeard && answeredAt(index) < sentAt;

  return {
    lost(session, last, now) {
      const known = entries.get(session);
      const before = known?.last.index === last.index ? known : { losses: 0, confirmed: 0 };
      const losses = before.losses + 1;
      const until = now + Math.min(losses * baseMs, maxMs);
      entries.set(session, { last, losses, confirmed: before.confirmed + (last.isConfirmed ? 1 : 0), until });
    },
    answered(session, index) {
      const entry = entries.get(session);
      if (entry?.last.index === index) entries.set(session, { ...entry, losses: 0, confirmed: 0 });
    },
    by(session, now) {
      const entry = entries.get(session);
      if (!entry) return undefined;
      return isSilent(entry) || (entry.confirmed >= 2 && now < entry.until) ? entry.last.index : undefined;
    },
    toCheckFor(session, now) {
      const entry = entries.get(session);
      return entry && now >= entry.until && isSilent(entry) ? entry.last.index : undefined;
    },
  };
}
