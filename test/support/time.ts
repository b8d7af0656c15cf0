/**
 * The beginning of the tests' time, in milliseconds since 1970. It lies ahead of any real day, so the alarms of objects
 * never ring by themselves.
 */
export const T0 = Date.UTC(2060, 0, 1);

/** The time `seconds` after {@link T0}. */
export function at(seconds: number): number {
  return T0 + seconds * 1000;
}
