import type { ResolvedPool } from "../../config/resolved.ts";
import { applyChange } from "../../objects/pool/pool-changes.ts";
import { createClosing } from "../../upstream/choose/birth.ts";
import type { ChangeRefusal, LookedPool, PoolChange, PoolTotals } from "../../upstream/live/pool-contracts.ts";
import { closuresOf, type PoolState, standingAt } from "../../upstream/live/pool-state.ts";
import { othersOf } from "../operators/pools-api.ts";
import { isolatesIn } from "../operators/site-metrics.ts";
import { illOrigins, unprovenOrigins } from "./health.ts";

/** The actions that a page plans before it does them. */
export type PlannedAction = "drain" | "restore" | "eject";

/** What a change of a pool will do. Times are milliseconds since 1970. */
export interface Plan {
  readonly action: PlannedAction;
  readonly pool: string;
  readonly origin: string;
  /** The version of the pool on which the plan is made. */
  readonly version: number;
  /** When the change takes effect. An ejection is for now: isolates follow within about two minutes. */
  readonly from: number;
  /** The origins that get new sessions from then on, with their shares of 1. Not `healthy`: probes or most isolates call it ill now. */
  readonly newSessions: readonly { readonly origin: string; readonly share: number; readonly healthy: boolean }[];
  /** Those of them that nothing proves to be well or ill. */
  readonly unproven: readonly string[];
  /** About how many sessions the origin has; `undefined`: no isolate has reported them. */
  readonly bound: number | undefined;
  /** How many isolates have ejected the origin, and how many have been heard. */
  readonly ejectedBy: number;
  readonly heard: number;
  /**
   * The words that the operator has to type: for actions that cannot be undone, or that leave no healthy origin to new sessions.
   */
  readonly typed: string | undefined;
  /** Whether no healthy origin that stays open would be left to new sessions. */
  readonly leavesNone: boolean;
  /** Why the change is refused. */
  readonly refusal: Exclude<ChangeRefusal, "last-origin"> | undefined;
}

/** The facts on which a plan is made. */
export interface PlanFacts {
  readonly pool: ResolvedPool;
  readonly looked: Pick<LookedPool, "state" | "probes">;
  readonly totals: PoolTotals;
  /** How long a session can live, in milliseconds. */
  readonly lifeMs: number;
  readonly now: number;
}

/** Plans a change, by the same rules by which the object of the pool makes it. */
export function planChange(action: PlannedAction, origin: string, facts: PlanFacts): Plan {
  const { pool, looked, totals, lifeMs, now } = facts;
  const ill = illOrigins({ pool, looked, totals }, now);
  const others = othersOf(pool, origin, now).filter((id) => !ill.has(id));
  const change: PoolChange = { action, origin, others, sessionLifeMs: lifeMs, ...atOf(action) };
  const applied = applyChange(looked.state, { ...change, anyway: true }, now);
  const usual = applyChange(looked.state, change, now);
  const after = applied.kind === "changed" ? applied.state : looked.state;
  const from = action === "eject" ? now : effectOf(action, after, origin, now);
  const newSessions = sharesAt(facts, after, from);
  // The object also looks at the changes of other origins that are announced for later.
  const isLast = usual.kind === "refused" && usual.reason === "last-origin";
  const unproven = unprovenOrigins({ pool, looked, totals }, now);
  const leavesNone = action !== "restore" && (isLast || !newSessions.some(({ healthy }) => healthy));
  const typed = leavesNone ? `${action} ${origin} anyway` : action === "eject" ? origin : undefined;
  const refused = applied.kind === "refused" && applied.reason !== "last-origin" ? applied.reason : undefined;
  return {
    action,
    pool: pool.id,
    origin,
    version: looked.state?.version ?? 0,
    from,
    newSessions,
    unproven: newSessions.flatMap(({ origin: id }) => (unproven.has(id) ? [id] : [])),
    bound: totals.bound[origin],
    ejectedBy: isolatesIn(totals.isolates.ejecting[origin] ?? {}),
    heard: totals.isolates.heard,
    typed,
    leavesNone,
    refusal: refused,
  };
}

/** The default time of an action: an ejection is for now, and any other change for the time at which all isolates know of it. */
export function atOf(action: PlannedAction): Pick<PoolChange, "at"> {
  return action === "eject" ? { at: "now" } : {};
}

function effectOf(action: PlannedAction, state: PoolState | undefined, origin: string, now: number): number {
  const last = closuresOf(state, origin).at(-1);
  return (action === "restore" ? last?.until : last?.from) ?? now;
}

/** The shares of the origins that get sessions born at a time, by weight. A backup gets its share only if no other origin is open. */
export function sharesAt(
  { pool, looked, totals, now }: Omit<PlanFacts, "lifeMs">,
  state: PoolState | undefined,
  at: number,
): Plan["newSessions"] {
  const closed = createClosing(pool.origins)?.(at)?.at(at);
  const open = pool.origins.filter(
    ({ id, down }, index) => !down && !closed?.[index] && standingAt(closuresOf(state, id), at) === "open",
  );
  const primaries = open.filter(({ backup }) => !backup);
  const sharing = primaries.length > 0 ? primaries : open;
  const weights = sharing.reduce((sum, { weight }) => sum + weight, 0);
  const ill = illOrigins({ pool, looked, totals }, now);
  return sharing.map(({ id, weight }) => {
    return { origin: id, share: weights === 0 ? 0 : weight / weights, healthy: !ill.has(id) };
  });
}

/** Whether a planned change leaves new sessions well served. `careful`: some would meet an ill origin. `unknown`: no isolate has reported, or nothing proves some origins. */
export type Safety =
  | { readonly kind: "safe" }
  | { readonly kind: "careful"; readonly ill: readonly string[] }
  | { readonly kind: "unsafe" }
  | { readonly kind: "unknown"; readonly unproven: readonly string[] }
  | { readonly kind: "refused"; readonly reason: NonNullable<Plan["refusal"]> };

/** Judges a plan for new sessions. Present sessions are moved by an ejection alone. */
export function safetyOf({ refusal, leavesNone, newSessions, unproven, heard }: Plan): Safety {
  if (refusal !== undefined) return { kind: "refused", reason: refusal };
  if (leavesNone) return { kind: "unsafe" };
  const ill = newSessions.filter(({ healthy }) => !healthy).map(({ origin }) => origin);
  if (ill.length > 0) return { kind: "careful", ill };
  return heard === 0 || unproven.length > 0 ? { kind: "unknown", unproven } : { kind: "safe" };
}
