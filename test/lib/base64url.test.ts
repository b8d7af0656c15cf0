import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { decodeBase64url, encodeBase64url } from "../../src/lib/base64url.ts";

const ascii = (text: string) => new TextEncoder().encode(text);

/** The platform's own method. A test removes it, because Node 24 does not have it. */
const platforms = Object.getOwnPropertyDescriptor(Uint8Array.prototype, "toBase64") as PropertyDescriptor;
afterEach(() => {
  Object.defineProperty(Uint8Array.prototype, "toBase64", platforms);
});

describe("base64url", () => {
  /** RFC 4648 section 10, without padding. The last case uses the alphabet of section 5. */
  it.each([
    [ascii(""), ""],
    [ascii("f"), "Zg"],
    [ascii("fo"), "Zm8"],
    [ascii("foo"), "Zm9v"],
    [ascii("foob"), "Zm9vYg"],
    [ascii("fooba"), "Zm9vYmE"],
    [ascii("foobar"), "Zm9vYmFy"],
    [Uint8Array.of(0xfb, 0xff, 0xfe), "-__-"],
  ])("writes %o as %o, and reads it back", (bytes, text) => {
    expect(encodeBase64url(bytes)).toBe(text);
    Reflect.deleteProperty(Uint8Array.prototype, "toBase64");
    expect(encodeBase64url(bytes)).toBe(text);
    expect(decodeBase64url(text)).toEqual(bytes);
  });

  it.each(["with", "without"])("reads back whatever it has written, %s the platform's own", (own) => {
    if (own === "without") Reflect.deleteProperty(Uint8Array.prototype, "toBase64");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(decodeBase64url(encodeBase64url(bytes))).toEqual(bytes);
      }),
    );
  });

  it.each([
    ["padding", "Zg=="],
    ["the other alphabet", "+//+"],
    ["a space", "Zm9v "],
    ["a line break", "Zm\n9"],
    ["a length that no bytes have", "Zm9vY"],
    ["such a length without spare bits", "Zm9vA"],
    ["spare bits that are set, after one byte", "Zh"],
    ["spare bits that are set, after two bytes", "Zm9"],
    ["a letter beyond ASCII", "Zmé8"],
    ["a letter whose code ends like that of an accepted one", "Zmō8"],
  ])("refuses %s", (_what, text) => expect(decodeBase64url(text)).toBeUndefined());

  it("reads nothing that it would not have written, so that each value has exactly one text", () => {
    const nearly = fc.string({ unit: fc.constantFrom(..."AZaz09-_+/= "), maxLength: 12 });
    fc.assert(
      fc.property(nearly, (text) => {
        const bytes = decodeBase64url(text);
        if (bytes) expect(encodeBase64url(bytes)).toBe(text);
      }),
    );
  });
});
