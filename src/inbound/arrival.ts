import { regionOf } from "./whereabouts.ts";

/** When and where a request reached the edge. */
export interface Arrival {
  /** Milliseconds since 1970. */
  readonly arrivedAt: number;
  readonly colo: string;
  /** See `regionOf`; 0: unknown. */
  readonly region: number;
}

/** Reads a request's arrival. */
export function arrivalOf(request: Request, now: number): Arrival {
  const { cf } = request as { cf?: { colo?: unknown } };
  return {
    arrivedAt: now,
    colo: String(cf?.colo ?? ""),
    region: regionOf(cf),
  };
}
