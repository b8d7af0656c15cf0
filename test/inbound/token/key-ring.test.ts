import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseKeyRing } from "../../../src/inbound/token/key-ring.ts";
import { encodeBase64url } from "../../../src/lib/base64url.ts";

const secret = (fill: number, length = 32) => new Uint8Array(length).fill(fill);
const entry = (id: number | string, bytes = secret(1)) => `${id}:${encodeBase64url(bytes)}`;
const parse = (text: string | undefined) => parseKeyRing(text, "MOOR_TOKEN_KEYS");

describe("a key ring", () => {
  it("is read in its order, white space around entries ignored", () => {
    expect(parse(` ${entry(2, secret(2))} ,\n${entry(1)}`)).toEqual([
      { id: 2, secret: secret(2) },
      { id: 1, secret: secret(1) },
    ]);
  });

  it.each([1, 99, 255])("takes the id %i", (id) => expect(parse(entry(id))[0].id).toBe(id));
  it.each([32, 512])("takes a secret of %i bytes", (length) => {
    expect(parse(entry(1, secret(1, length)))[0].secret).toHaveLength(length);
  });

  it.each([
    ["nothing", undefined, "MOOR_TOKEN_KEYS is not set."],
    ["white space", " \n", "MOOR_TOKEN_KEYS is not set."],
    ["an entry without an id", encodeBase64url(secret(1)), "entry 1: expected ID:BASE64URL"],
    ["the id 0", entry(0), "entry 1: expected ID:BASE64URL"],
    ["the id 256", entry(256), "entry 1: expected ID:BASE64URL"],
    ["an id with a leading zero", entry("01"), "entry 1: expected ID:BASE64URL"],
    ["an empty entry", `${entry(1)},`, "entry 2: expected ID:BASE64URL"],
    ["padding", `${entry(1)}=`, "entry 1: expected ID:BASE64URL"],
    ["a secret too short", entry(1, secret(1, 31)), "entry 1: expected 32 to 512 bytes"],
    ["a secret too long", entry(1, secret(1, 513)), "entry 1: expected 32 to 512 bytes"],
    ["text that no bytes have", "1:AAAAA", "entry 1: expected 32 to 512 bytes"],
    ["an id twice", `${entry(3)},${entry(1)},${entry(3)}`, "key id 3 appears twice"],
  ])("is not %s", (_what, text, message) => {
    expect(() => parse(text)).toThrow(TypeError);
    expect(() => parse(text)).toThrow(message);
  });

  it("names the mistake without a word of the secret", () => {
    const bytes = fc.uint8Array({ minLength: 12, maxLength: 40 }).map((array) => Uint8Array.from(array));
    const spoil = fc.constantFrom(
      (text: string) => `0:${text}`,
      (text: string) => `x:${text}`,
      (text: string) => `1 ${text}`,
      (text: string) => `1:${text}=`,
      (text: string) => `1:${text},1:${text}`,
      (text: string) => text,
    );
    fc.assert(
      fc.property(bytes, spoil, (secretBytes, spoiled) => {
        const encoded = encodeBase64url(secretBytes);
        expect(() => parse(spoiled(encoded))).toThrow(TypeError);
        expect(() => parse(spoiled(encoded))).not.toThrow(encoded.slice(0, 8));
      }),
    );
  });
});
