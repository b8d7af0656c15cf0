import { countOf, emptySketch, isSketch, mergeInto, type Sketch } from "./sketch.ts";

/** The sessions that were seen in a stretch of time. */
export interface SeenWindow {
  readonly from: number;
  readonly sketch: Sketch;
}

/** In how many windows the time is divided that a session may be away. */
const WINDOWS = 6;

/** How long a window is, in milliseconds. */
export function windowOf(awayMs: number): number {
  return Math.ceil(awayMs / WINDOWS);
}

/**
 * The windows with the new sightings added; `undefined`, if that changes nothing.
 *
 * @param awayMs how long a session may be away without ending.
 */
export function withSeen(
  windows: readonly SeenWindow[],
  seen: unknown,
  now: number,
  awayMs: number,
): readonly SeenWindow[] | undefined {
  if (!isSketch(seen)) return undefined;
  const from = Math.floor(now / windowOf(awayMs)) * windowOf(awayMs);
  const sketch = windows.find((window) => window.from === from)?.sketch.slice() ?? emptySketch();
  if (!mergeInto(sketch, seen)) return undefined;
  return [...current(windows, now, awayMs).filter((window) => window.from !== from), { from, sketch }];
}

/**
 * About how many sessions were seen within the time that a session may be away, or up to a sixth of that time longer
 * ago.
 */
export function boundCount(windows: readonly SeenWindow[], now: number, awayMs: number): number {
  const all = emptySketch();
  for (const { sketch } of current(windows, now, awayMs)) mergeInto(all, sketch);
  return countOf(all);
}

function current(windows: readonly SeenWindow[], now: number, awayMs: number): SeenWindow[] {
  return windows.filter(({ from }) => from + windowOf(awayMs) > now - awayMs);
}
