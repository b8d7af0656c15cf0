import { splitHeld } from "./held.ts";
import { readMark } from "./mark.ts";
import { regionOf } from "./region.ts";

/** When and where a request reached the edge. */
export interface Arrival {
  /** Milliseconds since 1970. */
  readonly arrivedAt: number;
  readonly colo: string;
  /** See `regionOf`; 0: unknown. */
  readonly region: number;
  /** When the journal may have taken something of the visitor, if ever. */
  readonly markedAt: number | undefined;
}

/**
 * Reads a request's arrival.
 *
 * @param held the text that the client holds; "": none.
 */
export function arrivalOf(request: Request, held: string, now: number): Arrival {
  const { cf } = request as { cf?: { colo?: unknown } };
  return {
    arrivedAt: now,
    colo: String(cf?.colo ?? ""),
    region: regionOf(cf),
    markedAt: readMark(splitHeld(held).mark, now),
  };
}
