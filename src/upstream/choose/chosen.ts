/**
 * Why a request met the origin that answered: the cookie of its application told so (`learned`), or the session was moved there
 * (`pinned`); it is the one that affinity chooses (`affinity`), or stands in for that while it is ejected (`ejected-other`), in another region (`spilled`); those before it did not answer
 * (`failover`), or were slow, so that it was asked beside them (`hedged`); only a backup was left (`backup`).
 */
export type Chosen = "affinity" | "learned" | "pinned" | "ejected-other" | "spilled" | "failover" | "hedged" | "backup";

/** What the choice of an origin went by. */
export interface Choice {
  /** Index of the origin that answered, in its pool. */
  readonly index: number;
  /** Whether it was asked beside one that was slow. */
  readonly hedged?: boolean | undefined;
  /** Whether that is a backup. */
  readonly backup: boolean;
  /** Index of the origin that was tried first. */
  readonly first: number | undefined;
  /** Index of the one that the application's cookie tells. */
  readonly learned: number | undefined;
  /** Index of the one that the session's pin names. */
  readonly pinned: number | undefined;
  /** Index of the one that would have been tried first had none been ejected. */
  readonly home: () => number | undefined;
  /** The region of an origin; `undefined`: it has none. */
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
