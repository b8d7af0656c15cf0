import { describe, expect, it } from "vitest";
import { encodeBase64url } from "../../src/lib/base64url.ts";
import { readIdToken } from "../../src/login/id-token.ts";

const NOW = 1_800_000_000_000;
const expected = { issuer: "https://id.example.com", clientId: "moor", nonce: "n", now: NOW };
const right = { iss: expected.issuer, aud: "moor", sub: "1001", nonce: "n", exp: NOW / 1000 + 600, iat: NOW / 1000 };
const part = (value: unknown) => encodeBase64url(new TextEncoder().encode(JSON.stringify(value)));
const tokenOf = (changes: object, header: object = { alg: "RS256" }) =>
  `${part(header)}.${part({ ...right, ...changes })}.c2ln`;

describe("an ID token", () => {
  it("gives its claims if it is right", () => expect(readIdToken(tokenOf({}), expected)).toEqual(right));

  it("may be for several clients if it names this one", () =>
    expect(readIdToken(tokenOf({ aud: ["other", "moor"], azp: "moor" }), expected)).toMatchObject({ sub: "1001" }));

  it("may be dated in the future, because clocks differ", () =>
    expect(readIdToken(tokenOf({ iat: NOW / 1000 + 600 }), expected)).toMatchObject({ sub: "1001" }));

  it.each<[string, string]>([
    ["iss", tokenOf({ iss: "https://id.example.com/" })],
    ["aud", tokenOf({ aud: "other" })],
    ["aud", tokenOf({ aud: undefined })],
    ["azp", tokenOf({ azp: "other" })],
    ["azp", tokenOf({ aud: ["moor", "other"] })],
    ["exp", tokenOf({ exp: NOW / 1000 - 60 })],
    ["exp", tokenOf({ exp: undefined })],
    ["exp", tokenOf({ exp: "9999999999" })],
    ["nonce", tokenOf({ nonce: "other" })],
    ["nonce", tokenOf({ nonce: undefined })],
    ["sub", tokenOf({ sub: "" })],
    ["sub", tokenOf({ sub: 7 })],
    ["alg", tokenOf({}, { alg: "none" })],
    ["alg", tokenOf({}, {})],
    ["form", `${tokenOf({})}.more`],
    ["form", "<html>"],
    ["form", "..."],
  ])("is refused for its %s: %s", (rule, text) => expect(readIdToken(text, expected)).toBe(rule));

  it("is refused if there is none", () => expect(readIdToken(undefined, expected)).toBe("form"));
});
