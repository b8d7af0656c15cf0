/** When a session began, and when it ends. All times are milliseconds since 1970. */
export interface SessionTimes {
  readonly bornAt: number;
  /** When the session ends without a further request. The request itself counts already. */
  readonly idleDeadline: number;
  /** When the session ends in any case. */
  readonly absoluteDeadline: number;
  /** When the principal last logged in; absent before a login. */
  readonly loggedInAt?: number | undefined;
}
