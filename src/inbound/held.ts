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
