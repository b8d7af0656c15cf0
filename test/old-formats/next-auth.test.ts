import { describe, expect, it } from "vitest";
import { decodeBase64url, encodeBase64url } from "../../src/lib/base64url.ts";
import { deriveNextAuthKey } from "../../src/old-formats/derive.ts";
import { readKeys } from "../../src/old-formats/keys.ts";
import { createNextAuthReader } from "../../src/old-formats/next-auth.ts";
import { changedCharacters } from "./forged.ts";
import made from "./vectors/next-auth.json" with { type: "json" };

const { madeAt, vectors } = made;
const MADE_AT = Date.parse(madeAt);
const NAMES = ["next-auth.session-token", "authjs.session-token", "__Secure-authjs.session-token"];
const SECRET = vectors[0]!.secret;

/** The keys that `moor import next-auth` makes. */
async function readerOf(secret: string) {
  const cookies = [undefined, ...NAMES.slice(1)];
  const keys = await Promise.all(
    cookies.map(async (name, nth) => `${nth + 1}:${await deriveNextAuthKey(secret, name)}`),
  );
  return createNextAuthReader(readKeys(keys.join(","), "MOOR_NEXT_AUTH_KEYS", "next-auth", [32, 64]));
}
const reader = await readerOf(SECRET);

describe("a token of next-auth", () => {
  it.each(vectors)("opens its session, which has no id: $name", async ({ cookie, token, read }) => {
    const { iat: _, exp, jti: __, ...values } = read;
    const opened = await reader.read(`theme=dark; ${cookie}=${token}`, NAMES, MADE_AT);
    expect(opened).toEqual({ kind: "session", values, expiresAt: exp * 1_000 });
  });

  it.each(vectors)(
    "is good for 15 seconds after its expiry, and not longer: $name",
    async ({ cookie, token, read }) => {
      const end = (read.exp + 15) * 1_000;
      expect(await reader.read(`${cookie}=${token}`, NAMES, end - 1)).toMatchObject({ kind: "session" });
      expect(await reader.read(`${cookie}=${token}`, NAMES, end)).toEqual({ kind: "none" });
    },
  );

  it.each(vectors)("is joined from the chunks of its cookie: $name", async ({ cookie, token }) => {
    const parts = [token.slice(0, 100), token.slice(100, 200), token.slice(200)];
    const header = parts.map((part, nth) => `${cookie}.${nth}=${part}`).reverse();
    expect(await reader.read(header.join("; "), NAMES, MADE_AT)).toMatchObject({ kind: "session" });
  });

  it.each(vectors)("opens nothing by another secret: $name", async ({ cookie, token }) => {
    const other = await readerOf("another secret");
    expect(await other.read(`${cookie}=${token}`, NAMES, MADE_AT)).toEqual({ kind: "none" });
  });

  it.each(vectors)("is refused with each of its characters forged: $name", async ({ cookie, token }) => {
    for (const forged of changedCharacters(token)) {
      expect(await reader.read(`${cookie}=${forged}`, NAMES, MADE_AT), forged).toEqual({ kind: "none" });
    }
  });
});

describe("a token that the secret has encrypted", () => {
  const ENC = { alg: "dir", enc: "A256GCM" };

  /** A token of next-auth 4 with any content, as its own `encode` could have made it. */
  async function sealed(payload: string, header: object = ENC): Promise<string> {
    const bytes = decodeBase64url(await deriveNextAuthKey(SECRET)) as Uint8Array<ArrayBuffer>;
    const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt"]);
    const head = encodeBase64url(new TextEncoder().encode(JSON.stringify(header)));
    const iv = new Uint8Array(12);
    const cipher = { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(head) };
    const encrypted = new Uint8Array(await crypto.subtle.encrypt(cipher, key, new TextEncoder().encode(payload)));
    const parts = [iv, encrypted.slice(0, -16), encrypted.slice(-16)].map(encodeBase64url);
    return `${NAMES[0]}=${head}..${parts.join(".")}`;
  }
  const read = async (payload: object, header?: object) =>
    reader.read(await sealed(JSON.stringify(payload), header), NAMES, MADE_AT);
  const seconds = Math.floor(MADE_AT / 1_000);

  it("is refused before its time, and with times that are no numbers", async () => {
    expect(await read({ nbf: seconds + 16 })).toEqual({ kind: "none" });
    expect(await read({ nbf: seconds + 15 })).toMatchObject({ kind: "session" });
    expect(await read({ exp: "never" })).toEqual({ kind: "none" });
    expect(await read({ iat: "now" })).toEqual({ kind: "none" });
  });

  it.each([
    ["another algorithm", { alg: "A256KW" }],
    ["another encryption", { enc: "A128GCM" }],
    ["compression, which could name gigabytes", { zip: "DEF" }],
    ["an extension that must be understood", { crit: ["x"], x: 1 }],
  ])("is refused with %s in its header", async (_name, changes) => {
    expect(await read({ sub: "7" }, { ...ENC })).toMatchObject({ kind: "session" });
    expect(await read({ sub: "7" }, { ...ENC, ...changes })).toEqual({ kind: "none" });
  });

  it("opens nothing that is no object of JSON", async () => {
    for (const payload of ["[]", "null", "7", "{", "\u{1f980}"]) {
      expect(await reader.read(await sealed(payload), NAMES, MADE_AT)).toMatchObject({ kind: "unreadable" });
    }
  });
});
