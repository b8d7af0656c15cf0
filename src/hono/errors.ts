/** Why a session refuses to be changed. The list is closed: a `switch` over it can be complete. */
export type MoorHonoErrorCode =
  /** The handlers have returned: the response's headers, and the session's changes with them, are on their way. */
  | "session-committed"
  /** More than 64 changes in a row that no fewer can say: an object, over and over, in place of what was no object or was removed. */
  | "change-too-large"
  /** A change after `end()`. */
  | "session-ended";

/** Every fault that a session tells of beside a caller's mistake, which is a TypeError; `code` says which. */
export class MoorHonoError extends Error {
  override readonly name = "MoorHonoError";
  readonly code: MoorHonoErrorCode;

  constructor(code: MoorHonoErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
