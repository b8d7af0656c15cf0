import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JWK,
  jwtVerify,
  SignJWT,
} from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ResolvedPool } from "../../../src/config/resolved.ts";
import type { KeyRing } from "../../../src/inbound/token/key-ring.ts";
import { encodeBase64url } from "../../../src/lib/base64url.ts";
import { attributeBytesOf, type View } from "../../../src/session/record.ts";
import type { Session } from "../../../src/session/session.ts";
import { createHandoff, type Handoff } from "../../../src/upstream/wire/handoff.ts";
import { countCrypto } from "../../support/crypto-count.ts";
import { poolConfig } from "../../support/pools.ts";
import { handoffRing } from "../../support/rings.ts";
import { copyOf, sessionOf, unsavedSession } from "../../support/sessions.ts";
import { at, T0 } from "../../support/time.ts";

const ISSUER = "https://shop.test";
let ring: KeyRing;
let handoff: Handoff;
/** The kids of the ring's keys, by another implementation of RFC 7638. */
let kids: string[];
beforeAll(async () => {
  ring = await handoffRing(4, 3);
  const { keys } = await createHandoff({ ring, issuer: ISSUER, dataBytes: 64 }).keySet();
  kids = await Promise.all(keys.map((key) => calculateJwkThumbprint(key as JWK)));
});
beforeEach(() => {
  handoff = createHandoff({ ring, issuer: ISSUER, dataBytes: 64 });
});

function pool(id = "shop", see: true | string[] = true): ResolvedPool {
  return { ...poolConfig(["a"]), id, session: { see, may: [], write: [] } };
}
function stored(given: Partial<View> = {}): Session {
  const attributes = given.attributes ?? { basket: "tea" };
  const view = copyOf("session-1", { attributes, attributeBytes: attributeBytesOf(attributes), ...given });
  return sessionOf(view);
}
/** The same while stores are down. */
function during(shown: Partial<Session>, given: Partial<View> = {}): Session {
  return { ...stored(given), ...shown };
}
const unsaved = () => unsavedSession(false);
const sign = (session: Session, from = pool(), now = T0) => handoff.sign(session, from, now);
const claimsOf = async (session: Session, from = pool()) => decodeJwt(await sign(session, from));

describe("a handoff says", () => {
  const times = { iat: T0 / 1000, exp: T0 / 1000 + 60 };

  it("which session a request belongs to, for whom and by whom", async () => {
    expect(await claimsOf(stored({ generation: 2, version: 7, principal: "alice" }))).toEqual({
      iss: ISSUER,
      aud: "shop",
      ...times,
      sid: "session-1",
      gen: 2,
      ver: 7,
      sub: "alice",
      data: { basket: "tea" },
    });
  });

  it("nothing of a session that exists nowhere but that it is new", async () => {
    expect(await claimsOf(unsaved())).toEqual({ iss: ISSUER, aud: "shop", ...times, gen: 0, ver: 0, new: true });
  });

  it("that a view is stale, when it may be older than the version that the visitor has seen, and only then", async () => {
    expect(await claimsOf(during({ stale: true }))).toMatchObject({ sid: "session-1", ver: 1, stale: true });
    expect(await claimsOf(during({ stale: true, journaled: true }))).toMatchObject({ stale: true });
    expect(await claimsOf(during({ journaled: true }))).not.toHaveProperty("stale");
    expect(await claimsOf(stored())).not.toHaveProperty("stale");
  });

  it("no principal when there is none", async () => expect(await claimsOf(stored())).not.toHaveProperty("sub"));

  it("the attributes up to its limit; beyond, the origin asks the session API", async () => {
    const room = 64 - attributeBytesOf({ a: "" });
    expect(await claimsOf(stored({ attributes: { a: "x".repeat(room) } }))).toHaveProperty("data");
    expect(await claimsOf(stored({ version: 2, attributes: { a: "x".repeat(room + 1) } }))).not.toHaveProperty("data");
  });

  it("the attributes that the pool may see, and measures only these", async () => {
    const session = stored({ attributes: { theme: "dark", secret: "x".repeat(100) } });
    expect((await claimsOf(session, pool("blog", ["theme"]))).data).toEqual({ theme: "dark" });
    expect((await claimsOf(session, pool("ads", []))).data).toEqual({});
    expect(await claimsOf(session, pool("shop"))).not.toHaveProperty("data");
  });

  it("__proto__ as a plain name", async () => {
    const jwt = await sign(
      stored({ attributes: JSON.parse('{"__proto__":{"admin":true}}') }),
      pool("p", ["__proto__"]),
    );
    expect(atob(jwt.split(".")[1] as string)).toContain('"data":{"__proto__":{"admin":true}}');
  });

  it("its claims in an order that does not change, as compact JSON", async () => {
    const [header, payload] = (await sign(stored({ principal: "alice" })))
      .split(".")
      .slice(0, 2)
      .map((part) => atob(part));
    expect(header).toBe(`{"alg":"ES256","kid":"${kids[0]}","typ":"JWT"}`);
    const own = '"sid":"session-1","gen":0,"ver":1,"sub":"alice","data":{"basket":"tea"}';
    const iat = T0 / 1000;
    expect(payload).toBe(`{${own},"iss":"${ISSUER}","aud":"shop","iat":${iat},"exp":${iat + 60}}`);
  });

  it("attributes in any script", async () => {
    const attributes = { näme: "茶 ☕ 🫖 \ud800" };
    const { data } = (await handoff.verify(await sign(stored({ attributes })), T0)) as { data?: unknown };
    expect(data).toEqual(attributes);
  });

  it("is signed by ES256 with the ring's first key, which the key set holds and nothing secret with it", async () => {
    const jwt = await sign(stored());
    expect(decodeProtectedHeader(jwt)).toEqual({ alg: "ES256", kid: kids[0], typ: "JWT" });
    const keySet = await handoff.keySet();
    expect(keySet.keys.map(({ kid }) => kid)).toEqual(kids);
    expect(keySet.keys.map((key) => Object.keys(key).sort())).toEqual([
      ["alg", "crv", "kid", "kty", "use", "x", "y"],
      ["alg", "crv", "kid", "kty", "use", "x", "y"],
    ]);
    const verified = await jwtVerify(jwt, createLocalJWKSet(keySet as never), {
      issuer: ISSUER,
      audience: "shop",
      currentDate: new Date(T0),
    });
    expect(verified.payload.sid).toBe("session-1");
  });
});

describe("a handoff is signed once", () => {
  const cost = (session: Session, from: ResolvedPool, now: number) => countCrypto(() => sign(session, from, now));

  it("per version of a session and pool, and reused while 30 seconds of it are left", async () => {
    const first = await sign(stored());
    expect(await cost(stored(), pool(), at(29.999))).toBe(0);
    expect(await sign(stored(), pool(), at(29.999))).toBe(first);
    expect(decodeJwt(await sign(stored(), pool(), at(30))).exp).toBe(T0 / 1000 + 90);
  });

  it.each<[string, Session, ResolvedPool]>([
    ["version", stored({ version: 2, attributes: { basket: "mug" } }), pool()],
    ["generation", stored({ generation: 1 }), pool()],
    ["session", stored({ id: "session-2" }), pool()],
    ["pool", stored(), pool("blog", [])],
  ])("and not shared with another %s", async (_what, session, from) => {
    const first = await sign(stored());
    const other = await sign(session, from);
    expect(other).not.toBe(first);
    const { view } = session;
    expect(decodeJwt(other)).toMatchObject({ aud: from.id, sid: view?.id, ver: view?.version, gen: view?.generation });
  });

  it.each<[string, Partial<Session>]>([
    ["may be older than what the visitor has seen", { stale: true }],
    ["shows what the journal holds beside its version", { journaled: true }],
  ])("unless the view %s: that is neither remembered nor taken from what is", async (_what, given) => {
    const [vouched, shown] = [stored(), during(given, { attributes: { basket: "rum" } })];
    const first = await sign(vouched);
    const other = await sign(shown);
    expect(decodeJwt(other)).toMatchObject({ ver: 1, data: { basket: "rum" } });
    expect(await cost(shown, pool(), T0)).toBeGreaterThan(0);
    expect(await sign(vouched)).toBe(first);
    handoff = createHandoff({ ring, issuer: ISSUER, dataBytes: 64 });
    await sign(shown);
    expect(decodeJwt(await sign(vouched))).toMatchObject({ data: { basket: "tea" } });
  });

  it("per pool for all sessions that exist nowhere", async () => {
    const first = await sign(unsaved());
    expect(await cost(unsaved(), pool(), T0)).toBe(0);
    expect(await sign(unsaved())).toBe(first);
    expect(await claimsOf(unsaved(), pool("blog"))).toMatchObject({ aud: "blog" });
  });
});

describe("signed handoffs", () => {
  it("are forgotten by their weight, so that large handoffs fill no isolate's memory", async () => {
    handoff = createHandoff({ ring, issuer: ISSUER, dataBytes: 16_384 });
    const attributes = { a: "x".repeat(16_000) };
    const first = await sign(stored());
    // Each has some 21,000 characters. There are twice as many as fit into the memory's weight, but far fewer than the
    // small handoffs that fit.
    for (let version = 2; version < 850; version++) await sign(stored({ version, attributes }));
    expect(await sign(stored())).not.toBe(first);
  });
});

describe("verifying", () => {
  it("gives the claims of a handoff of this ring, by any of its keys", async () => {
    const claims = { aud: "shop", sid: "session-1", gen: 0, ver: 1 };
    expect(await handoff.verify(await sign(stored()), T0)).toMatchObject(claims);
    const rotated = createHandoff({ ring: [ring[1] as (typeof ring)[0], ring[0]], issuer: ISSUER, dataBytes: 64 });
    expect(await rotated.verify(await sign(stored()), T0)).toMatchObject(claims);
  });

  it("ends with its 60 seconds", async () => {
    const jwt = await sign(stored());
    expect(await handoff.verify(jwt, at(59.999))).toBeDefined();
    expect(await handoff.verify(jwt, at(60))).toBeUndefined();
  });

  it("refuses a handoff of another ring, although its key has the same id", async () => {
    const foreign = createHandoff({ ring: await handoffRing(4), issuer: ISSUER, dataBytes: 64 });
    expect(await handoff.verify(await foreign.sign(stored(), pool(), T0), T0)).toBeUndefined();
  });

  it("refuses a handoff by a key that has left the ring", async () => {
    const later = createHandoff({ ring: [ring[1] as (typeof ring)[0]], issuer: ISSUER, dataBytes: 64 });
    expect(await later.verify(await sign(stored()), T0)).toBeUndefined();
  });

  it("refuses a handoff of another issuer", async () => {
    const other = createHandoff({ ring, issuer: "https://other.test", dataBytes: 64 });
    expect(await other.verify(await sign(stored()), T0)).toBeUndefined();
  });

  it.each([
    ["nothing", () => ""],
    ["junk", () => "a.b.c"],
    ["no signature", (jwt: string) => `${jwt.split(".").slice(0, 2).join(".")}.`],
    ["another payload", (jwt: string) => `${jwt.split(".")[0]}.${btoa('{"sid":"x"}')}.${jwt.split(".")[2]}`],
    [
      "the algorithm none",
      (jwt: string) => `${btoa(`{"alg":"none","kid":"${kids[0]}"}`).replaceAll("=", "")}.${jwt.split(".")[1]}.`,
    ],
  ])("refuses %s", async (_what, spoil) => {
    expect(await handoff.verify(spoil(await sign(stored())), T0)).toBeUndefined();
  });

  /** Other texts that the ring's first key could have signed. */
  async function signed(header: Record<string, unknown>, claims: unknown): Promise<string> {
    const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("pkcs8", ring[0].secret, algorithm, true, ["sign"]);
    const text = [header, claims]
      .map((part) => encodeBase64url(new TextEncoder().encode(JSON.stringify(part))))
      .join(".");
    const signature = await crypto.subtle.sign(algorithm, key, new TextEncoder().encode(text));
    return `${text}.${encodeBase64url(new Uint8Array(signature))}`;
  }
  const headerBy = (kid: string | undefined) => ({ alg: "ES256", kid, typ: "JWT" });
  const whole = { iss: ISSUER, aud: "shop", sid: "s", gen: 0, ver: 1, iat: T0 / 1000, exp: T0 / 1000 + 60 };

  it("accepts a handoff that its key has signed", async () => {
    expect(await handoff.verify(await signed(headerBy(kids[0]), whole), T0)).toEqual(whole);
  });

  it.each<[string, Record<string, unknown>, unknown]>([
    ["another algorithm", { alg: "HS256" }, whole],
    ["no key", { kid: undefined }, whole],
    ["a key by its id in the ring", { kid: "4" }, whole],
    ["extensions that have to be understood", { crit: ["b64"], b64: false }, whole],
    ["claims that are a list", {}, [whole]],
    ["claims that are nothing", {}, null],
    ["a session that is no text", {}, { ...whole, sid: 1 }],
    ["a generation that is no number", {}, { ...whole, gen: "0" }],
    ["an end that is no number", {}, { ...whole, exp: "9999999999" }],
  ])("refuses %s, though its key has signed that", async (_what, head, claims) => {
    expect(await handoff.verify(await signed({ ...headerBy(kids[0]), ...head }, claims), T0)).toBeUndefined();
  });

  it("refuses a key of the ring that has not signed it", async () => {
    expect(await handoff.verify(await signed(headerBy(kids[1]), whole), T0)).toBeUndefined();
  });

  it("refuses a signature that is written in another way", async () => {
    const jwt = await sign(stored());
    const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    // The last character has four spare bits.
    const spare = last[(last.indexOf(jwt.at(-1) as string) & 0b110000) | 1] as string;
    expect(await handoff.verify(`${jwt.slice(0, -1)}${spare}`, T0)).toBeUndefined();
    expect(await handoff.verify(`${jwt}==`, T0)).toBeUndefined();
  });

  it("refuses a JWT that its key has signed for another purpose", async () => {
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    const key = await crypto.subtle.importKey("pkcs8", ring[0].secret, algorithm, true, ["sign"]);
    const jwt = (claims: Record<string, unknown>) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: "ES256", kid: kids[0] as string })
        .setIssuer(ISSUER)
        .sign(key);
    const least = { aud: "shop", iat: T0 / 1000, exp: T0 / 1000 + 60, gen: 0, ver: 1 };
    expect(await handoff.verify(await jwt(least), T0)).toMatchObject({ aud: "shop" });
    for (const name of Object.keys(least)) {
      expect(await handoff.verify(await jwt({ ...least, [name]: undefined }), T0), name).toBeUndefined();
    }
  });
});
