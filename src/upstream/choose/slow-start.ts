import { ALL_STEPS, type Steps } from "../../affinity/affinity.ts";
import type { Birthplace, Closure, Closures, Interval } from "./birth.ts";

/**
 * Compiles slow start for the sessions that are born within `slowStartSeconds` of an origin's opening. In the first
 * tenth of that time the origin gets its share by a tenth of its weight, in the second by two tenths, and in the last
 * by its whole weight.
 *
 * Slow start depends on named times and on a session's birth alone, so all isolates agree at every moment. A session
 * keeps the step of its birth for life: no session moves when the next step begins. An origin opens at the start of an
 * interval that does not continue an earlier interval, and at the time when an operator restores it. An origin without
 * such a time has always been open.
 *
 * @param closures the operators' closures of origins, as they are known now. Default: there are no closures.
 * @returns the steps of the origins for sessions born at a time, in milliseconds since 1970; `undefined` when all
 * origins have their whole weight. The function itself is `undefined` when that is always so.
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
