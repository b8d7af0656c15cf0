import type { EndReason } from "../config/types.ts";
import type { Policy, Timeouts } from "./change.ts";
import type { View } from "./record.ts";

/** Whether the session belongs to a remembered visitor. */
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
 * The deadlines that a touch at `now` gives. Touches are throttled to {@link touchEveryMs}, so the idle deadline is later by that
 * much. A session never ends early, and lives too long by at most that time.
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

/** The deadlines of a visitor who asks, at a login at `now`, to be remembered. They count from that login. */
export function remembered(now: number, policy: Policy) {
  const absoluteMs = timeoutsOf(policy, { remembered: true }).absoluteSeconds * 1000;
  return {
    ...touched(now, policy, { remembered: true }),
    absoluteDeadline: now + absoluteMs,
    remembered: true as const,
  };
}

/**
 * The deadlines of a session whose token no client has sent back yet. They are short, because bots that cause a first change are
 * soon gone.
 */
export function unreturned(now: number, policy: Policy): Pick<View, "touchedAt" | "idleDeadline" | "returned"> {
  const touchedAt = Math.floor(now / 1000) * 1000;
  return { touchedAt, idleDeadline: touchedAt + policy.firstIdleSeconds * 1000, returned: false };
}

/** Whether a request that arrives at `now` with its token should renew the idle deadline. */
export function isTouchDue(view: View, now: number, policy: Policy): boolean {
  return !view.returned || now >= view.touchedAt + touchEveryMs(policy, view);
}

/** When the session is over: the nearer of its deadlines. */
export function deadlineOf(view: View): number {
  return Math.min(view.idleDeadline, view.absoluteDeadline);
}

/** The reason of the deadline that has passed at `now`; `undefined` if none has passed. */
export function deadlinePassed(view: View, now: number): EndReason | undefined {
  if (now >= view.absoluteDeadline) return "absolute";
  return now >= view.idleDeadline ? "idle" : undefined;
}

/**
 * The timeout of a stricter route that a session has passed at `now`; `undefined` if it has passed none.
 *
 * @param touchedAt the time of the newest touch that is known.
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
