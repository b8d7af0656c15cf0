import { beforeEach, describe, expect, it } from "vitest";
import { createTokens, type OpenedToken, type TokenFault } from "../../../src/inbound/token/tokens.ts";
import { decodeBase64url, encodeBase64url } from "../../../src/lib/base64url.ts";
import { countCrypto } from "../../support/crypto-count.ts";
import { macRing } from "../../support/rings.ts";
import { at, T0 } from "../../support/time.ts";
import { createTokenTexts, type TokenTexts } from "../../support/token-texts.ts";

const HOUR_MS = 3_600_000;
let tokens: TokenTexts;
let token: OpenedToken;
let text: string;
let withProof: string;

beforeEach(async () => {
  tokens = createTokenTexts(macRing(1));
  token = await tokens.mint(T0, HOUR_MS, 0);
  text = await tokens.sign(token, { proof: false });
  withProof = await tokens.sign({ ...token, generation: 3 }, { proof: true });
});

const flipped = (given: string, bit: number) => {
  const bytes = decodeBase64url(given) as Uint8Array;
  bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  return encodeBase64url(bytes);
};
const refused = async (candidates: string[]) => {
  for (const candidate of candidates) expect(await tokens.open(candidate, T0), candidate).toBeUndefined();
};

describe("minting", () => {
  it("gives a random key, version 0 and the life asked for, born on a whole second", async () => {
    const minted = await tokens.mint(T0 + 789, HOUR_MS, 0);
    expect(minted).toMatchObject({ version: 0, generation: 0, bornAt: T0, issuedAt: T0, touchedAt: T0 });
    expect(minted).toMatchObject({ expiresAt: T0 + HOUR_MS, replicated: false, home: 0, pin: 0 });
    expect(minted.id).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(minted.key).not.toEqual(token.key);
  });

  it("takes all 16 bytes of the key from the source of randomness", async () => {
    const { key } = await createTokenTexts(macRing(1), { random: (bytes) => bytes.fill(7) }).mint(T0, HOUR_MS, 0);
    expect(key).toEqual(new Uint8Array(16).fill(7));
  });
});

describe("opening", () => {
  it("reads the token that was signed", async () => expect(await tokens.open(text, T0)).toEqual(token));

  it("reads a token at the host to which it is bound, and at no other, however often it is tried", async () => {
    const ring = macRing(1);
    const made = createTokens(ring);
    const bound = await made.sign(await made.mint(T0, HOUR_MS, 0, "a.test"), { proof: false });
    const free = await made.sign(await made.mint(T0, HOUR_MS, 0), { proof: false });
    // The first opens each text for the first time, and the second remembers the tokens that it has opened.
    for (const opening of [() => createTokens(ring), () => made]) {
      const at = async (credentials: typeof bound, host?: string) =>
        (await opening().open(credentials, T0, () => {}, host))?.boundTo ?? "none";
      expect(await at(bound, "a.test")).toBe("a.test");
      for (const host of ["b.test", "a.test.", "A.test", "a.tes", undefined])
        expect(await at(bound, host)).toBe("none");
      expect(await at(bound, "a.test")).toBe("a.test");
      expect((await opening().open(free, T0))?.id).toBeDefined();
      expect(await opening().open(free, T0, () => {}, "a.test")).toBeUndefined();
    }
  });

  it("is not needed for credentials that were opened before: token and proof are known", async () => {
    const ring = macRing(1);
    const made = createTokens(ring);
    const rotated = { ...(await made.mint(T0, HOUR_MS, 0, "a.test")), generation: 3 };
    const credentials = await made.sign(rotated, { proof: true });
    const fresh = createTokens(ring);
    expect(fresh.known(credentials, T0, "a.test")).toBeUndefined();
    const opened = await fresh.open(credentials, T0, () => {}, "a.test");
    expect(opened).toMatchObject({ id: rotated.id, generation: 3 });
    expect(fresh.known(credentials, T0, "a.test")).toEqual(opened);
    expect(fresh.known({ ...credentials, proof: "" }, T0, "a.test")).toEqual({ ...opened, generation: 0 });
  });

  it("is needed after a token has expired, at another host, and for a proof or a mark that nobody has opened", async () => {
    const made = createTokens(macRing(1));
    const credentials = await made.sign(token, { proof: false });
    await made.open(credentials, T0);
    expect(made.known(credentials, T0)).toBeDefined();
    expect(made.known(credentials, T0 + HOUR_MS)).toBeUndefined();
    expect(made.known(credentials, T0, "a.test")).toBeUndefined();
    expect(made.known({ ...credentials, proof: "x" }, T0)).toBeUndefined();
    expect(made.known({ ...credentials, marks: ["x"] }, T0)).toBeUndefined();
  });

  it("tells why a text is not a token, and nothing about an expired token", async () => {
    const faults: TokenFault[] = [];
    const refused = (fault: TokenFault) => faults.push(fault);
    const reason = async (given: string, now = T0) => {
      expect(await tokens.open(given, now, refused)).toBeUndefined();
      return faults.splice(0);
    };
    expect(await reason(text.slice(1))).toEqual(["malformed"]);
    expect(await reason("")).toEqual(["malformed"]);
    expect(await reason(flipped(text, 400))).toEqual(["forged"]);
    const other = createTokenTexts(macRing(2));
    expect(await reason(await other.sign(token, { proof: false }))).toEqual(["unknown-key"]);
    expect(await reason(text, T0 + HOUR_MS)).toEqual([]);
    expect([await tokens.open(text, T0, refused), faults]).toEqual([token, []]);
  });

  it("refuses a token with any single bit flipped", async () => {
    await refused(Array.from({ length: 63 * 8 }, (_, bit) => flipped(text, bit)));
  });

  it("refuses a token cut anywhere", async () => {
    await refused(Array.from({ length: text.length }, (_, length) => text.slice(0, length)));
  });

  it("refuses a token that anything was added to", async () => {
    await refused(["A", "=", " ", "AAAA", text].flatMap((more) => [text + more, more + text]));
  });

  it("refuses a token with any character that is not base64url", async () => {
    const spoiled = (at: number) => [..."+/= é"].map((letter) => text.slice(0, at) + letter + text.slice(at + 1));
    await refused(Array.from(text, (_, at) => spoiled(at)).flat());
  });

  it("refuses a proof in the token's place", async () => refused([withProof.slice(85), `.${withProof}`, ""]));

  it("ends with the token's life, to the millisecond", async () => {
    expect(await tokens.open(text, T0 + HOUR_MS - 1)).toEqual(token);
    expect(await tokens.open(text, T0 + HOUR_MS)).toBeUndefined();
    expect(await createTokenTexts(macRing(1)).open(text, T0 + HOUR_MS)).toBeUndefined();
  });
});

describe("a ring of signing keys", () => {
  it("signs with its first key and verifies with all, so that keys rotate in and out and no visitor is logged out", async () => {
    const both = createTokenTexts(macRing(2, 1));
    expect(await both.open(text, T0)).toEqual(token);
    const renewed = await both.sign(token, { proof: false });
    expect(await createTokenTexts(macRing(2)).open(renewed, T0)).toEqual(token);
  });

  it("no longer verifies with a key that has left it", async () => {
    expect(await createTokenTexts(macRing(2)).open(text, T0)).toBeUndefined();
  });

  it("takes a key's id for a name only: another secret under it verifies nothing", async () => {
    const [{ secret }] = macRing(2);
    expect(await createTokenTexts([{ id: 1, secret }]).open(text, T0)).toBeUndefined();
  });
});

describe("the generation's proof", () => {
  const generationOf = async (candidate: string) => (await tokens.open(candidate, T0))?.generation;

  it("tells the generation", async () => expect(await tokens.open(withProof, T0)).toEqual({ ...token, generation: 3 }));
  it("absent, leaves generation 0", async () => expect(await generationOf(text)).toBe(0));

  it("goes with any token of its key: a response that rewrites the token undoes no rotation", async () => {
    const rewritten = await tokens.sign({ ...token, version: 9, generation: 0 }, { proof: false });
    expect(await tokens.open(`${rewritten}.${withProof.slice(85)}`, T0)).toEqual({
      ...token,
      version: 9,
      generation: 3,
    });
  });

  it("of another session proves nothing here, remembered or not", async () => {
    const other = await tokens.mint(T0, HOUR_MS, 0);
    const proved = await tokens.sign({ ...other, generation: 8 }, { proof: true });
    expect(await generationOf(`${text}.${proved.slice(85)}`)).toBe(0);
    expect(await generationOf(proved)).toBe(8);
    expect(await generationOf(`${text}.${proved.slice(85)}`)).toBe(0);
  });

  it("forged, cut or extended, proves nothing, and the token stands", async () => {
    const proof = withProof.slice(85);
    const bits = Array.from({ length: 42 * 8 }, (_, bit) => flipped(proof, bit));
    const cuts = Array.from({ length: proof.length }, (_, length) => proof.slice(0, length));
    for (const bad of [...bits, ...cuts, `${proof}A`, `.${proof}`, text]) {
      expect(await generationOf(`${text}.${bad}`), bad).toBe(0);
    }
  });

  it("stands whatever the mark after it says", async () => {
    for (const mark of ["", "1", withProof]) expect(await generationOf(`${withProof}.${mark}`)).toBe(3);
  });

  it("by a key that has left the ring proves nothing", async () => {
    const both = createTokenTexts(macRing(2, 1));
    expect((await both.open(withProof, T0))?.generation).toBe(3);
    const renewed = await both.sign(token, { proof: false });
    expect((await createTokenTexts(macRing(2)).open(`${renewed}.${withProof.slice(85)}`, T0))?.generation).toBe(0);
  });
});

describe("signing", () => {
  it("imports its key once", async () => {
    const fresh = createTokenTexts(macRing(1));
    expect(await countCrypto(() => fresh.sign(token, { proof: false }))).toBe(2);
    expect(await countCrypto(() => fresh.sign(token, { proof: false }))).toBe(1);
  });
});

describe("opened tokens are remembered", () => {
  const cost = (candidate: string, now = T0) => countCrypto(() => tokens.open(candidate, now));

  it("so that a token that returns costs no crypto, with its proof or without", async () => {
    expect(await cost(text)).toBeGreaterThan(0);
    expect(await cost(text)).toBe(0);
    expect(await cost(withProof)).toBeGreaterThan(0);
    expect(await cost(withProof)).toBe(0);
    expect(await tokens.open(withProof, T0)).toEqual({ ...token, generation: 3 });
    expect(await tokens.open(text, T0)).toEqual(token);
  });

  it("and end all the same", async () => {
    await tokens.open(withProof, T0);
    expect(await tokens.open(withProof, at(3600))).toBeUndefined();
  });

  it("but refused tokens are not, so that junk fills no memory", async () => {
    const forged = flipped(text, 100);
    const once = await cost(forged);
    expect(once).toBeGreaterThan(0);
    expect(await cost(forged)).toBe(once);
  });

  it("but a token with a forged proof is not, because a token could bring any number of them", async () => {
    await tokens.open(text, T0);
    const junk = `${text}.${flipped(withProof.slice(85), 300)}`;
    const once = await cost(junk);
    expect(once).toBeGreaterThan(0);
    expect(await cost(junk)).toBe(once);
  });

  it("and a proof of another session costs nothing: it stays in the browser when a session has expired", async () => {
    const other = await tokens.mint(T0, HOUR_MS, 0);
    const proved = await tokens.sign({ ...other, generation: 8 }, { proof: true });
    await tokens.open(text, T0);
    expect(await cost(`${text}.${proved.slice(85)}`)).toBe(0);
  });
});
