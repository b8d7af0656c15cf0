import type { EjectedFlags } from "../../affinity/affinity.ts";

/** When sessions must be born to be served by an origin: from a time on (included), until another (not included). */
export interface Interval {
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}

/** A time during which an operator keeps an origin closed. Times are milliseconds since 1970. */
export interface Closure {
  /** Sessions born from then on are not served here. */
  readonly from: number;
  /**
   * From this time on, sessions that were born before the closure are not served here either, unless the origin was
   * restored first.
   */
  readonly endsAt?: number | undefined;
  /** Sessions that are born from this time on are served here again. Default: the closure does not end. */
  readonly until?: number | undefined;
}

/** An origin as birth looks at it. */
export interface Birthplace {
  readonly id: string;
  /** Default: always. */
  readonly open?: readonly Interval[] | undefined;
}

/** The closures of a pool's origins, by origin id. A change of the closures makes a new object. */
export type Closures = ReadonlyMap<string, readonly Closure[]>;

/** Which origins may not be chosen at a given time. Callers must not change the returned flags. */
export interface Closed {
  /** The origins that are closed to sessions born at the given time. Results are cached: no flags are built twice. */
  at(bornAt: number): EjectedFlags;
  /** The origins that all sessions have left. */
  readonly left: EjectedFlags;
}

/** Whether sessions that were born before the closure must have left, too. */
export function hasEnded({ endsAt = Infinity, until = Infinity }: Closure, now: number): boolean {
  return endsAt < until && endsAt <= now;
}

/**
 * Compiles which origins are closed to which sessions. It compiles again when operators change a closure, and when a
 * time that a closure names passes.
 *
 * @param closures the closures as they are known now. Default: there are no closures.
 * @returns a function of the time. It returns `undefined` while all origins are open to all sessions, so that requests need no check.
 * `undefined` in place of the function: origins never close.
 */
export function createClosing(
  origins: readonly Birthplace[],
  closures?: () => Closures | undefined,
): ((now: number) => Closed | undefined) | undefined {
  if (!closures && origins.every(({ open }) => open === undefined)) return undefined;
  const intervals = origins.map(({ open }) => open?.map(parse));
  let known: Closures | undefined;
  let begin = Infinity;
  let end = -Infinity;
  let closed: Closed | undefined;

  return (now) => {
    const told = closures?.();
    if (told !== known || now < begin || now >= end) {
      known = told;
      const live = origins.map(({ id }) => told?.get(id) ?? []);
      const times = live.flat().flatMap(({ from, endsAt, until }) => [from, endsAt ?? from, until ?? from]);
      begin = Math.max(-Infinity, ...times.filter((time) => time <= now));
      end = Math.min(Infinity, ...times.filter((time) => time > now));
      closed = compile(intervals, live, now);
    }
    return closed;
  };
}

interface Span {
  readonly from: number;
  readonly until: number;
}

function parse({ from, until }: Interval): Span {
  return {
    from: from === undefined ? -Infinity : Date.parse(from),
    until: until === undefined ? Infinity : Date.parse(until),
  };
}

function compile(
  opened: readonly (readonly Span[] | undefined)[],
  live: readonly (readonly Closure[])[],
  now: number,
): Closed | undefined {
  if (opened.every((spans) => spans === undefined) && live.every((closures) => closures.length === 0)) return undefined;
  const shut = live.map((closures) =>
    closures.map((closure): Span => {
      return { from: hasEnded(closure, now) ? -Infinity : closure.from, until: closure.until ?? Infinity };
    }),
  );
  const isIn = (time: number) => (span: Span) => span.from <= time && time < span.until;
  const isOpen = (index: number, time: number) =>
    (opened[index]?.some(isIn(time)) ?? true) && !shut[index]?.some(isIn(time));
  // Between two consecutive times nothing changes, so each stretch has one answer.
  const spans = [...opened, ...shut].flatMap((each) => each ?? []);
  const times = [...new Set(spans.flatMap(({ from, until }) => [from, until]))]
    .filter(Number.isFinite)
    .sort((one, other) => one - other);
  const begins = Float64Array.of(-Infinity, ...times);
  const stretches: (EjectedFlags | undefined)[] = [];
  const flags = (isSet: (index: number) => boolean) => Uint8Array.from(live, (_, index) => (isSet(index) ? 1 : 0));

  return {
    at(bornAt) {
      const stretch = lastUpTo(begins, bornAt);
      stretches[stretch] ??= flags((index) => !isOpen(index, begins[stretch] as number));
      return stretches[stretch];
    },
    left: flags((index) => shut[index]?.some((span) => span.from === -Infinity && now < span.until) ?? false),
  };
}

/** The index of the last of ascending numbers that is not above `value`; the first is not. */
function lastUpTo(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) <= value) low = middle;
    else high = middle;
  }
  return low;
}
