import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDebugCheck, MOST_DEBUG_SECONDS, signDebugToken } from "../../../src/inbound/token/debug-token.ts";
import { countCrypto } from "../../support/crypto-count.ts";
import { macRing } from "../../support/rings.ts";
import { at, T0 } from "../../support/time.ts";
import { createTokenTexts } from "../../support/token-texts.ts";

const ring = macRing(1, 2);
const check = createDebugCheck(ring);
const inSeconds = (seconds: number) => T0 / 1000 + seconds;

describe("a debug token", () => {
  it("is taken until it expires, and costs no crypto then", async () => {
    const token = await signDebugToken(ring, inSeconds(60));
    expect(await check(token, at(0))).toBe(true);
    expect(await check(token, at(59.999))).toBe(true);
    expect(await countCrypto(async () => expect(await check(token, at(60))).toBe(false))).toBe(0);
  });

  it("is taken by whichever key of the ring has signed it, and by no other", async () => {
    expect(await check(await signDebugToken(macRing(2), inSeconds(60)), T0)).toBe(true);
    expect(await check(await signDebugToken(macRing(3), inSeconds(60)), T0)).toBe(false);
    const [{ secret }] = macRing(3);
    expect(await check(await signDebugToken([{ id: 1, secret }], inSeconds(60)), T0)).toBe(false);
  });

  it("is not taken if it would be valid for more than a day, though it is genuine", async () => {
    const token = await signDebugToken(ring, inSeconds(MOST_DEBUG_SECONDS + 1));
    expect(await check(token, at(0))).toBe(false);
    expect(await check(token, at(1))).toBe(true);
  });

  it("is not taken with a character changed, added or left out", async () => {
    const token = await signDebugToken(ring, inSeconds(60));
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: token.length - 1 }), fc.string({ maxLength: 2 }), async (index, by) => {
        fc.pre(by !== token[index]);
        expect(await check(token.slice(0, index) + by + token.slice(index + 1), T0)).toBe(false);
      }),
    );
  });

  it("is no session's token, nor the other way round", async () => {
    const tokens = createTokenTexts(ring);
    const text = await tokens.sign(await tokens.mint(T0, 60_000, 0), { proof: false });
    expect(await check(text, T0)).toBe(false);
    expect(await tokens.open(await signDebugToken(ring, inSeconds(60)), T0)).toBeUndefined();
  });

  it("is refused without a throw, whatever it is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        expect(await check(text, T0)).toBe(false);
      }),
    );
  });
});
