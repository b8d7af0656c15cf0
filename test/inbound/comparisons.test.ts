import { describe, expect, it } from "vitest";
import { isEqualInConstantTime } from "../../src/lib/equal-bytes.ts";

const sources = import.meta.glob<string>("../../src/**/*.ts", { query: "?raw", import: "default", eager: true });
const files = Object.fromEntries(
  Object.entries(sources).map(([path, text]) => [path.slice("../../src/".length), text]),
);

describe("the comparison of secrets", () => {
  /** Bytes that count how often they are read. */
  function counted(bytes: readonly number[]) {
    let reads = 0;
    const read = (_: unknown, name: string | symbol) => {
      if (name === "length") return bytes.length;
      reads++;
      return bytes[Number(name)];
    };
    return { bytes: new Proxy({}, { get: read }) as Uint8Array, reads: () => reads };
  }
  const MAC = Array.from({ length: 16 }, (_, at) => at * 7);

  it("tells whether they are the same, at each byte and bit", () => {
    expect(isEqualInConstantTime(Uint8Array.from(MAC), Uint8Array.from(MAC))).toBe(true);
    for (let bit = 0; bit < 16 * 8; bit++) {
      const other = Uint8Array.from(MAC);
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(isEqualInConstantTime(Uint8Array.from(MAC), other)).toBe(false);
    }
    expect(isEqualInConstantTime(Uint8Array.from(MAC), Uint8Array.from(MAC.slice(1)))).toBe(false);
  });

  it.each([0, 1, 8, 15, undefined])("reads all of both, wherever they differ first: at %s", (at) => {
    const [one, other] = [counted(MAC), counted(MAC.map((byte, index) => (index === at ? byte ^ 1 : byte)))];
    isEqualInConstantTime(one.bytes, other.bytes);
    expect([one.reads(), other.reads()]).toEqual([16, 16]);
  });
});

/** By name the secrets that a client could guess byte by byte, if Moor compared them byte by byte. */
const SECRET = String.raw`(?:\w+\??\.)*\w*(?:[mM]ac|[sS]ecret|[tT]oken|[bB]earer|[jJ]wt|[pP]roof|[dD]igest|[sS]ignature|[gG]uess|[tT]ag)`;
const LITERAL = String.raw`\s*(?:undefined\b|null\b|"|[A-Z_]+\b|\d)`;
const COMPARED = new RegExp(
  String.raw`(?<![\w.])${SECRET} [=!]==?(?!=|${LITERAL})|(?<!["A-Z] )[=!]==? ${SECRET}(?![\w.(\[])|${SECRET}\.(?:localeCompare|startsWith|indexOf)\(`,
  "g",
);
const comparisonsIn = (text: string) => Array.from(text.matchAll(COMPARED), ([found]) => found);

/** The proofs that a sender knows a secret. */
const PROOFS = /\b(?:isEqualInConstantTime|subtle\.verify|subtle\.decrypt)(?=\()/g;

describe("in the sources", () => {
  it("no MAC, token or secret is compared as text", () => {
    const found = Object.entries(files).flatMap(([path, text]) =>
      comparisonsIn(text).map((comparison) => `${path}: ${comparison}`),
    );
    expect(found).toEqual([]);
  });

  it.each([
    "mac === given",
    "given !== mac",
    "if (decoded.mac == expected)",
    "x === env.adminToken)",
    "bearer === token",
    "guess.startsWith(x)",
    "theToken.localeCompare(x)",
  ])("a comparison would be found: %s", (text) => expect(comparisonsIn(text)).not.toEqual([]));

  it("a secret is proved in these places, each in constant time by its construction or the platform's", () => {
    const found = Object.entries(files).flatMap(([path, text]) => {
      const proofs = Array.from(text.matchAll(PROOFS), ([name]) => name);
      return proofs.map((name) => `${path}: ${name}`);
    });
    expect(found.sort()).toEqual([
      // The id of an old session that is owed its end (AES-GCM).
      "adoption/adopt-key.ts: subtle.decrypt",
      // Answers of an old application, by an HMAC that the platform compares.
      "adoption/question.ts: subtle.verify",
      // The admin's token, by its digest.
      "api/operators/access.ts: isEqualInConstantTime",
      // Debug tokens, by an HMAC that the platform compares.
      "inbound/token/debug-token.ts: subtle.verify",
      // Tokens and proofs; then the function itself.
      "inbound/token/mac.ts: isEqualInConstantTime",
      "lib/equal-bytes.ts: isEqualInConstantTime",
      // Logout tokens of a provider, and the JWT of Cloudflare Access, by a public key.
      "lib/signed-token.ts: subtle.verify",
      // Cookies of old applications: signatures of express-session, seals of iron-session, and JWEs of next-auth.
      "old-formats/express-session.ts: isEqualInConstantTime",
      "old-formats/iron-session.ts: subtle.decrypt",
      "old-formats/iron-session.ts: subtle.verify",
      "old-formats/jwe.ts: isEqualInConstantTime",
      "old-formats/jwe.ts: subtle.decrypt",
      // The cookie that carries changes, by an HMAC: at the origin, and at the edge below.
      "sdk/origin/change-cookie.ts: subtle.verify",
      // The handoff, by a public key, at the origin.
      "sdk/origin/handoff.ts: subtle.verify",
      // Copies in KV and Redis (AES-GCM).
      "store/seal.ts: subtle.decrypt",
      "upstream/wire/change-cookie.ts: subtle.verify",
      // The handoff as the session API's bearer.
      "upstream/wire/jwt.ts: subtle.verify",
    ]);
  });
});
