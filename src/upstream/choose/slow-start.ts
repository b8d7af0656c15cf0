import { ALL_STEPS, type Steps } from "../../affinity/affinity.ts";
import type { Birthplace, Closure, Closures, Interval } from "./birth.ts";

/**
 * Compiles slow start: of the sessions that are born within `slowStartSeconds` of an origin's opening it gets its share by a tenth
 * of its weight in the first tenth of that time, by two in the second, and by all of it in the last.
 *
 * It depends on named times and on a session's birth alone. So all isolates agree at every moment, and the step at its birth is a
 * session's for life: no session moves when the next step is taken. An origin opens where an interval begins that no other
 * continues, and where an operator has restored it; one without either has been open always.
 *
 * @param closures what operators have said of the origins, as it is known now. Default: nothing.
 * @returns the steps of the origins for sessions born at a time, milliseconds since 1970; `undefined` when all have their whole
 * weight. Itself `undefined` when that is always so.
 */
export function createStepsAt(
  origins: readonly Birthplace[],
  slowStartSeconds: number,
  closures?: () => Closures | undefined,
): ((bornAt: number) => Steps | undefined) | undefined {
  const configured = origins.map(({ open = [] }) => openingsOf(open));
  if (slowStartSeconds === 0 || (!closures && configured.every((times) => times.length === 0))) return undefined;
  const windowMs = slowStartSeconds * 1000;
  let known: Closures | undefined;
  let openings = compile();

  function compile() {
    const byIndex = origins
      .map(({ id }, index) => ({
        index,
        times: [...(configured[index] as number[]), ...restoresOf(known?.get(id) ?? [])].sort((a, b) => a - b),
      }))
      .filter(({ times }) => times.length > 0);
    const all = byIndex.flatMap(({ times }) => times);
    return { byIndex, begin: Math.min(...all), end: Math.max(...all) + windowMs };
  }

  return (bornAt) => {
    const told = closures?.();
    if (told !== known) {
      known = told;
      openings = compile();
    }
    const { byIndex, begin, end } = openings;
    if (!(begin <= bornAt && bornAt < end)) return undefined;
    const steps = new Uint8Array(origins.length).fill(ALL_STEPS);
    for (const { index, times } of byIndex) {
      const passed = bornAt - (times.findLast((time) => time <= bornAt) ?? -Infinity);
      if (passed < windowMs) steps[index] = Math.floor((passed * ALL_STEPS) / windowMs) + 1;
    }
    return steps;
  };
}

/** When the configuration opened an origin. */
function openingsOf(open: readonly Interval[]): number[] {
  const intervals = open.map(({ from, until }) => ({
    from: from === undefined ? -Infinity : Date.parse(from),
    until: until === undefined ? Infinity : Date.parse(until),
  }));
  return intervals
    .map(({ from }) => from)
    .filter((time) => Number.isFinite(time) && !intervals.some(({ from, until }) => from < time && time <= until));
}

/** When operators restored it. */
function restoresOf(closures: readonly Closure[]): number[] {
  return closures.flatMap(({ until }) => {
    const isShut = closures.some(
      (other) => until !== undefined && other.from <= until && until < (other.until ?? Infinity),
    );
    return until === undefined || isShut ? [] : [until];
  });
}
