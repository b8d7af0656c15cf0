import { withinDeadline } from "../lib/deadline.ts";
import { isUnavailable } from "../lib/unavailable.ts";
import { type Breaker, BreakerOpenError } from "./breaker.ts";
import type { Copies } from "./contracts.ts";
import type { Fallback } from "./fallback-contract.ts";

/** A store of copies behind a breaker, with a deadline for every call. */
export function guardCopies(copies: Copies, breaker: Breaker, deadlineMs: number): Copies {
  const guarded = <Answer extends { kind: string }>(call: () => Promise<Answer>) =>
    ask(breaker, async () => {
      try {
        return await withinDeadline(call(), deadlineMs);
      } catch (cause) {
        return { kind: "unavailable" as const, cause };
      }
    });
  return {
    name: copies.name,
    read: (ref, now) => guarded(() => copies.read(ref, now)),
    keep: (copy) => guarded(() => copies.keep(copy)),
  };
}

/** The fallback behind a breaker. The fallback sets its own deadlines. */
export function guardFallback(fallback: Fallback, breaker: Breaker): Fallback {
  return {
    name: fallback.name,
    read: (id) => ask(breaker, () => fallback.read(id)),
    keep: (record) => ask(breaker, () => fallback.keep(record)),
    append: (entry) => ask(breaker, () => fallback.append(entry)),
    takeOver: (id, changeIds, record) => ask(breaker, () => fallback.takeOver(id, changeIds, record)),
    pendingSets: () => ask(breaker, () => fallback.pendingSets()),
    pending: (set, offset, limit) => ask(breaker, () => fallback.pending(set, offset, limit)),
    settled: (id, before) => ask(breaker, () => fallback.settled(id, before)),
    settledSet: (set, before) => ask(breaker, () => fallback.settledSet(set, before)),
  };
}

/**
 * Asks a store behind its breaker. A call that the breaker blocks is `unavailable`. A failure that concerns one session alone does not count
 * as a failure of the store.
 */
export async function ask<Answer extends { kind: string }>(breaker: Breaker, call: () => Promise<Answer>) {
  const admitted = breaker.admit();
  if (!admitted) return { kind: "unavailable" as const, cause: new BreakerOpenError(breaker.name) };
  const answer = await call();
  if (isUnavailable(answer) && !isOneSessions(answer.cause)) admitted.failed(answer.cause);
  else admitted.answered();
  return answer;
}

/** Whether a failure concerns one session or one row. It says nothing about the others in the store then. */
export function isOneSessions(cause: unknown): boolean {
  return cause instanceof Error && "isOneSessions" in cause && cause.isOneSessions === true;
}
