import { MARK_TAG_LENGTH } from "../../carriers/credentials.ts";
import { decodeBase64url, encodeBase64url } from "../../lib/base64url.ts";
import { MAC_BYTES, type Mac } from "./mac.ts";

/** Characters of a mark: its tag, and 24 bytes as base64url, no spare bits. */
export const MARK_LENGTH = MARK_TAG_LENGTH + 32;

const FORMAT = 3;
const AT = { format: 0, signingKey: 1, time: 2, mac: 8 };

/**
 * Signs a mark: until `at` (milliseconds since 1970) the journal may have taken a change of the session `id`. The id is
 * signed but does not travel whole, so a mark is worthless with the token of another session.
 */
export async function signMark(mac: Mac, id: string, at: number): Promise<string> {
  const mark = new Uint8Array(AT.mac + MAC_BYTES);
  mark[AT.format] = FORMAT;
  mark[AT.signingKey] = mac.signingKey;
  const view = new DataView(mark.buffer);
  view.setUint16(AT.time, Math.floor(at / 2 ** 32));
  view.setUint32(AT.time + 2, at % 2 ** 32);
  mark.set(await mac.sign(signedBody(mark, id)), AT.mac);
  return tagOf(id) + encodeBase64url(mark);
}

/** The mark of the session `id` among several marks; `undefined`: there is none. */
export function markOf(id: string, marks: readonly string[]): string | undefined {
  return marks.find((mark) => mark.startsWith(tagOf(id)));
}

/**
 * The time that `text` proves for the session `id`, milliseconds since 1970; 0 if it proves no time (cut, forged,
 * another session's).
 */
export async function openMark(mac: Mac, text: string, id: string): Promise<number> {
  const mark = text.length === MARK_LENGTH ? decodeBase64url(text.slice(MARK_TAG_LENGTH)) : undefined;
  if (!mark || mark[AT.format] !== FORMAT) return 0;
  const genuine = await mac.verify(signedBody(mark, id), mark.subarray(AT.mac), mark[AT.signingKey] as number);
  if (!genuine) return 0;
  const view = new DataView(mark.buffer, mark.byteOffset);
  return view.getUint16(AT.time) * 2 ** 32 + view.getUint32(AT.time + 2);
}

function tagOf(id: string): string {
  return id.slice(0, MARK_TAG_LENGTH);
}

/** The mark without its MAC, and the id. Its first byte keeps it apart from tokens and proofs. */
function signedBody(mark: Uint8Array, id: string): Uint8Array<ArrayBuffer> {
  const idBytes = decodeBase64url(id) as Uint8Array;
  const body = new Uint8Array(AT.mac + idBytes.length);
  body.set(mark.subarray(0, AT.mac));
  body.set(idBytes, AT.mac);
  return body;
}
