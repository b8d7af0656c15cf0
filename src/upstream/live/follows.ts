/** Answers of an old application about adopted sessions, as an isolate reports them. */
export interface FollowReport {
  /** How many old sessions were alive, since the isolate's last report. */
  readonly lived: number;
  /** An old session that is gone. Default: the report is about living sessions alone. */
  readonly gone?: { readonly session: string; readonly bornAt: number } | undefined;
}

/** The answers about the sessions of one old application that count now. Times are milliseconds since 1970. */
export interface Follows {
  /** Ten seconds each, the oldest first. */
  readonly slices: readonly { readonly at: number; readonly lived: number; readonly gone: number }[];
  /** The sessions that were last found gone. Parallel requests of a visitor count once. */
  readonly lastGone: readonly string[];
  /** When too many were gone at once. Sessions that were born before are not followed any more. */
  readonly stoppedAt?: number;
}

/** The judgement of a report. `ends`: whether the session that is gone was logged out, so that Moor's session ends. */
export interface Judged {
  readonly follows: Follows;
  readonly ends: boolean;
  /** Present if this report has stopped the following: how many of how many old sessions were gone within a minute. */
  readonly wave?: { readonly gone: number; readonly asked: number };
}

const SLICE_MS = 10_000;
const WINDOW_MS = 60_000;
/** So many sessions that are gone within a minute may be a wave; fewer are visitors who log out. */
const LEAST_GONE = 5;
/** The share of sessions that are gone at once, above which visitors have not logged out: the store has lost them. */
const MOST_SHARE = 0.05;
const REMEMBERED = 100;
const NOTHING: Follows = { slices: [], lastGone: [] };

/** Judges whether an old session that is gone was logged out, or was lost with many others. Pure. */
export function judgeFollow(before: Follows | undefined, { lived, gone }: FollowReport, now: number): Judged {
  const { lastGone, stoppedAt, ...kept } = before ?? NOTHING;
  const isRepeated = gone !== undefined && lastGone.includes(gone.session);
  const isUnfollowed = gone !== undefined && stoppedAt !== undefined && gone.bornAt <= stoppedAt;
  const counts = gone !== undefined && !isRepeated && !isUnfollowed;
  const at = Math.floor(now / SLICE_MS) * SLICE_MS;
  const recent = kept.slices.filter((slice) => slice.at > now - WINDOW_MS);
  const current = recent.find((slice) => slice.at === at) ?? { at, lived: 0, gone: 0 };
  const slices = [
    ...recent.filter((slice) => slice !== current),
    { at, lived: current.lived + lived, gone: current.gone + (counts ? 1 : 0) },
  ];
  const follows: Follows = {
    slices,
    lastGone: counts ? [...lastGone.slice(1 - REMEMBERED), gone.session] : lastGone,
    ...(stoppedAt === undefined ? {} : { stoppedAt }),
  };
  const sum = (key: "lived" | "gone") => slices.reduce((total, slice) => total + slice[key], 0);
  const asked = sum("lived") + sum("gone");
  if (counts && sum("gone") >= LEAST_GONE && sum("gone") > MOST_SHARE * asked)
    return { follows: { ...NOTHING, stoppedAt: now }, ends: false, wave: { gone: sum("gone"), asked } };
  return { follows, ends: gone !== undefined && !isUnfollowed };
}
