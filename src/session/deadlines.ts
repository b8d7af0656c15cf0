import type { EndReason } from "../config/types.ts";
import type { Policy, Timeouts } from "./change.ts";
import type { View } from "./record.ts";

/** Whether a session is of who is remembered. */
type Kind = Pick<View, "remembered">;

/** The timeouts of a session. */
export function timeoutsOf(policy: Policy, { remembered }: Kind): Timeouts {
  return (remembered && policy.remember) || policy;
}

/** How often a touch renews the idle deadline, in milliseconds: a tenth of the idle timeout, or of a stricter route's. */
export function touchEveryMs(policy: Policy, kind: Kind = {}): number {
  return Math.min(timeoutsOf(policy, kind).idleSeconds, policy.strictestIdleSeconds ?? Number.POSITIVE_INFINITY) * 100;
}

/**
 * The deadlines that a touch at `now` gives. The idle deadline is late by {@link touchEveryMs}: touches are throttled to
 * that, so a session never ends early and lives at most that much too long.
 */
export function touched(
  now: number,
  policy: Policy,
  kind: Kind = {},
): Pick<View, "touchedAt" | "idleDeadline" | "returned"> {
  const touchedAt = Math.floor(now / 1000) * 1000;
  const idleMs = timeoutsOf(policy, kind).idleSeconds * 1000;
  return { touchedAt, idleDeadline: touchedAt + idleMs + touchEveryMs(policy, kind), returned: true };
}

/** The deadlines of who asks, at a login at `now`, to be remembered; they count from there. */
export function remembered(now: number, policy: Policy) {
  const absoluteMs = timeoutsOf(policy, { remembered: true }).absoluteSeconds * 1000;
  return {
    ...touched(now, policy, { remembered: true }),
    absoluteDeadline: now + absoluteMs,
    remembered: true as const,
  };
}

/** The deadlines of a session whose token has not come back yet: bots that cause a first change are soon gone. */
export function unreturned(now: number, policy: Policy): Pick<View, "touchedAt" | "idleDeadline" | "returned"> {
  const touchedAt = Math.floor(now / 1000) * 1000;
  return { touchedAt, idleDeadline: touchedAt + policy.firstIdleSeconds * 1000, returned: false };
}

/** Whether a request that arrives at `now` with its token should renew the idle deadline. */
export function isTouchDue(view: View, now: number, policy: Policy): boolean {
  return !view.returned || now >= view.touchedAt + touchEveryMs(policy, view);
}

/** Which deadline has passed at `now`, if one has. */
export function deadlinePassed(view: View, now: number): EndReason | undefined {
  if (now >= view.absoluteDeadline) return "absolute";
  return now >= view.idleDeadline ? "idle" : undefined;
}

/**
 * Which timeout of a route that is stricter than the site a session has passed at `now`, if one.
 *
 * @param touchedAt the newest touch that is known of.
 */
export function routeTimeoutPassed(
  view: View,
  touchedAt: number,
  { idleSeconds, absoluteSeconds }: Partial<Timeouts>,
  now: number,
  policy: Policy,
): "idle" | "absolute" | undefined {
  if (absoluteSeconds !== undefined && now >= view.bornAt + absoluteSeconds * 1000) return "absolute";
  if (idleSeconds === undefined) return undefined;
  return now >= touchedAt + idleSeconds * 1000 + touchEveryMs(policy, view) ? "idle" : undefined;
}
