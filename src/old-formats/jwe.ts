import { decodeBase64url } from "../lib/base64url.ts";
import { isEqualInConstantTime } from "../lib/equal-bytes.ts";
import { decodeJsonPart } from "../lib/json-part.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The parts of a JWE, and its header as additional data. */
interface Sealed {
  readonly header: Bytes;
  readonly iv: Bytes;
  readonly encrypted: Bytes;
  readonly tag: Bytes;
}

/** AES-GCM with its additional data, or AES-CBC. */
interface Cipher {
  readonly name: "AES-GCM" | "AES-CBC";
  readonly iv: Bytes;
  readonly additionalData?: Bytes;
}

const utf8 = new TextEncoder();
/** A compact JWE (RFC 7516 section 7.1) whose key is used directly, so the part of the encrypted key is empty. */
const COMPACT = /^([\w-]+)\.\.([\w-]+)\.([\w-]+)\.([\w-]+)$/;

/** Opens a compact JWE by keys of its length. `undefined`: no key opens it, or it is of another kind. It may not be compressed. */
export async function openJwe(text: string, keys: readonly Bytes[]): Promise<string | undefined> {
  const [, head = "", ...others] = COMPACT.exec(text) ?? [];
  const [iv, encrypted, tag] = others.map((part) => decodeBase64url(part) as Bytes | undefined);
  const { alg, enc, zip, crit } = decodeJsonPart(head) ?? {};
  const kind = KINDS.find(({ name }) => name === enc);
  if (!kind || alg !== "dir" || zip !== undefined || crit !== undefined || !iv || !encrypted || !tag) return undefined;
  if (iv.length !== kind.ivBytes || tag.length !== kind.tagBytes) return undefined;
  const sealed = { header: utf8.encode(head) as Bytes, iv, encrypted, tag };
  for (const key of keys) {
    const opened = key.length === kind.keyBytes ? await kind.open(key, sealed) : undefined;
    if (opened) return textOf(opened);
  }
  return undefined;
}

/** The ways of encryption (RFC 7518 section 5). */
const KINDS = [
  { name: "A256GCM", keyBytes: 32, ivBytes: 12, tagBytes: 16, open: openGcm },
  { name: "A256CBC-HS512", keyBytes: 64, ivBytes: 16, tagBytes: 32, open: openCbc },
] as const;

function openGcm(key: Bytes, { header, iv, encrypted, tag }: Sealed): Promise<ArrayBuffer | undefined> {
  return decrypted(key, { name: "AES-GCM", iv, additionalData: header }, joined(encrypted, tag));
}

/** The first half of the key is of the MAC, which covers the header, the iv, the encrypted text and the length of the header in bits. */
async function openCbc(key: Bytes, { header, iv, encrypted, tag }: Sealed): Promise<ArrayBuffer | undefined> {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setUint32(4, header.length * 8);
  const algorithm = { name: "HMAC", hash: "SHA-512" };
  const macKey = await crypto.subtle.importKey("raw", key.slice(0, 32), algorithm, false, ["sign"]);
  const signed = joined(header, iv, encrypted, new Uint8Array(bits.buffer));
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", macKey, signed), 0, tag.length);
  if (!isEqualInConstantTime(mac, tag)) return undefined;
  return decrypted(key.slice(32), { name: "AES-CBC", iv }, encrypted);
}

async function decrypted(key: Bytes, algorithm: Cipher, encrypted: Bytes) {
  const imported = await crypto.subtle.importKey("raw", key, algorithm.name, false, ["decrypt"]);
  try {
    return await crypto.subtle.decrypt(algorithm, imported, encrypted);
  } catch (error) {
    // The platform does not tell why a text stays closed.
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

function textOf(bytes: ArrayBuffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function joined(...parts: readonly Bytes[]): Bytes {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}
