/** The kinds of violations of the promise. */
export const VIOLATIONS = [
  /** An acknowledged change is not there in the end. */
  "lost",
  /** A change was acknowledged for a session that had ended. */
  "accepted-after-end",
  /** A login at the old application has become two sessions. */
  "adopted-twice",
  /** A session has had more changes than were made. */
  "applied-twice",
  /** A view is older than the browser had seen, or lacks a change that the browser was told is done. */
  "stale-read",
  /** A view is older than any client may be shown by then. */
  "unseen",
  /** An ended session is shown again. */
  "revived",
  /** A living session is answered as new, or as ended. */
  "false-logout",
  /** A response has taken the newest generation's proof from its browser. */
  "login-undone",
  /** Data of a generation is shown to a client that holds an earlier generation. */
  "fixation",
  /** A change that an older generation asked for has come into a newer generation of another client. */
  "intrusion",
  /** A flash is shown a second time. */
  "shown-twice",
  /** A login or rotation that was done has given its client nothing new. */
  "not-rotated",
  /** A session is shown after its deadline, or to a generation that is no longer served. */
  "overdue",
  /** The operator is told that the authority has lost data, and it has lost nothing. */
  "false-alarm",
] as const;

/** Events that are reported, and that the promise does not exclude. */
export const NOTICES = [
  /** A late response has put another session's token in the place of a living session's token. */
  "displaced",
  /** As `login-undone`, but another session had come between. */
  "login-displaced",
  /**
   * An older view was shown in an outage to a browser whose token a slower response has set back. Only a backup that
   * never lags is new enough.
   */
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

/** The violations in a history, and the number of changes and views that were judged. */
export interface Verdict {
  readonly violations: readonly Violation[];
  readonly notices: readonly Notice[];
  /** The number of attributes whose writing or removal was acknowledged. */
  readonly acknowledged: number;
  /** The number of views of sessions that were shown. */
  readonly shown: number;
}

/** The terms of the promise that the judged subject was set up to keep. Times are milliseconds. */
export interface Terms {
  readonly idleMs: number;
  /** The idle timeout until a token has come back once. */
  readonly firstIdleMs: number;
  readonly absoluteMs: number;
  /** How much later than its idle timeout a session may end. */
  readonly touchEveryMs: number;
  /** How long an older generation is served once the newer generation has been used. */
  readonly graceMs: number;
  /**
   * How long after a rotation a browser that has not got the newer generation yet may send a request of the older
   * generation.
   */
  readonly parallelMs: number;
  /** How far the clocks may be apart, together with the error of rounding times to seconds. */
  readonly slackMs: number;
  /**
   * Whether a backup may lag behind the views that were shown. Then a browser that was {@link NOTICES set back} may be
   * shown the backup, and the journal may not know of a rotation.
   */
  readonly backupMayLag: boolean;
  /** How long after its answer a failed change may still take effect, before later changes of the same browser. */
  readonly lateMs: number;
  /** After so long without trouble every client is shown the changes and ends of other clients. */
  readonly othersMs: number;
  /** Whether a change is acknowledged when its response reaches the browser. Default: when the response leaves the edge. */
  readonly acknowledgedByArrival?: true;
  /** Whether a loss breaks the promise although the operator was told of it: nothing that was acknowledged may be lost or undone. */
  readonly keepsAcknowledged?: true;
}
