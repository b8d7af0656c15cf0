import {
  type ChangeRefusal,
  LEAST_LEAD_MS,
  MAX_CLOSURES,
  type PoolChange,
  PUBLISHING_MS,
  USUAL_LEAD_MS,
} from "../../upstream/live/pool-contracts.ts";
import { closuresOf, type LiveClosure, type PoolState, standingAt } from "../../upstream/live/pool-state.ts";

/** The outcome of an operator's change. */
export type AppliedChange =
  | { kind: "changed"; state: PoolState }
  /** The pool already is in that state. */
  | { kind: "unchanged" }
  | { kind: "refused"; reason: ChangeRefusal };

/** The state after a change. Times that isolates may already know stay unchanged. */
export function applyChange(state: PoolState | undefined, change: PoolChange, now: number): AppliedChange {
  const { action, origin, others, anyway = false, sessionLifeMs } = change;
  const atOnce = change.at === "now" && action === "eject";
  const kept = closuresOf(state, origin).filter(({ until = Infinity }) => until > now - sessionLifeMs);
  const at = atOnce ? now : (change.at ?? Math.max(now + USUAL_LEAD_MS, ...timesOf(kept.slice(-1), action)));
  if (at === "now" || (!atOnce && at < now + LEAST_LEAD_MS)) return refused("too-soon");
  const next = APPLY[action](kept, { ...change, at }, now);
  if (!Array.isArray(next)) return next;
  if (action === "drain" || action === "eject") {
    if (next.length > MAX_CLOSURES) return refused("too-many");
    const from = next.at(-1)?.from ?? at;
    if (!anyway && !others.some((id) => staysOpen(closuresOf(state, id), from))) return refused("last-origin");
  }
  return { kind: "changed", state: withClosures(state, origin, next) };
}

/** The named times for which a change without a time of its own must wait. */
function timesOf(last: readonly LiveClosure[], action: PoolChange["action"]): number[] {
  return last.flatMap(({ from, until }) => {
    if (action === "restore") return until === undefined ? [from] : [];
    return action === "drain" && until !== undefined ? [until] : [];
  });
}

function staysOpen(closures: readonly LiveClosure[], from: number): boolean {
  const ends = closures.map(({ until = Infinity }) => until);
  return standingAt(closures, from) === "open" && ends.every((end) => end <= from);
}

function withClosures(state: PoolState | undefined, id: string, closures: LiveClosure[]): PoolState {
  const { version, origins, ...rest } = state ?? { schema: 1 as const, version: 0, origins: [] };
  const others = origins.filter((origin) => origin.id !== id);
  return { ...rest, version: version + 1, origins: [...others, { id, closures }] };
}

/**
 * The drain of an origin that may still end because no session is bound to the origin any more; `undefined`: there is no such
 * drain.
 */
export function drainToEnd(closures: readonly LiveClosure[], now: number): LiveClosure | undefined {
  const last = closures.at(-1);
  if (last?.kind !== "drain" || last.until !== undefined) return undefined;
  return (last.endsAt ?? Infinity) > now + USUAL_LEAD_MS ? last : undefined;
}

/** A change that is not published yet, and when it was asked for. */
export interface PendingChange {
  readonly change: PoolChange;
  readonly askedAt: number;
}

/** Whether a change has waited so long for its publication that some isolates would not know of it in time. */
export function isLate(pending: readonly PendingChange[], now: number): boolean {
  return pending.some(({ askedAt }) => now - askedAt > PUBLISHING_MS);
}

/**
 * The state if late changes are asked for now. They take effect later, because no isolate knows of them yet. Changes that are no
 * longer possible are left out.
 */
export function rebased(
  published: PoolState | undefined,
  pending: readonly PendingChange[],
  now: number,
): PoolState | undefined {
  return pending.reduce((state, { change }) => {
    const { at } = change;
    const given = at === "now" || (at !== undefined && at >= now + LEAST_LEAD_MS) ? at : undefined;
    const applied = applyChange(state, { ...change, at: given }, now);
    return applied.kind === "changed" ? applied.state : state;
  }, published);
}

type Timed = Omit<PoolChange, "at"> & { readonly at: number };
type Apply = (closures: readonly LiveClosure[], change: Timed, now: number) => LiveClosure[] | AppliedChange;

const drain: Apply = (closures, { at, deadlineMs }, now) => {
  const last = closures.at(-1);
  const deadline = (from: number) => (deadlineMs === undefined ? {} : { endsAt: from + deadlineMs });
  if (!last || last.until !== undefined) {
    if (last?.until !== undefined && at < last.until) return refused("out-of-order");
    return [...closures, { kind: "drain", from: at, ...deadline(at) }];
  }
  if (last.kind === "eject") return refused("ejected");
  const { endsAt } = deadline(last.from);
  if (endsAt === undefined || endsAt === last.endsAt) return { kind: "unchanged" };
  // A drain that goes on may end earlier or later, but not before all isolates know of it.
  if (Math.min(endsAt, last.endsAt ?? Infinity) < now + LEAST_LEAD_MS) return refused("too-soon");
  return [...closures.slice(0, -1), { ...last, endsAt }];
};

const restore: Apply = (closures, { at }) => {
  const last = closures.at(-1);
  if (!last || last.until !== undefined) return { kind: "unchanged" };
  if (at < last.from) return refused("out-of-order");
  const { endsAt, ...rest } = last;
  const ends = endsAt !== undefined && endsAt < at ? { endsAt } : {};
  return [...closures.slice(0, -1), { ...rest, ...ends, until: at }];
};

const eject: Apply = (closures, { at }) => {
  const last = closures.at(-1);
  if (!last || (last.until !== undefined && last.until <= at)) {
    return [...closures, { kind: "eject", from: at, endsAt: at }];
  }
  if (last.kind === "eject" && last.until === undefined && (last.endsAt ?? at) <= at) return { kind: "unchanged" };
  const { until, ...open } = last;
  const endsAt = Math.min(last.endsAt ?? Infinity, at);
  return [...closures.slice(0, -1), { ...open, kind: "eject", from: Math.min(last.from, at), endsAt }];
};

const end: Apply = (closures, { at }, now) => {
  const drain = drainToEnd(closures, now);
  return drain ? [...closures.slice(0, -1), { ...drain, endsAt: at }] : { kind: "unchanged" };
};

const APPLY = { drain, restore, eject, end };

function refused(reason: ChangeRefusal): AppliedChange {
  return { kind: "refused", reason };
}
