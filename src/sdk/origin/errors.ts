/** Why the helper refused. The list is closed: a `switch` over it can be complete. */
export type MoorOriginErrorCode =
  /** The request has no `Moor-Session` header: it did not come through Moor, or its route carries no session. */
  | "handoff-missing"
  /** The header is not a handoff of Moor's: too long, not a JWT, or with claims of another form. */
  | "handoff-malformed"
  /** Not signed with ES256 by a key that Moor publishes. */
  | "handoff-untrusted"
  /** Signed by Moor, but for another issuer or another pool. */
  | "handoff-misdirected"
  /** Outside its lifetime, by more than the clock tolerance. */
  | "handoff-expired"
  /** Moor's public keys cannot be read. */
  | "keys-unavailable"
  /** The session API did not answer, or its answer was not a session. Whether it did the work is unknown. */
  | "session-unavailable"
  /** The session API has no stored session to work on: the session's first change goes with the response. */
  | "session-not-stored"
  /** The session has ended, or has a newer generation than the request. */
  | "session-over"
  /** No principal is logged in to the session, so the principal's sessions cannot be listed or ended. */
  | "principal-missing"
  /** The principal has no such session, or no longer has it. */
  | "session-unknown"
  /** The session's version is not the version that the change was made for. */
  | "session-changed"
  /** The session API does not take this: its pool may not, the handoff has expired, or the change is too large. */
  | "session-refused"
  /** The changes are more than a response may carry. */
  | "change-too-large"
  /** A principal that Moor would refuse. */
  | "principal-malformed"
  /** A change after `end()`. */
  | "session-ended";

/** Every fault that the helper tells of; `code` says which. */
export class MoorOriginError extends Error {
  override readonly name = "MoorOriginError";
  readonly code: MoorOriginErrorCode;

  constructor(code: MoorOriginErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
