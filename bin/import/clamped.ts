/** The bounds of a setting, both included. */
export type Bounds = readonly [least: number, most: number];

/** The bounds of `attemptDeadlineMs`. */
export const DEADLINE_MS: Bounds = [10, 600_000];

/** The whole number within bounds that is nearest to a value. */
export function clamped(value: number, [least, most]: Bounds): number {
  return Math.min(Math.max(Math.round(value), least), most);
}
