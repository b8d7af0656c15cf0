/** Session ids as Moor makes them, 128 bits as base64url, the same ones for the same seed. */
export function sessionsOf(count: number, seed: number): string[] {
  const words = new Uint32Array(4);
  const bytes = Buffer.from(words.buffer);
  const draw = drawsOf(seed);
  return Array.from({ length: count }, () => {
    for (let word = 0; word < words.length; word++) words[word] = draw();
    return bytes.toString("base64url");
  });
}

/** Whole numbers of 32 bits, the same ones for the same seed. */
export function drawsOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    // splitmix32: a counter, scrambled.
    state = (state + 0x9e3779b9) >>> 0;
    let bits = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return (bits ^ (bits >>> 15)) >>> 0;
  };
}
