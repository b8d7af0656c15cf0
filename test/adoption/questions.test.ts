import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { readAdoptKey } from "../../src/adoption/adopt-key.ts";
import { checkAnswer, type Expected, readSession } from "../../src/adoption/answer.ts";
import { type Claims, createQuestions } from "../../src/adoption/question.ts";
import { parseKeyRing } from "../../src/inbound/token/key-ring.ts";
import { openQuestion, readKeys, readReaders, signAnswer } from "../../src/sdk/adopt/question.ts";

const RING = `2:${"E".repeat(43)},1:${"A".repeat(43)}`;
const names = { from: "app", issuer: "https://shop.test" };
const NOW = Date.UTC(2060, 0, 1);
const questions = createQuestions(parseKeyRing(RING, "RING"));
const CLAIMS = { iss: names.issuer, aud: names.from, iat: NOW / 1000, jti: "nonce", htm: "GET", max: 1_024 };
const open = (text: string, given: object = {}) =>
  openQuestion(text, "GET", { ...names, keys: readKeys(RING), now: NOW, ...given });

describe("a question", () => {
  it("is opened by the application that it is for, with the newest key of both", async () => {
    const question = open(await questions.sign(CLAIMS));
    expect(question).toMatchObject({ mostBytes: 1_024, nonce: "nonce", key: { kid: "2" } });
  });

  it.each([
    ["another Moor", { iss: "https://staging.test" }, "neither MOOR_ISSUER nor MOOR_READER_ISSUERS"],
    ["no Moor", { iss: undefined }, "neither MOOR_ISSUER nor MOOR_READER_ISSUERS"],
    ["another application", { aud: "other" }, "another application"],
    ["another method", { htm: "DELETE" }, "another method"],
    ["61 seconds ago", { iat: NOW / 1000 - 61 }, "60 seconds"],
    ["61 seconds ahead", { iat: NOW / 1000 + 61 }, "60 seconds"],
  ])("is refused if it is of %s", async (_name, claims, reason) => {
    const text = await questions.sign({ ...CLAIMS, ...claims });
    expect(() => open(text)).toThrow(reason);
  });

  it.each([
    ["https://staging.test", "GET", undefined, false],
    ["https://staging.test", "PUT", 0, false],
    ["https://staging.test", "PUT", 1, true],
    ["https://staging.test", "DELETE", undefined, true],
    [names.issuer, "PUT", 1, false],
    [names.issuer, "DELETE", undefined, false],
  ])("of %s that asks by %s for version %s is forbidden: %s", async (iss, htm, ver, isForbidden) => {
    const readers = readReaders(" https://test.test/,\nhttps://staging.test/ ");
    const text = await questions.sign({ ...CLAIMS, iss, htm, ver });
    const question = openQuestion(text, htm, { ...names, readers, keys: readKeys(RING), now: NOW });
    expect(question).toMatchObject({ isForbidden, readOnly: iss !== names.issuer });
    const answer = (await questions.open(signAnswer(question, names, { status: 200 }))) ?? {};
    expect(answer).toMatchObject({ aud: iss });
    expect("readOnly" in answer).toBe(iss !== names.issuer);
  });

  it("is refused with any other character, and by another key", async () => {
    const text = await questions.sign(CLAIMS);
    for (let at = 0; at < text.length; at++) {
      // The last character of a part has spare bits.
      const other = String.fromCharCode(text.charCodeAt(at) ^ 4);
      expect(() => open(text.slice(0, at) + other + text.slice(at + 1)), `character ${at}`).toThrow();
    }
    expect(() => open(text, { keys: readKeys(`2:${"I".repeat(43)}`) })).toThrow("signature");
    expect(() => open("")).toThrow("for Moor alone");
  });
});

/** The session of an answer that belongs to its question. */
function readAnswer(claims: Claims, expected: Expected) {
  checkAnswer(claims, expected);
  return readSession(claims);
}

describe("an answer", () => {
  const expected = { ...names, nonce: "nonce", status: 200 };
  const SESSION = { id: "x".repeat(32), principal: "alice", attributes: { basket: 1 }, expiresAt: NOW / 1000 };
  const answer = async (claims: object = SESSION, status: 200 | 401 = 200) =>
    signAnswer(open(await questions.sign(CLAIMS)), names, { status, ...claims });
  const claimsOf = async (text: string) => (await questions.open(text)) ?? {};

  it("is opened by the Moor that has asked", async () => {
    expect(readAnswer(await claimsOf(await answer()), expected)).toEqual({
      kind: "session",
      ...SESSION,
      tooLarge: false,
      expiresAt: NOW,
    });
    expect(() => checkAnswer({ ...names }, expected)).toThrow("iss");
    const none = await claimsOf(await answer({}, 401));
    expect(() => checkAnswer(none, { ...expected, status: 401 })).not.toThrow();
  });

  it.each([
    ["another question", { nonce: "other" }, "nonce"],
    ["another application", { from: "other" }, "iss"],
    ["another Moor", { issuer: "https://staging.test" }, "aud"],
    ["another status", { status: 401 }, "status"],
  ])("is refused if it answers %s", async (_name, other, claim) => {
    const claims = await claimsOf(await answer());
    expect(() => readAnswer(claims, { ...expected, ...other })).toThrow(`the answer's ${claim} is wrong`);
  });

  it.each([
    [{ id: "fifteen-letters" }, "id"],
    [{ id: "ö".repeat(32) }, "id"],
    [{ principal: "" }, "principal"],
    [{ principal: 7 }, "principal"],
    [{ expiresAt: "soon" }, "expiresAt"],
    [{ expiresAt: 1.5 }, "expiresAt"],
    [{ tooLarge: "yes" }, "tooLarge"],
    [{ readOnly: "yes" }, "readOnly"],
  ])("is refused with %j, and the value is not quoted", async (changed, claim) => {
    const claims = await claimsOf(await answer({ ...SESSION, ...changed }));
    expect(() => readAnswer(claims, expected)).toThrow(`the answer's ${claim} is wrong, accepted: `);
  });

  it("keeps its login without attributes that nest too deeply, or that are no object", async () => {
    const deep = JSON.parse(`${'{"a":'.repeat(40)}1${"}".repeat(40)}`) as object;
    for (const attributes of [deep, [1], "text", null]) {
      const read = readAnswer(await claimsOf(await answer({ ...SESSION, attributes })), expected);
      expect(read).toMatchObject({ principal: "alice", attributes: {}, tooLarge: true });
    }
  });

  it("is not opened with another character, without a signature, by another algorithm, or if it is a question", async () => {
    const text = await answer();
    const [head = "", payload = "", mac = ""] = text.split(".");
    const flipped = (part: string) => String.fromCharCode(part.charCodeAt(4) ^ 4) + part.slice(1);
    const none = Buffer.from(JSON.stringify({ alg: "none", typ: "moor-adopt-answer+jwt", kid: "2" })).toString(
      "base64url",
    );
    for (const forged of [
      `${head}.${payload}.${flipped(mac)}`,
      `${head}.${flipped(payload)}.${mac}`,
      `${head}.${payload}.`,
      `${none}.${payload}.${mac}`,
      await questions.sign({ ...SESSION, nonce: "nonce" }),
      "",
      "<html>",
    ])
      expect(await questions.open(forged)).toBeUndefined();
  });

  it("by the older key of the ring is opened, as while keys are rotated", async () => {
    const older = createQuestions(parseKeyRing(RING.split(",").reverse().join(","), "RING"));
    const question = open(await older.sign(CLAIMS));
    expect(question.key.kid).toBe("1");
    expect(await questions.open(signAnswer(question, names, { status: 401 }))).toMatchObject({ status: 401 });
  });
});

describe("the key of an adopted session", () => {
  const secret = "A".repeat(43);
  const text = async (key: Promise<Uint8Array>) => Buffer.from(await key).toString("hex");

  it("is HMAC-SHA256 of the application, the host and the id, cut to 128 bits", async () => {
    const hmac = createHmac("sha256", Buffer.alloc(32)).update("moor adopt 1\0app\0\0some-id").digest("hex");
    expect(await text(readAdoptKey(secret).derive("app", "some-id"))).toBe(hmac.slice(0, 32));
  });

  it("is another for another application, another id, another host, and another secret", async () => {
    const key = readAdoptKey(secret);
    const keys = await Promise.all([
      text(key.derive("app", "some-id")),
      text(key.derive("app", "other-id")),
      text(key.derive("other", "some-id")),
      text(key.derive("app", "some-id", "a.test")),
      text(readAdoptKey("E".repeat(43)).derive("app", "some-id")),
    ]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each([undefined, "", "short", "1:"])("refuses the secret %j without quoting it", (given) => {
    expect(() => readAdoptKey(given)).toThrow(/^MOOR_ADOPT_KEY(: expected 32 to 512 bytes| is not set)/);
  });
});
