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
  /** The attributes were too large for the handoff, and the session API did not answer with them. */
  | "session-unavailable"
  /** More changes than one response may carry. */
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
