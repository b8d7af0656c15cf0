import { calculateJwkThumbprint, type JWK, SignJWT } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KeyRing } from "../../../src/inbound/token/key-ring.ts";
import { encodeBase64url } from "../../../src/lib/base64url.ts";
import type { Session } from "../../../src/session/session.ts";
import type { Handoff } from "../../../src/upstream/wire/handoff.ts";
import { ADDRESS, handoffsBy, ISSUER } from "../../support/handoffs.ts";
import { poolConfig } from "../../support/pools.ts";
import { handoffRing } from "../../support/rings.ts";
import { copyOf, sessionOf } from "../../support/sessions.ts";
import { at, T0 } from "../../support/time.ts";

let ring: KeyRing;
let handoff: Handoff;
/** The kids of the ring's keys, by another implementation of RFC 7638. */
let kids: string[];
beforeAll(async () => {
  ring = await handoffRing(4, 3);
  const { keys } = await handoffsBy(ring).keySet();
  kids = await Promise.all(keys.map((key) => calculateJwkThumbprint(key as JWK)));
});
beforeEach(() => {
  handoff = handoffsBy(ring);
});

const pool = () => poolConfig(["a"]);
const stored = () => sessionOf(copyOf("session-1", { attributes: { basket: "tea" }, attributeBytes: 16 }));
const sign = (session: Session) => handoff.sign(session, { pool: pool(), ...ADDRESS }, T0);

describe("verifying", () => {
  it("gives the claims of a handoff of this ring, by any of its keys", async () => {
    const claims = { aud: "shop", sid: "session-1", gen: 0, ver: 1 };
    expect(await handoff.verify(await sign(stored()), T0)).toMatchObject(claims);
    const rotated = handoffsBy([ring[1] as (typeof ring)[0], ring[0]]);
    expect(await rotated.verify(await sign(stored()), T0)).toMatchObject(claims);
  });

  it("ends with its 90 seconds", async () => {
    const jwt = await sign(stored());
    expect(await handoff.verify(jwt, at(89.999))).toBeDefined();
    expect(await handoff.verify(jwt, at(90))).toBeUndefined();
  });

  it("refuses a handoff of another ring, although its key has the same id", async () => {
    const foreign = handoffsBy(await handoffRing(4));
    expect(await handoff.verify(await foreign.sign(stored(), { pool: pool(), ...ADDRESS }, T0), T0)).toBeUndefined();
  });

  it("refuses a handoff by a key that has left the ring", async () => {
    const later = handoffsBy([ring[1] as (typeof ring)[0]]);
    expect(await later.verify(await sign(stored()), T0)).toBeUndefined();
  });

  it("refuses a handoff of another issuer", async () => {
    const other = handoffsBy(ring, { issuer: "https://other.test" });
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
