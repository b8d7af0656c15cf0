import { createHmac, timingSafeEqual } from "node:crypto";

/** A question that Moor has signed, and that may be answered. */
export interface Question {
  /** Of a GET: the most bytes of attributes, as UTF-8 JSON, that Moor takes. */
  readonly mostBytes: number;
  /** Of a PUT or DELETE: the id of the session. */
  readonly id: string;
  /** Of a PUT: the new attributes, and their version. */
  readonly version: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The Moor that asks, and whether it may only read. */
  readonly issuer: string;
  readonly readOnly: boolean;
  /** Whether it asks for a change, and its Moor may only read. The answer then has status 403. */
  readonly isForbidden: boolean;
  /** The key that has signed it, and its nonce, for the answer. */
  readonly key: Key;
  readonly nonce: string;
}

/** The names that both sides know. */
export interface Names {
  /** The name of this application: `adopt[].from` of Moor's configuration. */
  readonly from: string;
  /** The address of the Moor that owns the sessions: its `MOOR_ISSUER`. */
  readonly issuer: string;
  /** The addresses of the Moors that may only read. Default: there are none. */
  readonly readers?: readonly string[];
}

/** A key of the ring that Moor shares with this application. */
export interface Key {
  readonly kid: string;
  readonly secret: Buffer;
}

/** A question that is refused. The message says why, and holds no secret. */
export class QuestionRefused extends Error {
  override readonly name = "QuestionRefused";
}

/** How far the clocks of Moor and of this server may be apart, in seconds. */
const CLOCKS_APART_SECONDS = 60;
/** A megabyte of attributes is 1.4 million characters in base64url. */
const MOST_CHARACTERS = 2_000_000;
const QUESTION = "moor-adopt+jwt";
const ANSWER = "moor-adopt-answer+jwt";

/**
 * Reads a key ring in the form of Moor's secrets: `ID:BASE64URL`, several separated by commas.
 *
 * @throws TypeError that says which form is accepted.
 */
export function readKeys(text: string | undefined): readonly Key[] {
  const keys = (text ?? "").split(",").map((entry) => {
    const [, kid = "", secret = ""] = /^([1-9][0-9]{0,2}):([\w-]{43,})$/.exec(entry.trim()) ?? [];
    return { kid, secret: Buffer.from(secret, "base64url") };
  });
  if (keys.every(({ kid }) => kid !== "")) return keys;
  throw new TypeError("MOOR_CONFIRM_KEYS: expected ID:BASE64URL of 32 bytes or more, as in Moor's own environment");
}

/** Reads `MOOR_READER_ISSUERS`: addresses of Moors, separated by spaces or commas. */
export function readReaders(text = ""): readonly string[] {
  return text.split(/[\s,]+/).flatMap((issuer) => (issuer ? [issuer.replace(/\/+$/, "")] : []));
}

/**
 * Opens the `Moor-Adopt` header of a request: a JWT (RFC 7519) by HMAC-SHA256 for this application, this method, and this minute.
 *
 * @throws QuestionRefused.
 */
export function openQuestion(
  header: string | undefined,
  method: string,
  { from, issuer, readers = [], keys, now }: Names & { readonly keys: readonly Key[]; readonly now: number },
): Question {
  const [, head = "", payload = "", mac = ""] = /^([\w-]+)\.([\w-]+)\.([\w-]{43})$/.exec(header ?? "") ?? [];
  const { alg, typ, kid } = parse(head);
  const key = keys.find((candidate) => candidate.kid === kid);
  if (alg !== "HS256" || typ !== QUESTION || !key) throw new QuestionRefused("this is for Moor alone");
  if (!timingSafeEqual(Buffer.from(mac, "base64url"), hmac(key, `${head}.${payload}`)))
    throw new QuestionRefused("its signature is not of a key in MOOR_CONFIRM_KEYS");
  const { iss, aud, iat, jti, htm, max = 0, sid = "", ver = 0, attributes = {} } = parse(payload);
  if (typeof iss !== "string" || (iss !== issuer && !readers.includes(iss)))
    throw new QuestionRefused("it comes from a Moor that neither MOOR_ISSUER nor MOOR_READER_ISSUERS names");
  if (aud !== from) throw new QuestionRefused("it asks another application than the name that is set here");
  if (htm !== method) throw new QuestionRefused("it was signed for another method");
  if (typeof iat !== "number" || Math.abs(now / 1000 - iat) > CLOCKS_APART_SECONDS)
    throw new QuestionRefused(`it was signed more than ${CLOCKS_APART_SECONDS} seconds ago, or a clock is wrong`);
  if (typeof jti !== "string") throw new QuestionRefused("it lacks a nonce");
  const told = { id: String(sid), version: Number(ver), attributes: Object(attributes) as Record<string, unknown> };
  const readOnly = iss !== issuer;
  // With version 0 Moor only asks whether the session lives.
  const isForbidden = readOnly && (method === "DELETE" || (method === "PUT" && told.version !== 0));
  return { mostBytes: Number(max), ...told, issuer: iss, readOnly, isForbidden, key, nonce: jti };
}

/** How the question travels: by the header, or in the body if it holds attributes. */
export function isInBody(method: string | undefined): boolean {
  return method === "PUT";
}

/**
 * The question in the body of a PUT.
 *
 * @param chunks the body as text, or as UTF-8.
 * @throws QuestionRefused if it is longer than any question.
 */
export async function bodyOf(chunks: AsyncIterable<string | Uint8Array> | Iterable<never>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunks) {
    text += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    if (text.length > MOST_CHARACTERS) throw new QuestionRefused("it is too long");
  }
  return text;
}

/** The answer to a question, signed. `status` is that of the response. */
export function signAnswer(
  { key, nonce, issuer, readOnly }: Question,
  { from }: Pick<Names, "from">,
  claims: { readonly status: 200 | 401 | 403; readonly [name: string]: unknown },
): string {
  const all = { iss: from, aud: issuer, nonce, ...(readOnly && { readOnly }), ...claims };
  const signed = `${encode({ alg: "HS256", typ: ANSWER, kid: key.kid })}.${encode(all)}`;
  return `${signed}.${hmac(key, signed).toString("base64url")}`;
}

function hmac({ secret }: Key, text: string): Buffer {
  return createHmac("sha256", secret).update(text).digest();
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function parse(part: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(Buffer.from(part, "base64url").toString()));
  } catch {
    return {};
  }
}
