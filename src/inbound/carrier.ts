/**
 * How the token travels. A carrier moves text and judges nothing: what it reads may be forged.
 *
 * The text is `token`, or `token.proof` with the generation's proof. A carrier that keeps the proof in a place of its
 * own writes it only when the text has one.
 */
export interface Carrier {
  /** The text that the request brings, or `null`. */
  read(request: Request): string | null;
  /** Adds to a response's headers what makes the client hold `token` until `expiresAt` (milliseconds since 1970). */
  write(headers: Headers, token: string, expiresAt: number): void;
  /** Adds to a response's headers what makes the client forget the token. */
  clear(headers: Headers): void;
}
