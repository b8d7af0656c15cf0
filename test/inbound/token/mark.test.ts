import { beforeEach, describe, expect, it } from "vitest";
import type { OpenedToken } from "../../../src/inbound/token/tokens.ts";
import { decodeBase64url, encodeBase64url } from "../../../src/lib/base64url.ts";
import { cookieCarrier } from "../../support/carriers.ts";
import { countCrypto } from "../../support/crypto-count.ts";
import { macRing } from "../../support/rings.ts";
import { at, T0 } from "../../support/time.ts";
import { createTokenTexts, type TokenTexts } from "../../support/token-texts.ts";

const HOUR_MS = 3_600_000;
let tokens: TokenTexts;
let token: OpenedToken;
let text: string;
let mark: string;

beforeEach(async () => {
  tokens = createTokenTexts(macRing(1));
  token = await tokens.mint(T0, HOUR_MS, 0);
  text = await tokens.sign(token, { proof: false });
  mark = await tokens.signMark(token.id, at(5));
});

const markedAt = async (given: string, by = tokens) => (await by.open(`${text}..${given}`, at(60)))?.markedAt;

describe("a mark", () => {
  it("tells its time, to the millisecond, after a token or after a token with its proof", async () => {
    expect(mark).toMatch(/^[\w-]{34}$/);
    expect(await tokens.open(`${text}..${mark}`, at(60))).toEqual({ ...token, markedAt: at(5) });
    const proved = await tokens.sign({ ...token, generation: 3 }, { proof: true });
    expect(await tokens.open(`${proved}.${mark}`, at(60))).toEqual({ ...token, generation: 3, markedAt: at(5) });
    for (const time of [1, 2 ** 32 - 1, 2 ** 32, T0 + 1, 2 ** 48 - 1]) {
      expect(await markedAt(await tokens.signMark(token.id, time))).toBe(time);
    }
  });

  it("of another session counts as no mark, also after it was remembered there", async () => {
    const other = await tokens.mint(T0, HOUR_MS, 0);
    const foreign = await tokens.signMark(other.id, at(5));
    expect(await markedAt(foreign)).toBeUndefined();
    const otherText = await tokens.sign(other, { proof: false });
    expect((await tokens.open(`${otherText}..${foreign}`, at(60)))?.markedAt).toBe(at(5));
    expect(await markedAt(foreign)).toBeUndefined();
  });

  it("is found among marks of other sessions, which cost no crypto", async () => {
    const others = await Promise.all(
      [1, 2, 3].map(async (seconds) => tokens.signMark((await tokens.mint(T0, HOUR_MS, 0)).id, at(seconds))),
    );
    await markedAt(mark);
    const all = [...others, mark].join(".");
    expect(await countCrypto(() => markedAt(all))).toBe(0);
    expect(await markedAt(all)).toBe(at(5));
    expect(await countCrypto(() => markedAt(others.join(".")))).toBe(0);
  });

  it("with any single bit flipped counts as no mark, and the token stands", async () => {
    const bytes = decodeBase64url(mark.slice(2)) as Uint8Array;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(await tokens.open(`${text}..${mark.slice(0, 2)}${encodeBase64url(flipped)}`, at(60))).toEqual(token);
    }
  });

  it("that is not signed counts as no mark, and costs no crypto", async () => {
    await tokens.open(text, T0);
    for (const unsigned of ["-", "1", String(T0), "9".repeat(15), "abc", mark.slice(1), `${mark}A`]) {
      expect(await countCrypto(() => markedAt(unsigned)), unsigned).toBe(0);
      expect(await markedAt(unsigned), unsigned).toBeUndefined();
    }
  });

  it("is neither a proof nor a token, nor is a proof a mark", async () => {
    const proved = await tokens.sign({ ...token, generation: 3 }, { proof: true });
    expect(await tokens.open(`${text}.${mark}`, T0)).toEqual(token);
    expect(await tokens.open(mark, T0)).toBeUndefined();
    expect(await markedAt(proved.slice(85))).toBeUndefined();
  });

  it("stands while its key is in the ring, and no longer", async () => {
    expect(await markedAt(mark, createTokenTexts(macRing(2, 1)))).toBe(at(5));
    const both = createTokenTexts(macRing(2, 1));
    const later = await both.sign(token, { proof: false });
    expect((await createTokenTexts(macRing(2)).open(`${later}..${mark}`, at(60)))?.markedAt).toBeUndefined();
  });

  it("that returns to the isolate costs no crypto, and a token without a mark never costs any for it", async () => {
    await markedAt(mark);
    expect(await countCrypto(() => markedAt(mark))).toBe(0);
    expect(await countCrypto(() => tokens.open(text, at(60)))).toBe(0);
  });
});

describe("the cookie of a mark", () => {
  const read = (cookie: string, secure = true) => {
    const headers = { Cookie: `${secure ? "__Host-moor" : "moor"}=token; ${cookie}` };
    return cookieCarrier(secure).read(new Request("https://shop.test/", { headers }))?.marks;
  };

  it("is read under its own name, on https with the prefix and on plain http without", () => {
    expect(read("a=1; __Host-moor-mark-ab=m; b=2")).toEqual(["m"]);
    expect(read("moor-mark-ab=m", false)).toEqual(["m"]);
  });

  it.each([
    ["it is that of plain http, which a subdomain can set", "moor-mark-ab=m"],
    ["its name is spelt otherwise", "__host-moor-mark-ab=m; __Host-moor-marks=m; __Host-moor-mark=m"],
    ["its name is another cookie's value", "a=__Host-moor-mark-ab=m"],
    ["it has no value", "__Host-moor-mark-ab="],
    ["it is a name only", "__Host-moor-mark-ab"],
  ])("holds no mark on https when %s", (_when, cookie) => expect(read(cookie)).toEqual([]));

  it("holds no mark on plain http when it is that of https", () => {
    expect(read("__Host-moor-mark-ab=m", false)).toEqual([]);
  });

  it("counts the first time that it comes", () => {
    expect(read("__Host-moor-mark-ab=m; __Host-moor-mark-ab=n")).toEqual(["m"]);
  });
});
