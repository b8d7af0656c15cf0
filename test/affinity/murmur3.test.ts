import { describe, expect, it } from "vitest";
import { fmix32, murmur3 } from "../../src/affinity/murmur3.ts";
import vectors from "./vectors.json" with { type: "json" };

const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

describe("murmur3", () => {
  for (const { bytes, seed, hash } of vectors.murmur3) {
    it(`hashes 0x${bytes.slice(0, 24)} (${bytes.length / 2} bytes) with seed ${seed} to ${hash}`, () => {
      expect(murmur3(utf8(bytesOf(bytes)), Number.parseInt(seed, 16))).toBe(Number.parseInt(hash, 16));
    });
  }

  it("reads no byte beyond the length", () => {
    const bytes = Uint8Array.from([0x21, 0x43, 0x65, 0x87, 0xff, 0xff, 0xff]);
    expect(murmur3({ bytes, length: 3 }, 0)).toBe(0x7e4a8634);
    expect(murmur3({ bytes, length: 4 }, 0)).toBe(0xf55b516b);
  });
});

describe("fmix32", () => {
  it("is the hash of the empty text, for which the seed alone is finalized", () => {
    expect(fmix32(0)).toBe(0);
    expect(fmix32(1)).toBe(0x514e28b7);
    expect(fmix32(0xffffffff)).toBe(0x81f16f39);
  });

  it("reads any number as 32 bits and returns an unsigned number", () => {
    expect(fmix32(-1)).toBe(fmix32(0xffffffff));
    expect(fmix32(-1)).toBeGreaterThan(0x7fffffff);
  });
});

function utf8(bytes: Uint8Array) {
  return { bytes, length: bytes.length };
}
