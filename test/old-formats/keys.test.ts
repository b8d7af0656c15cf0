import { expect, it } from "vitest";
import { encodeBase64url } from "../../src/lib/base64url.ts";
import { readKeys } from "../../src/old-formats/keys.ts";

const KEY = encodeBase64url(new Uint8Array(40).fill(7));
const read = (text: unknown) => readKeys(text, "MOOR_IRON_KEYS", "iron-session", [40]);

it("reads the keys of old applications, each with its id", () => {
  expect(read(`1:${KEY}, 2:${KEY}`).map(({ id }) => id)).toEqual(["1", "2"]);
});

it.each([`1:${KEY}x`, KEY, `1:${KEY},`, `1:${KEY},1:${KEY}`, "a password of at least thirty-two characters"])(
  "refuses a text that moor import has not made, without the text itself: %s",
  (text) => {
    const refusal = expect.stringMatching(
      /^MOOR_IRON_KEYS: expected 1 to 16 of ID:KEY, .*import iron-session" prints them\.$/,
    );
    expect(() => read(text)).toThrow(expect.objectContaining({ message: refusal }));
  },
);

it("says by which command the keys are made if they are not set", () => {
  expect(() => read(undefined)).toThrow(
    'MOOR_IRON_KEYS is not set, and adopt needs it. "npm run moor -- import iron-session" makes it.',
  );
});
