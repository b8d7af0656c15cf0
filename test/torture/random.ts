/** Draws that a number decides: the same seed gives the same draws. */
export interface Random {
  /** A number of at least 0 and less than 1. */
  next(): number;
  /** A whole number of at least 0 and less than `limit`. */
  below(limit: number): number;
  /** Fills bytes. */
  fill(bytes: Uint8Array): void;
}

/** The generator sfc32 of PractRand, its state mixed out of `seed`. Not for secrets. */
export function createRandom(seed: number): Random {
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9, 0x243f6a88, 1];

  function draw(): number {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  for (let i = 0; i < 12; i++) draw();
  return {
    next: () => draw() / 0x1_0000_0000,
    below: (limit) => Math.floor((draw() / 0x1_0000_0000) * limit),
    fill(bytes) {
      for (let i = 0; i < bytes.length; i++) bytes[i] = draw();
    },
  };
}
