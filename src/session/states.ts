import { type JsonObject, mergePatches } from "./patch.ts";
import type { View } from "./record.ts";
import { trimmedBy } from "./trim.ts";

/**
 * A session that lives in the browser alone. Each response that changes it writes a state under a name of its own, and a request joins all
 * states that it carries. The functions of this file are pure.
 *
 * They assume that a response reaches its browser within five seconds, and that clocks agree to a second. A request may take any
 * time from its browser to Moor.
 */
export interface State extends Pick<View, Scalar> {
  /** The stamp up to which operations are in `attributes` and `flashes`, in milliseconds since 1970; or {@link NO_HORIZON}. */
  readonly horizon: number;
  readonly attributes: JsonObject;
  /** The flash of operations up to the horizon that no request has taken. */
  readonly flashes: readonly Flash[];
  /** The operations that are younger than the horizon, by their stamps. */
  readonly operations: readonly Operation[];
}

type Scalar = "version" | "bornAt" | "touchedAt" | "idleDeadline" | "absoluteDeadline" | "returned";

/** A change that is kept apart from the attributes, because responses to parallel requests may not have seen it. */
export interface Operation {
  /** Unique within the session: see {@link operationId}. */
  readonly id: string;
  /** Its stamp, in milliseconds since 1970: see {@link stampAfter}. */
  readonly at: number;
  /** Merge patches of the attributes, applied in order. */
  readonly patches: readonly JsonObject[];
  /** Merge patches of the flash. */
  readonly flash: readonly JsonObject[];
  /** The ids of operations whose flash this operation has taken. */
  readonly takes: readonly string[];
}

/** The flash that one operation has left. */
export interface Flash {
  readonly id: string;
  readonly patches: readonly JsonObject[];
}

/**
 * The age at which an operation is merged into the attributes: five seconds in which a response may be under way, and two for clocks.
 * A younger operation may be unknown to a response that is under way.
 */
export const FOLD_AFTER_MS = 7_000;

/** How far the newest stamp that a request carries may be in the future. Above that its clock, or that of another edge, is wrong. */
export const MOST_AHEAD_MS = 2_000;

/** The horizon of a state that has operations alone. */
export const NO_HORIZON = -1;

/** The id of the operation of a change: 48 of its 128 random bits. A session has few operations at a time. */
export function operationId(changeId: string): string {
  return changeId.slice(0, 8);
}

/** All states of one session that a request carries, as one state. */
export function join(states: readonly [State, ...State[]]): State {
  const base = states.reduce((best, state) => (state.horizon > best.horizon ? state : best));
  const operations = new Map<string, Operation>();
  for (const state of states) {
    for (const operation of state.operations) if (operation.at > base.horizon) operations.set(operation.id, operation);
  }
  const most = (read: (state: State) => number) => Math.max(...states.map(read));
  return {
    ...base,
    // Parallel responses give the same number to different contents, and no later version may be lower.
    version: most(({ version }) => version) + states.length - 1,
    touchedAt: most(({ touchedAt }) => touchedAt),
    idleDeadline: most(({ idleDeadline }) => idleDeadline),
    returned: states.some(({ returned }) => returned),
    operations: [...operations.values()].sort(byStamp),
  };
}

/** The newest stamp in a state. */
export function newestStamp({ horizon, operations }: State): number {
  return Math.max(horizon, ...operations.map(({ at }) => at));
}

/** The stamp of a change after everything that its request carried, although another clock may have been ahead. */
export function stampAfter(carried: State, now: number): number {
  return Math.max(now, newestStamp(carried) + 1);
}

/** The attributes and the flash as a request sees them. `flash` is absent if there is none. */
export function contentOf(state: State): { readonly attributes: JsonObject; readonly flash?: JsonObject } {
  const patches = state.operations.flatMap((operation) => operation.patches);
  const flashes = pendingFlashes(state).flatMap((flash) => flash.patches);
  return {
    attributes: mergePatches(state.attributes, patches),
    ...(flashes.length > 0 ? { flash: mergePatches({}, flashes) } : {}),
  };
}

/** The flashes that no operation of the state has taken. */
export function pendingFlashes({ flashes, operations }: State): Flash[] {
  const left = operations.flatMap(({ id, flash }) => (flash.length > 0 ? [{ id, patches: flash }] : []));
  const taken = new Set(operations.flatMap(({ takes }) => takes));
  return [...flashes, ...left].filter(({ id }) => !taken.has(id));
}

/**
 * The state that a response writes in place of the states that its request carried, with its own operation if it has one.
 *
 * Only operations that are {@link FOLD_AFTER_MS} older than the newest stamp that the request *carried* are merged into the attributes. The
 * time at which the request arrived would be too late: a browser decides which cookies a request carries when it queues the request.
 *
 * @param newestCarried the newest stamp that the request carried. Default: the newest in the state; pass it if the request has written before.
 */
export function written(carried: State, own?: Operation, newestCarried: number = newestStamp(carried)): State {
  const horizon = Math.max(carried.horizon, newestCarried - FOLD_AFTER_MS);
  const operations = withOwn(carried.operations, own);
  const old = operations.filter(({ at }) => at <= horizon);
  const young = operations.filter(({ at }) => at > horizon);
  const folded = mergePatches(
    carried.attributes,
    old.flatMap(({ patches }) => patches),
  );
  const replacing = young.flatMap(({ patches }) => patches);
  const [attributes = {}] = trimmedBy([folded], replacing);
  return {
    ...carried,
    horizon,
    attributes,
    flashes: pendingFlashes({ ...carried, operations: old }),
    operations: young,
  };
}

/**
 * The same as several states, for contents that do not fit into one: the attributes as they were carried, and operations apart.
 *
 * @param fits whether a state is small enough.
 */
export function split(carried: State, own: Operation | undefined, fits: (state: State) => boolean): State[] {
  const apart: State = { ...carried, horizon: NO_HORIZON, attributes: {}, flashes: [], operations: [] };
  const parts: State[] = [{ ...carried, operations: [] }];
  for (const operation of withOwn(carried.operations, own)) {
    const last = parts.at(-1) as State;
    const longer = { ...last, operations: [...last.operations, operation] };
    if (fits(longer)) parts[parts.length - 1] = longer;
    else parts.push({ ...apart, operations: [operation] });
  }
  return parts;
}

/**
 * Patches without removals of members that do not exist: these would only make the operation longer. A member that a parallel response
 * sets is then kept, as if the removal had come first.
 */
export function withoutVainRemovals(patches: readonly JsonObject[], attributes: JsonObject): JsonObject[] {
  const known = new Set(Object.keys(attributes));
  return patches.map((patch) => {
    const kept = Object.entries(patch).filter(([name, value]) => value !== null || known.has(name));
    for (const [name] of kept) known.add(name);
    return Object.fromEntries(kept);
  });
}

/** The operations with another after them, each without the members that the other replaces. */
function withOwn(operations: readonly Operation[], own: Operation | undefined): Operation[] {
  if (!own) return [...operations];
  const trimmed = operations.map((operation) => ({ ...operation, patches: trimmedBy(operation.patches, own.patches) }));
  return [...trimmed.filter(isNeeded), { ...own, patches: trimmedAmong(own.patches) }];
}

/** Patches in order, each without the members that the patches after it replace. */
function trimmedAmong(patches: readonly JsonObject[]): JsonObject[] {
  return patches.flatMap((patch, index) => trimmedBy([patch], patches.slice(index + 1)));
}

function isNeeded({ patches, flash, takes }: Operation): boolean {
  return patches.length > 0 || flash.length > 0 || takes.length > 0;
}

function byStamp(one: Operation, other: Operation): number {
  return one.at - other.at || (one.id < other.id ? -1 : 1);
}
