/** The parts that a client holds, each as its text; "": the client does not hold the part. */
export interface Held {
  readonly token: string;
  /** Of its generation. */
  readonly proof: string;
  /** Until when the journal may have taken something of a session: at most one mark of each session. */
  readonly marks: readonly string[];
}

/** Stands between the parts; it is in no part's alphabet. */
export const SEPARATOR = ".";

/** All parts as one text: `token`, `token.proof`, or `token.proof.mark` with one mark or more. */
export function joinHeld({ token = "", proof = "", marks = [] }: Partial<Held>): string {
  if (marks.length > 0) return [token, proof, ...marks].join(SEPARATOR);
  return proof === "" ? token : token + SEPARATOR + proof;
}

/** Takes a text apart. */
export function splitHeld(text: string): Held {
  const [token = "", proof = "", ...marks] = text.split(SEPARATOR);
  return { token, proof, marks };
}

/**
 * How the parts that a client holds travel. A carrier moves text and judges nothing: the text that it reads may be
 * forged.
 *
 * The text is as {@link joinHeld} writes it.
 */
export interface Carrier {
  /**
   * Whether a client holds token, proof and mark each in a place of its own. Then a part that a text lacks stays as it is at
   * the client; otherwise what is written is all that the client will hold.
   */
  readonly apart: boolean;
  /**
   * Which requests from other sites' pages come without the parts that the browser holds. The words are those of a
   * cookie's `SameSite` (RFC 6265bis section 5.2). `"lax"`: requests with an unsafe method; `"strict"`: all requests;
   * `"none"`: no requests.
   */
  readonly sameSite: "lax" | "strict" | "none";
  /** The text that the request brings, or `null`. */
  read(request: Request): string | null;
  /** Adds to a response's headers what makes the client hold `text` until `expiresAt` (milliseconds since 1970). */
  write(headers: Headers, text: string, expiresAt: number): void;
  /** Adds to a response's headers what makes the client forget token and proof. */
  clear(headers: Headers): void;
}
