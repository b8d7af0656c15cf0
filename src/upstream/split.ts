import { createWhrw1 } from "./affinity/whrw1.ts";

/** Which of a route's pools a session goes to. */
export type Split<T> = (sessionId: string) => T;

/**
 * Divides sessions among the sides of a route by weight: a session stays on its side, and a change of the weights moves only
 * the share that it changes.
 *
 * @param sides at least one; one alone takes all.
 */
export function createSplit<T>(sides: readonly { id: string; weight: number }[], sideOf: (id: string) => T): Split<T> {
  const values = sides.map(({ id }) => sideOf(id));
  if (values.length === 1) return () => values[0] as T;
  // Hashed with a salt of its own, or a side would get sessions that all meet the same of its origins.
  const affinity = createWhrw1(sides, { salt: "split:" });
  return (sessionId) => values[affinity.order(sessionId, 1)[0] as number] as T;
}
