/** The credentials of a client, each as its text; "": the client does not hold that part. Any of them may be forged. */
export interface Credentials {
  readonly token: string;
  /** The proof of its generation. */
  readonly proof: string;
  /** Until when the journal may have taken a change of a session: at most one mark of each session. */
  readonly marks: readonly string[];
  /** Whether the client also sent a provisional token. Default `false`. */
  readonly hasProvisional?: boolean;
  /** Tokens of further sessions that the client sent. Absent: a client holds one token. */
  readonly others?: readonly string[];
  /** The id of the session; needed to write a token if each session has names of its own. */
  readonly sessionId?: string | undefined;
}

/** A mark begins with this many characters of its session's id, because a browser may hold marks of several sessions. */
export const MARK_TAG_LENGTH = 2;

/** The credentials of a client that holds none of the parts. */
export const NO_CREDENTIALS: Credentials = { token: "", proof: "", marks: [] };

/** Stands between the parts where a carrier has one text for all; it is in no part's alphabet. */
export const SEPARATOR = ".";

/** A token by its form, with the parts that may follow it: an origin's own bearer tokens do not match. */
export const CREDENTIALS_FORM = /^[A-Za-z0-9_-]{84}(?:\.[A-Za-z0-9_-]{0,56}(?:\.[A-Za-z0-9_-]{0,34})?)?$/;

/** All parts as one text: `token`, `token.proof`, or `token.proof.mark` with one mark or more. */
export function joinCredentials({ token, proof, marks }: Credentials): string {
  if (marks.length > 0) return [token, proof, ...marks].join(SEPARATOR);
  return proof === "" ? token : token + SEPARATOR + proof;
}

/** Takes the text of {@link joinCredentials} apart. */
export function splitCredentials(text: string): Credentials {
  const [token = "", proof = "", ...marks] = text.split(SEPARATOR);
  return { token, proof, marks };
}
