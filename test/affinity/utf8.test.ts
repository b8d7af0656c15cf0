import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeUtf8 } from "../../src/affinity/murmur3.ts";

describe("encodeUtf8", () => {
  const encoded = (text: string) => {
    const { bytes, length } = encodeUtf8(text);
    return [...bytes.slice(0, length)];
  };

  it("encodes every text as TextEncoder does, lone surrogates among them", () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(encoded(text)).toEqual([...new TextEncoder().encode(text)]);
      }),
    );
  });

  it("takes the non-ASCII character wherever it stands", () => {
    expect(encoded("é")).toEqual([0xc3, 0xa9]);
    expect(encoded("aé")).toEqual([0x61, 0xc3, 0xa9]);
    expect(encoded("\x7f\x80")).toEqual([0x7f, 0xc2, 0x80]);
  });

  it("grows its buffer for a long text, also when every character takes three bytes", () => {
    for (const count of [100, 200, 5000]) expect(encoded("キ".repeat(count))).toHaveLength(3 * count);
    expect(encoded("a".repeat(40_000))).toHaveLength(40_000);
    expect(encoded("a")).toEqual([0x61]);
  });
});
