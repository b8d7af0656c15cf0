import type { Policy } from "./change.ts";
import type { EndReason, View } from "./record.ts";

/** How often a touch renews the idle deadline, in milliseconds: a tenth of the idle timeout. */
export function touchEveryMs(policy: Policy): number {
  return policy.idleSeconds * 100;
}

/**
 * The deadlines that a touch at `now` gives. The idle deadline is late by {@link touchEveryMs}: touches are throttled to
 * that, so a session never ends early and lives at most that much too long.
 */
export function touched(now: number, policy: Policy): Pick<View, "touchedAt" | "idleDeadline" | "returned"> {
  const touchedAt = Math.floor(now / 1000) * 1000;
  return { touchedAt, idleDeadline: touchedAt + policy.idleSeconds * 1000 + touchEveryMs(policy), returned: true };
}

/** The deadlines of a session whose token has not come back yet: bots that cause a first change are soon gone. */
export function unreturned(now: number, policy: Policy): Pick<View, "touchedAt" | "idleDeadline" | "returned"> {
  const touchedAt = Math.floor(now / 1000) * 1000;
  return { touchedAt, idleDeadline: touchedAt + policy.firstIdleSeconds * 1000, returned: false };
}

/** Whether a request that arrives at `now` with its token should renew the idle deadline. */
export function isTouchDue(view: View, now: number, policy: Policy): boolean {
  return !view.returned || now >= view.touchedAt + touchEveryMs(policy);
}

/** Which deadline has passed at `now`, if one has. */
export function deadlinePassed(view: View, now: number): EndReason | undefined {
  if (now >= view.absoluteDeadline) return "absolute";
  return now >= view.idleDeadline ? "idle" : undefined;
}
