/** What a client holds, each part as its text; "": none. */
export interface Held {
  readonly token: string;
  /** Of its generation. */
  readonly proof: string;
  /** Until when the journal may have taken something of the session. */
  readonly mark: string;
}

/** Stands between the parts; none of their alphabets has it. */
export const SEPARATOR = ".";

/** One text of all parts: `token`, `token.proof` or `token.proof.mark`. */
export function joinHeld({ token, proof = "", mark = "" }: Partial<Held>): string {
  const tail = mark === "" ? proof : proof + SEPARATOR + mark;
  return tail === "" ? (token ?? "") : (token ?? "") + SEPARATOR + tail;
}

/** Takes a text apart. */
export function splitHeld(text: string): Held {
  const [token = "", proof = "", ...mark] = text.split(SEPARATOR);
  return { token, proof, mark: mark.join(SEPARATOR) };
}

/**
 * How what a client holds travels. A carrier moves text and judges nothing: what it reads may be forged.
 *
 * The text is `token`, `token.proof` or `token.proof.mark`, as {@link joinHeld} writes it.
 */
export interface Carrier {
  /**
   * Whether a client holds token, proof and mark each in a place of its own. Then a part that a text lacks stays as it is at
   * the client; otherwise what is written is all that the client will hold.
   */
  readonly apart: boolean;
  /**
   * Which requests of other sites' pages come without what the browser holds, in the words of a cookie's `SameSite` (RFC 6265bis
   * section 5.2): `"lax"` those with an unsafe method, `"strict"` all, `"none"` no request.
   */
  readonly sameSite: "lax" | "strict" | "none";
  /** The text that the request brings, or `null`. */
  read(request: Request): string | null;
  /** Adds to a response's headers what makes the client hold `text` until `expiresAt` (milliseconds since 1970). */
  write(headers: Headers, text: string, expiresAt: number): void;
  /** Adds to a response's headers what makes the client forget token and proof. */
  clear(headers: Headers): void;
}
