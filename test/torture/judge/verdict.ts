/** What can break the promise. */
export const VIOLATIONS = [
  /** An acknowledged change is not there in the end. */
  "lost",
  /** A change was acknowledged for a session that had ended. */
  "accepted-after-end",
  /** A session has had more changes than were made. */
  "applied-twice",
  /** Older than what the browser had seen or been told is done. */
  "stale-read",
  /** Older than what anybody may be shown by then. */
  "unseen",
  /** An ended session is shown again. */
  "revived",
  /** A session that lives is answered as new, or as ended. */
  "false-logout",
  /** A response has taken the newest generation's proof from its browser. */
  "login-undone",
  /** Shown to somebody who holds a generation from before it. */
  "fixation",
  /** Something that an older generation asked for has come into a newer one of another client. */
  "intrusion",
  /** A flash is shown a second time. */
  "shown-twice",
  /** A login or rotation that was done has given its client nothing new. */
  "not-rotated",
  /** A session is shown after its deadline, or to a generation that is no longer served. */
  "overdue",
] as const;

/** What is seen, and not promised against. */
export const NOTICES = [
  /** A late response has put another session's token in the place of one that lives. */
  "displaced",
  /** As `login-undone`, but another session had come between. */
  "login-displaced",
  /** Shown in an outage to a browser whose token a slower response has set back: only a backup that never lags is new enough. */
  "set-back",
] as const;

export type ViolationKind = (typeof VIOLATIONS)[number];
export type NoticeKind = (typeof NOTICES)[number];

export interface Finding<Kind> {
  readonly kind: Kind;
  readonly sid: string;
  /** In words, with the attribute and numbers of visits and acts. */
  readonly message: string;
  /** The visits and acts that show it. */
  readonly ids: readonly number[];
}

export type Violation = Finding<ViolationKind>;
export type Notice = Finding<NoticeKind>;

/** What a history breaks of the promise, and how much there was to break. */
export interface Verdict {
  readonly violations: readonly Violation[];
  readonly notices: readonly Notice[];
  /** Attributes whose writing or removing was acknowledged. */
  readonly acknowledged: number;
  /** Views that were shown of sessions. */
  readonly shown: number;
}

/** The terms of the promise: what the judged thing was set up to keep. Milliseconds. */
export interface Terms {
  readonly idleMs: number;
  /** The idle timeout until a token has come back once. */
  readonly firstIdleMs: number;
  readonly absoluteMs: number;
  /** How much later than its idle timeout a session may end. */
  readonly touchEveryMs: number;
  /** How long an older generation is served once the newer has been used. */
  readonly graceMs: number;
  /** How long after a rotation a request of the generation before may come from a browser that has not got the newer one yet. */
  readonly parallelMs: number;
  /** How far the clocks may be apart, and what is lost by rounding times to seconds. */
  readonly slackMs: number;
  /** Whether a backup may be behind what has been let out: then who has been {@link NOTICES set back} may be shown it. */
  readonly backupMayLag: boolean;
  /** How long after it was answered a change that failed may still take effect, before what its browser changes then. */
  readonly lateMs: number;
  /** After so long without trouble everybody is shown a change or an end by somebody else. */
  readonly othersMs: number;
}
