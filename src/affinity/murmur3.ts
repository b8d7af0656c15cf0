const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/** MurmurHash3_x86_32 (Austin Appleby, public domain). Returns an unsigned 32-bit integer; not secure against chosen keys. */
export function murmur3({ bytes, length }: Utf8, seed: number): number {
  const tail = length & ~3;
  let hash = seed | 0;
  for (let i = 0; i < tail; i += 4) {
    const block =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    hash ^= scramble(block);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let i = length - 1; i >= tail; i--) rest = (rest << 8) | (bytes[i] as number);
  return fmix32(hash ^ scramble(rest) ^ length);
}

/** The finalizer of MurmurHash3: a bijection of 32-bit integers in which every input bit reaches every output bit. */
export function fmix32(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(block: number): number {
  const mixed = Math.imul(block, C1);
  return Math.imul((mixed << 15) | (mixed >>> 17), C2);
}

/** UTF-8 bytes: the first `length` of `bytes`. */
export interface Utf8 {
  readonly bytes: Uint8Array;
  readonly length: number;
}

const encoder = new TextEncoder();
const shared = { bytes: new Uint8Array(256), length: 0 };

/**
 * Encodes `text` as UTF-8, exactly as `TextEncoder` does (a lone surrogate becomes U+FFFD). The result lies in a buffer that is
 * reused: it holds until the next call.
 */
export function encodeUtf8(text: string): Utf8 {
  if (shared.bytes.length < text.length * 3) shared.bytes = new Uint8Array(text.length * 3);
  const { bytes } = shared;
  shared.length = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) {
      shared.length = encoder.encodeInto(text, bytes).written;
      break;
    }
    bytes[i] = code;
  }
  return shared;
}
