/**
 * Why a request met the origin that answered.
 *
 * - `learned`: the application's cookie names the origin.
 * - `pinned`: the session was moved to the origin.
 * - `affinity`: affinity chooses the origin.
 * - `ejected-other`: the origin stands in for an ejected origin; `spilled`: it does so from another region.
 * - `failover`: the origins before it did not answer.
 * - `hedged`: an origin before it was slow, so this origin was asked as well.
 * - `backup`: only a backup was left.
 */
export type Chosen = "affinity" | "learned" | "pinned" | "ejected-other" | "spilled" | "failover" | "hedged" | "backup";

/** The facts that explain the choice of an origin. */
export interface Choice {
  /** Index of the origin that answered, in its pool. */
  readonly index: number;
  /** Whether the origin was asked in addition to a slow origin. */
  readonly hedged?: boolean | undefined;
  /** Whether that is a backup. */
  readonly backup: boolean;
  /** Index of the origin that was tried first. */
  readonly first: number | undefined;
  /** Index of the origin that the application's cookie names. */
  readonly learned: number | undefined;
  /** Index of the origin that the session's pin names. */
  readonly pinned: number | undefined;
  /** Index of the origin that would have been tried first if no origin had been ejected. */
  readonly home: () => number | undefined;
  /** The region of an origin; `undefined`: the origin has no region. */
  readonly regionOf: (index: number) => string | undefined;
}

/** Tells why an origin was chosen. */
export function chosenAs({ index, hedged, backup, first, learned, pinned, home, regionOf }: Choice): Chosen {
  if (hedged) return "hedged";
  if (index === learned) return "learned";
  if (backup) return "backup";
  if (index !== first) return "failover";
  if (index === pinned) return "pinned";
  const own = home();
  if (index === own) return "affinity";
  return own !== undefined && regionOf(own) !== regionOf(index) ? "spilled" : "ejected-other";
}
