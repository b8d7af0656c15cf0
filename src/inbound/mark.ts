/**
 * When the journal may have taken something of the client, milliseconds since 1970, if ever. A mark is not signed: a forged
 * one costs its sender a look at the journal of his own session. What lies in the future, or is no time, is read as `now`:
 * that is the safe side.
 *
 * @param mark its text; "": none.
 */
export function readMark(mark: string, now: number): number | undefined {
  if (mark === "") return undefined;
  return /^[0-9]{1,15}$/.test(mark) ? Math.min(Number(mark), now) : now;
}
