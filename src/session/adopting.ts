import type { OldRef, SessionRecord } from "./record.ts";

/** The adoption of a living session of an old application. Times are milliseconds since 1970. */
export interface Adoption {
  /** When adoptions end. A tombstone outlives this time, so that no cookie of the old application revives a session. */
  readonly until: number;
  /** When the old session ends by itself, as its application said. */
  readonly expiresAt: number;
  /** Absent: the old session has no id, and was in its cookie alone. */
  readonly old?: Pick<OldRef, "from" | "sealed" | "leftAttributes" | "readOnly">;
  /** How long the old session's cookie still opens the session after the token has come back once. */
  readonly graceSeconds: number;
}

/** How long a tombstone outlives the end of adoptions, in milliseconds. Clocks and requests under way are within it. */
const OUTLIVES_MS = 3_600_000;

/** The parts of a record that an adoption founds. The record is somebody's, because a visitor may be logged in to it at generation 0. */
export function adoptedParts(
  { until, expiresAt, graceSeconds, old }: Adoption,
  { foundingDeadline }: Pick<SessionRecord, "foundingDeadline">,
  principal: string | undefined,
) {
  return {
    ...(principal === undefined ? {} : { principal }),
    foundingDeadline: Math.max(foundingDeadline, until + OUTLIVES_MS),
    somebodys: true as const,
    ...(old ? { old: { ...old, until, expiresAt } } : {}),
    adopted: { openUntil: Math.min(until, expiresAt), graceSeconds },
  };
}

/** Notes that the token of an adopted session has come back. The old cookie opens the session for a short time from now on. */
export function noteToken(record: SessionRecord, now: number): SessionRecord {
  const { adopted } = record;
  if (!adopted || adopted.used) return record;
  const openUntil = Math.min(adopted.openUntil, now + adopted.graceSeconds * 1000);
  return { ...record, adopted: { ...adopted, openUntil, used: true } };
}

/**
 * Whether the cookie of the old application still opens a session that is stored. A login or rotation at Moor has outdated the cookie,
 * and a session that was not adopted was never the cookie's.
 */
export function opensByOldCookie({ generation, adopted }: SessionRecord, now: number): boolean {
  return generation === 0 && adopted !== undefined && now < adopted.openUntil;
}

/** Pauses between two tries by the alarm, in milliseconds: they double from the least to the most. */
const TRY_AGAIN_MS = { least: 10_000, most: 3_600_000 };

/** The tombstone once its old session has ended. Nothing of that session is left in it. */
export function settled({ owed, old, ...kept }: SessionRecord): SessionRecord {
  return kept;
}

/** The tombstone after a failed try to end its old session. It owes nothing any more if adoptions have ended. */
export function tryAgain(tombstone: SessionRecord, { until }: OldRef, now: number): SessionRecord {
  const tries = (tombstone.owed?.tries ?? 0) + 1;
  const nextAt = now + Math.min(TRY_AGAIN_MS.least * 2 ** (tries - 1), TRY_AGAIN_MS.most);
  return now >= until ? settled(tombstone) : { ...tombstone, owed: { nextAt: Math.min(nextAt, until), tries } };
}
