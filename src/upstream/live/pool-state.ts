import {
  array,
  type InferOutput,
  literal,
  looseObject,
  minValue,
  number,
  optional,
  picklist,
  pipe,
  safeInteger,
  string,
} from "valibot";
import { type Closure, type Closures, hasEnded } from "../choose/birth.ts";

const time = pipe(number(), safeInteger(), minValue(0));

/** The live state of a pool, as it is kept and published. Fields that are not known are kept, and another `schema` is not read. */
export const poolStateSchema = looseObject({
  schema: literal(1),
  /** Goes up with every change. */
  version: pipe(number(), safeInteger(), minValue(1)),
  origins: array(
    looseObject({
      id: string(),
      /**
       * Probes call the origin unhealthy: since when, for which reason (also a reason of other versions), and until
       * when that holds.
       */
      unhealthy: optional(looseObject({ since: time, reason: string(), until: time })),
      /** In order: each closure begins after the closure before it has ended. */
      closures: array(
        looseObject({
          /** `eject`: all sessions leave at once; `drain`: present sessions may stay, at most until `endsAt`. */
          kind: picklist(["drain", "eject"]),
          from: time,
          endsAt: optional(time),
          until: optional(time),
        }),
      ),
    }),
  ),
});

/** The live state of a pool: the changes that operators have made to its origins. */
export type PoolState = InferOutput<typeof poolStateSchema>;

/** An origin that is unhealthy, as it is published. */
export interface UnhealthyOrigin {
  readonly id: string;
  readonly unhealthy: NonNullable<PoolState["origins"][number]["unhealthy"]>;
}

/** A {@link Closure}, with the details that operators see. */
export type LiveClosure = PoolState["origins"][number]["closures"][number];

/**
 * `open`: gets sessions; `draining`: keeps the sessions that it has; `drained`: its drain has ended, and it serves no
 * session; `ejected`: an operator has sent all sessions away.
 */
export type Standing = "open" | "draining" | "drained" | "ejected";

/** How an origin stands, since when, and its named changes ahead. Times are milliseconds since 1970. */
export interface StandingNow {
  readonly state: Standing;
  /** Absent for an origin that has always been open. */
  readonly since?: number;
  /** The changes ahead, the next one first. */
  readonly next: readonly { readonly state: Standing; readonly at: number }[];
}

/** The closures of an origin; empty if the origin is not in the state. */
export function closuresOf(state: PoolState | undefined, origin: string): readonly LiveClosure[] {
  return state?.origins.find(({ id }) => id === origin)?.closures ?? [];
}

/**
 * The state together with the probes' verdicts. The verdicts are not changes by operators, and they have no named
 * times.
 */
export function withUnhealthy(state: PoolState, unhealthy: readonly UnhealthyOrigin[]): PoolState {
  const flags = new Map(unhealthy.map((flag) => [flag.id, flag]));
  const said = state.origins.map((origin) => ({ ...origin, ...flags.get(origin.id) }));
  const known = new Set(said.map(({ id }) => id));
  const others = unhealthy.filter(({ id }) => !known.has(id)).map((flag) => ({ ...flag, closures: [] }));
  return { ...state, origins: [...said, ...others] };
}

/** Until when each unhealthy origin is so, by its id; `undefined`: no origin is unhealthy. */
export function unhealthyById({ origins }: PoolState): ReadonlyMap<string, number> | undefined {
  const flagged = origins.flatMap(({ id, unhealthy }) => (unhealthy ? [[id, unhealthy.until] as const] : []));
  return flagged.length > 0 ? new Map(flagged) : undefined;
}

/** The state as the order of origins looks at it. */
export function closuresById({ origins }: PoolState): Closures {
  return new Map(origins.map(({ id, closures }) => [id, closures as readonly Closure[]]));
}

/** How an origin stands at a time. */
export function standingAt(closures: readonly (Closure & { kind?: string })[], at: number): Standing {
  const current = closures.find(({ from, until = Infinity }) => from <= at && at < until);
  if (!current) return "open";
  if (!hasEnded(current, at)) return "draining";
  return current.kind === "eject" ? "ejected" : "drained";
}

/** How an origin stands now, with its past and coming changes. */
export function standingOf(closures: readonly LiveClosure[], now: number): StandingNow {
  const times = closures
    .flatMap(({ from, endsAt, until }) => [from, endsAt, until])
    .filter((time) => time !== undefined)
    .sort((one, other) => one - other);
  const turns: { state: Standing; at: number }[] = [];
  for (const at of new Set(times)) {
    const state = standingAt(closures, at);
    if (state !== (turns.at(-1)?.state ?? "open")) turns.push({ state, at });
  }
  const last = turns.findLast(({ at }) => at <= now);
  return {
    state: standingAt(closures, now),
    ...(last ? { since: last.at } : {}),
    next: turns.filter(({ at }) => at > now),
  };
}
