import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMac } from "../../../src/inbound/token/mac.ts";
import { openProof, PROOF_LENGTH, signProof } from "../../../src/inbound/token/proof.ts";
import { decodeToken, encodeTokenBody, joinToken, sessionId, type Token } from "../../../src/inbound/token/token.ts";
import { macRing } from "../../support/rings.ts";
import { at, T0 } from "../../support/time.ts";
import { createTokenTexts } from "../../support/token-texts.ts";

const key = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
const token: Token = {
  key,
  version: 0x01020304,
  bornAt: T0,
  issuedAt: at(60),
  touchedAt: at(30),
  expiresAt: at(3960),
  replicated: true,
  home: 9,
  pin: 0xdeadbeef,
};

describe("a token's layout", () => {
  const body = encodeTokenBody(token, 7);

  it.each([
    ["format", 0, "01"],
    ["signing key", 1, "07"],
    ["key", 2, "0102030405060708090a0b0c0d0e0f10"],
    ["version", 18, "01020304"],
    ["bornAt, in seconds since 2026", 22, "3ff36300"],
    ["issuedAt", 26, "3ff3633c"],
    ["touchedAt", 30, "3ff3631e"],
    ["expiresAt", 34, "3ff37278"],
    ["flags", 38, "01"],
    ["home", 39, "09"],
    ["reserved", 40, "000000"],
    ["pin", 43, "deadbeef"],
  ])("has its %s at byte %i", (_field, start, bytes) => {
    expect(hex(body.slice(start, start + bytes.length / 2))).toBe(bytes);
  });

  it("is 47 bytes and a MAC of 16, which is 84 characters", () => {
    expect(body).toHaveLength(47);
    expect(joinToken(body, new Uint8Array(16))).toHaveLength(84);
  });

  it.each([0, 2, 3])("is not read under another format: %i", (format) => {
    const other = Uint8Array.from(body);
    other[0] = format;
    expect(decodeToken(joinToken(other, new Uint8Array(16)))).toBeUndefined();
  });

  it("rounds to seconds: the deadline up, so that nothing ends early; signing up, so that no copy looks fresher", () => {
    const uneven = { ...token, bornAt: T0 + 999, issuedAt: T0 + 999, touchedAt: T0 + 999, expiresAt: T0 + 1 };
    const read = decodeToken(joinToken(encodeTokenBody(uneven, 7), new Uint8Array(16)));
    expect(read?.token).toEqual({ ...token, bornAt: T0, issuedAt: T0 + 1000, touchedAt: T0, expiresAt: T0 + 1000 });
  });

  it("holds every token there can be", () => {
    const time = fc
      .integer({ min: Date.UTC(2026, 0, 1) / 1000, max: Date.UTC(2100, 0, 1) / 1000 })
      .map((s) => s * 1000);
    const any = fc.record<Token>({
      key: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Uint8Array.from(bytes)),
      version: fc.integer({ min: 0, max: 0xffffffff }),
      bornAt: time,
      issuedAt: time,
      touchedAt: time,
      expiresAt: time,
      replicated: fc.boolean(),
      home: fc.integer({ min: 0, max: 255 }),
      pin: fc.integer({ min: 0, max: 0xffffffff }),
    });
    const signingKey = fc.integer({ min: 1, max: 255 });
    fc.assert(
      fc.property(any, signingKey, (given, keyId) => {
        const read = decodeToken(joinToken(encodeTokenBody(given, keyId), new Uint8Array(16)));
        expect([read?.token, read?.signingKey]).toEqual([given, keyId]);
      }),
    );
  });
});

describe("golden vectors, computed apart from this code", () => {
  const tokenText = "AQcBAgMEBQYHCAkKCwwNDg8QAQIDBD_zYwA_82M8P_NjHj_zcngBCQAAAN6tvu-6IIG_I4WB2gCmb7oo59Rt";
  const id = "Xfur7t8xi_M8CSfEPXYw9Q";
  const proofText = "Agdd-6vu3zGL8zwJJ8Q9djD1AAAABQAAAACgebQS_TFG6QK7p8zCobSI";
  const ring = macRing(7);

  it("the id is the first half of the key's SHA-256", async () => expect(await sessionId(key)).toBe(id));

  it("the token", async () => {
    const tokens = createTokenTexts(ring);
    expect(await tokens.sign({ ...token, id, generation: 0 }, { proof: false })).toBe(tokenText);
    expect(await tokens.open(tokenText, T0)).toEqual({ ...token, id, generation: 0 });
  });

  it("the proof of generation 5", async () => {
    expect(proofText).toHaveLength(PROOF_LENGTH);
    expect(await signProof(createMac(ring), id, 5)).toBe(proofText);
    expect(await openProof(createMac(ring), proofText, id)).toBe(5);
  });

  it("the token with its proof", async () => {
    const tokens = createTokenTexts(ring);
    expect(await tokens.sign({ ...token, id, generation: 5 }, { proof: true })).toBe(`${tokenText}.${proofText}`);
    expect(await tokens.open(`${tokenText}.${proofText}`, T0)).toEqual({ ...token, id, generation: 5 });
  });
});

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
