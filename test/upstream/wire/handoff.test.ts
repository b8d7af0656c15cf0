import { calculateJwkThumbprint, createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JWK, jwtVerify } from "jose";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ResolvedPool } from "../../../src/config/resolved.ts";
import type { KeyRing } from "../../../src/inbound/token/key-ring.ts";
import { attributeBytesOf, type View } from "../../../src/session/record.ts";
import type { Session } from "../../../src/session/session.ts";
import type { Handoff } from "../../../src/upstream/wire/handoff.ts";
import { countCrypto } from "../../support/crypto-count.ts";
import { ADDRESS, handoffsBy, ISSUER } from "../../support/handoffs.ts";
import { poolConfig } from "../../support/pools.ts";
import { handoffRing } from "../../support/rings.ts";
import { copyOf, sessionOf, unsavedSession } from "../../support/sessions.ts";
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
const sign = (session: Session, from = pool(), now = T0) => handoff.sign(session, { pool: from, ...ADDRESS }, now);
const claimsOf = async (session: Session, from = pool()) => decodeJwt(await sign(session, from));

describe("a handoff says", () => {
  // 60 seconds, and the 30 for which it is reused.
  const times = { iat: T0 / 1000, exp: T0 / 1000 + 90 };

  it("which session a request belongs to, for whom and by whom", async () => {
    expect(await claimsOf(stored({ generation: 2, version: 7, principal: "alice" }))).toEqual({
      iss: ISSUER,
      aud: "shop",
      ...times,
      sid: "session-1",
      gen: 2,
      ver: 7,
      sub: "alice",
      born: T0 / 1000,
      idle: T0 / 1000 + 3_960,
      absolute: T0 / 1000 + 86_400,
      ...ADDRESS,
      data: { basket: "tea" },
    });
  });

  it("when the principal logged in", async () => {
    const loggedInAt = T0 + 1_999;
    expect(await claimsOf(stored({ principal: "alice", loggedInAt }))).toMatchObject({ auth_time: T0 / 1000 + 1 });
    expect(await claimsOf(stored({ version: 2 }))).not.toHaveProperty("auth_time");
  });

  it("the public address that the client asked for, whatever session it has", async () => {
    for (const session of [stored(), unsaved()]) {
      for (const address of [ADDRESS, { host: "a.test:8443", scheme: "https" }, { host: "a.test", scheme: "http" }]) {
        expect(decodeJwt(await handoff.sign(session, { pool: pool(), ...address }, T0))).toMatchObject(address);
      }
    }
  });

  it("nothing of a session that exists nowhere but that it is new", async () => {
    expect(await claimsOf(unsaved())).toEqual({
      iss: ISSUER,
      aud: "shop",
      ...times,
      ...ADDRESS,
      gen: 0,
      ver: 0,
      new: true,
    });
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
    const iat = T0 / 1000;
    const own = `"sid":"session-1","gen":0,"ver":1,"sub":"alice","born":${iat},"data":{"basket":"tea"}`;
    const deadlines = `"idle":${iat + 3_960},"absolute":${iat + 86_400}`;
    const address = '"host":"shop.test","scheme":"https"';
    expect(payload).toBe(
      `{${own},${deadlines},${address},"iss":"${ISSUER}","aud":"shop","iat":${iat},"exp":${iat + 90}}`,
    );
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

  it("per version of a session and pool, and reused while its whole life is left", async () => {
    const first = await sign(stored());
    expect(await cost(stored(), pool(), at(29.999))).toBe(0);
    expect(await sign(stored(), pool(), at(29.999))).toBe(first);
    expect(decodeJwt(await sign(stored(), pool(), at(30))).exp).toBe(T0 / 1000 + 120);
  });

  it.each([
    [10, 5],
    [60, 30],
    [61, 30],
    [3_600, 30],
  ])("and has %d seconds left when it is sent, if it is configured so, and is reused for %d", async (life, reuse) => {
    handoff = handoffsBy(ring, { lifeSeconds: life });
    const signedAt = at(0.25);
    const first = await sign(stored(), pool(), signedAt);
    const last = signedAt + reuse * 1000 - 1;
    expect(await sign(stored(), pool(), last)).toBe(first);
    expect(await sign(stored(), pool(), last + 1)).not.toBe(first);
    const left = Number(decodeJwt(first).exp) * 1000 - last;
    expect(left).toBeGreaterThanOrEqual(life * 1000);
    expect(left).toBeLessThan(life * 1000 + 1_001);
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
    handoff = handoffsBy(ring);
    await sign(shown);
    expect(decodeJwt(await sign(vouched))).toMatchObject({ data: { basket: "tea" } });
  });

  it("and not shared with another public address", async () => {
    const signed = [];
    for (const address of [ADDRESS, { ...ADDRESS, host: "other.test" }, { ...ADDRESS, scheme: "http" }]) {
      for (const session of [stored(), unsaved()])
        signed.push(await handoff.sign(session, { pool: pool(), ...address }, T0));
    }
    expect(new Set(signed).size).toBe(6);
  });

  it("for each of four pools that a session meets in turn, and no more", async () => {
    const pools = ["a", "b", "c", "d", "e"].map((id) => pool(id));
    for (const each of pools.slice(0, 4)) await sign(stored(), each);
    for (const each of pools.slice(0, 4)) expect(await cost(stored(), each, T0)).toBe(0);
    await sign(stored(), pools[4]);
    expect(await cost(stored(), pools[0] as ResolvedPool, T0)).toBeGreaterThan(0);
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
    handoff = handoffsBy(ring, { dataBytes: 16_384 });
    const attributes = { a: "x".repeat(16_000) };
    const first = await sign(stored());
    // Each has some 21,000 characters. There are twice as many as fit into the memory's weight, but far fewer than the
    // small handoffs that fit.
    for (let number = 2; number < 850; number++) await sign(stored({ id: `session-${number}`, attributes }));
    expect(await sign(stored())).not.toBe(first);
  });
});
