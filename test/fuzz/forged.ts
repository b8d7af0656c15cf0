import fc from "fast-check";
import { SEPARATOR } from "../../src/carriers/credentials.ts";
import { macRing } from "../support/rings.ts";
import { createTokenTexts } from "../support/token-texts.ts";
import { NOW } from "./moor.ts";

const LIFE_MS = 86_400_000;
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const ours = createTokenTexts(macRing(1), { random: (bytes) => bytes.fill(7) });
const others = createTokenTexts(macRing(2), { random: (bytes) => bytes.fill(7) });
const minted = { ...(await ours.mint(NOW - 60_000, LIFE_MS, 1)), version: 3, generation: 2 };

/** A valid token of a stored session of generation 2. The cases change it. */
export const GENUINE = await ours.sign(minted, { proof: false });
/** The proof of its generation. */
export const PROOF = (await ours.sign(minted, { proof: true })).split(SEPARATOR)[1] as string;

const neighbours = createTokenTexts(macRing(1), { random: (bytes) => bytes.fill(8) });
/** A genuine token of another session, and the proof of its generation. */
export const OTHER = await neighbours.sign(
  { ...(await neighbours.mint(NOW - 60_000, LIFE_MS, 1)), version: 1, generation: 9 },
  { proof: true },
);
const OTHERS_PROOF = OTHER.split(SEPARATOR)[1] as string;
/** Tokens that are genuine except for a single flaw each. */
const UNUSABLE = [
  await others.sign(minted, { proof: false }),
  await ours.sign({ ...minted, expiresAt: NOW }, { proof: false }),
  await ours.sign({ ...minted, expiresAt: NOW - 1000 }, { proof: false }),
];

/** Text of a header's value: visible ASCII, spaces, and bytes above it. */
export const headerText = (maxLength: number) =>
  fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength });

/**
 * At least one change of a text: of a character, its bits or its case; a character more or less, cut, doubled, padded.
 */
export function changesOf(text: string): fc.Arbitrary<string> {
  const place = fc.nat(text.length - 1);
  const letter = fc.constantFrom(...BASE64URL, "=", "+", "/", ".", " ", "%", "\t");
  const change: fc.Arbitrary<(from: string) => string> = fc.oneof(
    fc.tuple(place, letter).map(
      ([i, to]) =>
        (from: string) =>
          from.slice(0, i) + to + from.slice(i + 1),
    ),
    fc.tuple(place, letter).map(
      ([i, to]) =>
        (from: string) =>
          from.slice(0, i) + to + from.slice(i),
    ),
    place.map((i) => (from: string) => from.slice(0, i) + from.slice(i + 1)),
    place.map((i) => (from: string) => from.slice(0, i)),
    place.map((i) => (from: string) => from.slice(i)),
    place.map((i) => (from: string) => from.slice(i) + from.slice(0, i)),
    fc.tuple(place, fc.nat(5)).map(
      ([i, bit]) =>
        (from: string) =>
          flipped(from, i, bit),
    ),
    fc.constantFrom(
      (from: string) => from + from,
      (from: string) => `${from}=`,
      (from: string) => from.toUpperCase(),
      (from: string) => from.toLowerCase(),
      (from: string) => [...from].reverse().join(""),
      (from: string) => `"${from}"`,
      (from: string) => from.replaceAll("-", "+").replaceAll("_", "/"),
    ),
  );
  return fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((from, apply) => apply(from), text))
    .filter((changed) => changed !== text && !changed.includes(text));
}

/** Flips a bit of the value that a character stands for. */
function flipped(text: string, index: number, bit: number): string {
  const value = BASE64URL.indexOf(text[index] ?? "");
  return value < 0 ? text : text.slice(0, index) + BASE64URL[value ^ (1 << bit)] + text.slice(index + 1);
}

/** Texts that are not tokens of this Moor. */
export const forgedToken: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: changesOf(GENUINE) },
  { weight: 1, arbitrary: fc.constantFrom(...UNUSABLE, PROOF, "", ".", "undefined", "null", "[object Object]") },
  { weight: 2, arbitrary: fc.string({ unit: fc.constantFrom(...BASE64URL), minLength: 84, maxLength: 84 }) },
  { weight: 1, arbitrary: headerText(300) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 63, maxLength: 63 }).map(base64url) },
);

/** Texts that are not a proof of the genuine token's generation. */
export const forgedProof: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 5, arbitrary: changesOf(PROOF) },
    { weight: 2, arbitrary: fc.uint8Array({ minLength: 42, maxLength: 42 }).map(base64url) },
    { weight: 1, arbitrary: fc.constantFrom(OTHERS_PROOF, GENUINE, "", ".", `.${PROOF}`, `${PROOF}x`) },
    { weight: 1, arbitrary: headerText(100) },
  )
  .filter((proof) => proof !== PROOF);

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
