import { decodeBase64url } from "../../lib/base64url.ts";

/** A key of a ring. */
export interface RingKey {
  /** 1 to 255; travels with everything that the key has signed. */
  readonly id: number;
  readonly secret: Uint8Array<ArrayBuffer>;
}

/** Keys of one purpose, never empty: the first key signs, all keys verify. */
export type KeyRing = readonly [RingKey, ...RingKey[]];

/**
 * Reads a key ring from a secret's text: `ID:BASE64URL`, several separated by commas, ids 1 to 255 and unique.
 *
 * @param name the secret's name, for messages; the text itself never appears in a message.
 * @throws TypeError that says which entry is wrong and which form is accepted.
 */
export function parseKeyRing(text: string | undefined, name: string, secretBytes = { least: 32, most: 512 }): KeyRing {
  if (text === undefined || text.trim() === "") {
    throw new TypeError(`${name} is not set. "npm run moor -- keys new" prints a value for it.`);
  }
  const keys = text
    .split(",")
    .map((entry, index) => parseEntry(entry.trim(), `${name}, entry ${index + 1}`, secretBytes));
  const repeated = keys.find((key, index) => keys.findIndex((other) => other.id === key.id) !== index);
  if (repeated) throw new TypeError(`${name}: key id ${repeated.id} appears twice; ids are unique in a ring.`);
  return keys as [RingKey, ...RingKey[]];
}

function parseEntry(entry: string, where: string, secretBytes: { least: number; most: number }): RingKey {
  const [, id, encoded] = /^([1-9][0-9]{0,2}):([A-Za-z0-9_-]+)$/.exec(entry) ?? [];
  if (id === undefined || encoded === undefined || Number(id) > 255) {
    throw new TypeError(`${where}: expected ID:BASE64URL with an ID from 1 to 255.`);
  }
  const secret = decodeBase64url(encoded) as Uint8Array<ArrayBuffer> | undefined;
  if (!secret || secret.length < secretBytes.least || secret.length > secretBytes.most) {
    throw new TypeError(`${where}: expected ${secretBytes.least} to ${secretBytes.most} bytes as base64url.`);
  }
  return { id: Number(id), secret };
}
