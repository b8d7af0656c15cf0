import { decodeBase64url } from "../lib/base64url.ts";

/** A key that was derived from a secret of the old application. */
export interface DerivedKey {
  /** The id of the password that it was made from, or just its number. */
  readonly id: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const MOST_KEYS = 16;

/**
 * Reads keys as `moor import` prints them: `ID:KEY`, several separated by commas.
 *
 * @param binding the name of the secret, for messages.
 * @param lengths how many bytes a key may have.
 * @throws TypeError that says which form is accepted; the text itself never appears in a message.
 */
export function readKeys(text: unknown, binding: string, command: string, lengths: readonly number[]): DerivedKey[] {
  if (typeof text !== "string" || text === "") {
    throw new TypeError(`${binding} is not set, and adopt needs it. "npm run moor -- import ${command}" makes it.`);
  }
  const keys = text.split(",").flatMap((part): DerivedKey[] => {
    const [, id, encoded] = /^\s*(-?\d{1,15}):([\w-]+)\s*$/.exec(part) ?? [];
    const bytes = encoded === undefined ? undefined : (decodeBase64url(encoded) as Uint8Array<ArrayBuffer> | undefined);
    return id !== undefined && bytes && lengths.includes(bytes.length) ? [{ id, bytes }] : [];
  });
  if (keys.length !== text.split(",").length || keys.length > MOST_KEYS || hasRepeated(keys)) {
    const accepted = `1 to ${MOST_KEYS} of ID:KEY, with ids that differ, as "npm run moor -- import ${command}" prints them`;
    throw new TypeError(`${binding}: expected ${accepted}.`);
  }
  return keys;
}

function hasRepeated(keys: readonly DerivedKey[]): boolean {
  return new Set(keys.map(({ id }) => id)).size < keys.length;
}
