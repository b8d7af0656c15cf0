import { BoundedMap } from "../../lib/bounded-map.ts";

/** The origins that single sessions keep away from, because those have lost their requests. It moves nobody else. */
export interface Shunned {
  lost(session: string, loss: ShunnedLoss, now: number): void;
  /** The origin has answered the session. */
  answered(session: string, index: number, now: number): void;
  /** The index of the origin that a session keeps away from; `undefined`: none. */
  by(session: string, now: number): number | undefined;
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
 * A session keeps away from an origin that has lost its request and has answered nobody since, or that has lost two of its consecutive
 * requests which others have answered: after the nth loss for n times `baseMs`, at most `maxMs`.
 *
 * @param answeredAt when an origin has last answered anybody.
 */
export function createShunned(baseMs: number, maxMs: number, answeredAt: (index: number) => number): Shunned {
  const entries = new BoundedMap<string, Entry>(MAX_SESSIONS);
  /** While nothing is lost no session is looked up. */
  let latest = -Infinity;
  const entryOf = (session: string, now: number) => (now < latest ? entries.get(session) : undefined);

  return {
    lost(session, last, now) {
      const known = entryOf(session, now);
      const before = known?.last.index === last.index ? known : { losses: 0, confirmed: 0 };
      const losses = before.losses + 1;
      const until = now + Math.min(losses * baseMs, maxMs);
      entries.set(session, { last, losses, confirmed: before.confirmed + (last.isConfirmed ? 1 : 0), until });
      latest = Math.max(latest, until);
    },
    answered(session, index, now) {
      const entry = entryOf(session, now);
      if (entry?.last.index === index) entries.set(session, { ...entry, losses: 0, confirmed: 0, until: 0 });
    },
    by(session, now) {
      const entry = entryOf(session, now);
      if (!entry || now >= entry.until) return undefined;
      const { index, isHeard, sentAt } = entry.last;
      return entry.confirmed >= 2 || (!isHeard && answeredAt(index) < sentAt) ? index : undefined;
    },
  };
}
