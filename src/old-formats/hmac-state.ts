/**
 * HMAC (RFC 2104) from a key that has been absorbed already: the states of the hash after the two padded blocks of the key. Whoever has the
 * states signs as whoever has the key, and learns no key. The platform neither gives these states nor takes them, so the two hashes
 * (FIPS 180-4) are here.
 */
export type HashName = "SHA-1" | "SHA-256";

/** The bytes of the two states of an absorbed key. */
export const STATE_BYTES: Readonly<Record<HashName, number>> = { "SHA-1": 40, "SHA-256": 64 };

const BLOCK_BYTES = 64;

/** Absorbs a key: the states from which {@link hmacFrom} signs. */
export function absorbKey(name: HashName, key: Uint8Array): Uint8Array<ArrayBuffer> {
  const hash = HASHES[name];
  const short = key.length > BLOCK_BYTES ? finished(hash, hash.initial, key, 0) : key;
  const states = [0x36, 0x5c].map((pad) => {
    const block = new Uint8Array(BLOCK_BYTES).fill(pad);
    short.forEach((byte, at) => {
      block[at] = byte ^ pad;
    });
    const state = Uint32Array.from(hash.initial);
    hash.compress(state, new DataView(block.buffer), 0);
    return bytesOf(state);
  });
  return new Uint8Array(states.flatMap((state) => [...state]));
}

/** The HMAC of a message, from the states of {@link absorbKey}. */
export function hmacFrom(name: HashName, states: Uint8Array, message: Uint8Array): Uint8Array<ArrayBuffer> {
  const hash = HASHES[name];
  const [inner, outer] = [0, 1].map((nth) => wordsOf(states, nth * hash.initial.length, hash.initial.length));
  const digest = finished(hash, inner as Uint32Array, message, BLOCK_BYTES);
  return finished(hash, outer as Uint32Array, digest, BLOCK_BYTES);
}

interface Hash {
  readonly initial: readonly number[];
  /** Mixes the block of 64 bytes at an offset into the state. */
  compress(state: Uint32Array, blocks: DataView, at: number): void;
}

/** The digest of a message after `before` bytes, which are in the state already. */
function finished({ compress }: Hash, from: ArrayLike<number>, message: Uint8Array, before: number) {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(message);
  padded[message.length] = 0x80;
  const blocks = new DataView(padded.buffer);
  const bits = (before + message.length) * 8;
  blocks.setUint32(padded.length - 8, Math.floor(bits / 2 ** 32));
  blocks.setUint32(padded.length - 4, bits);
  const state = Uint32Array.from(from);
  for (let at = 0; at < padded.length; at += BLOCK_BYTES) compress(state, blocks, at);
  return bytesOf(state);
}

function bytesOf(state: Uint32Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(state.length * 4));
  state.forEach((word, at) => {
    view.setUint32(at * 4, word);
  });
  return new Uint8Array(view.buffer);
}

function wordsOf(bytes: Uint8Array, first: number, count: number): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint32Array.from({ length: count }, (_, at) => view.getUint32((first + at) * 4));
}

const left = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits));
const right = (word: number, bits: number) => left(word, 32 - bits);

const SHA_1: Hash = {
  initial: [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0],
  compress(state, blocks, at) {
    const w = new Uint32Array(80);
    for (let t = 0; t < 80; t++) {
      const mixed = () => at32(w, t - 3) ^ at32(w, t - 8) ^ at32(w, t - 14) ^ at32(w, t - 16);
      w[t] = t < 16 ? blocks.getUint32(at + t * 4) : left(mixed(), 1);
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
    for (let t = 0; t < 80; t++) {
      const [f, k] =
        t < 20
          ? [(b & c) | (~b & d), 0x5a827999]
          : t < 40
            ? [b ^ c ^ d, 0x6ed9eba1]
            : t < 60
              ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc]
              : [b ^ c ^ d, 0xca62c1d6];
      const next = (left(a, 5) + f + e + k + at32(w, t)) | 0;
      [a, b, c, d, e] = [next, a, left(b, 30), c, d];
    }
    add(state, [a, b, c, d, e]);
  },
};

const SHA_256: Hash = {
  initial: [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19],
  compress(state, blocks, at) {
    const w = new Uint32Array(64);
    for (let t = 0; t < 64; t++) {
      if (t < 16) w[t] = blocks.getUint32(at + t * 4);
      else {
        const [near, far] = [at32(w, t - 2), at32(w, t - 15)];
        const sigma0 = right(far, 7) ^ right(far, 18) ^ (far >>> 3);
        const sigma1 = right(near, 17) ^ right(near, 19) ^ (near >>> 10);
        w[t] = at32(w, t - 16) + sigma0 + at32(w, t - 7) + sigma1;
      }
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
    for (let t = 0; t < 64; t++) {
      const choice = (e & f) ^ (~e & g);
      const majority = (a & b) ^ (a & c) ^ (b & c);
      const first = (h + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + choice + at32(K_256, t) + at32(w, t)) | 0;
      const second = (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + majority;
      [a, b, c, d, e, f, g, h] = [(first + second) | 0, a, b, c, (d + first) | 0, e, f, g];
    }
    add(state, [a, b, c, d, e, f, g, h]);
  },
};

const HASHES: Readonly<Record<HashName, Hash>> = { "SHA-1": SHA_1, "SHA-256": SHA_256 };

function at32(words: Uint32Array, at: number): number {
  return words[at] as number;
}

function add(state: Uint32Array, words: readonly number[]): void {
  words.forEach((word, at) => {
    state[at] = at32(state, at) + word;
  });
}

/** The constants of SHA-256 (FIPS 180-4 section 4.2.2). */
const K_256 = Uint32Array.from(
  (
    "428a2f98 71374491 b5c0fbcf e9b5dba5 3956c25b 59f111f1 923f82a4 ab1c5ed5 d807aa98 12835b01 243185be 550c7dc3 " +
    "72be5d74 80deb1fe 9bdc06a7 c19bf174 e49b69c1 efbe4786 0fc19dc6 240ca1cc 2de92c6f 4a7484aa 5cb0a9dc 76f988da " +
    "983e5152 a831c66d b00327c8 bf597fc7 c6e00bf3 d5a79147 06ca6351 14292967 27b70a85 2e1b2138 4d2c6dfc 53380d13 " +
    "650a7354 766a0abb 81c2c92e 92722c85 a2bfe8a1 a81a664b c24b8b70 c76c51a3 d192e819 d6990624 f40e3585 106aa070 " +
    "19a4c116 1e376c08 2748774c 34b0bcb5 391c0cb3 4ed8aa4a 5b9cca4f 682e6ff3 748f82ee 78a5636f 84c87814 8cc70208 " +
    "90befffa a4506ceb bef9a3f7 c67178f2"
  ).split(" "),
  (word) => Number.parseInt(word, 16),
);
