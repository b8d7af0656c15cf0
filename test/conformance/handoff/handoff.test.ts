/** @any-runtime */
/** @quick */
/** @any-authority */
import {
  calculateJwkThumbprint,
  createRemoteJWKSet,
  decodeProtectedHeader,
  type JWK,
  type JWTPayload,
  jwtVerify,
} from "jose";
import { afterAll, describe, expect, it } from "vitest";
import { OVER_HTTPS, type Told } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";

const origin = await startOrigin("a");
/** Hosts that visitors ask for, with the host as it is told. */
const ASKED = [
  ["shop.test", "shop.test"],
  ["A.shop.test:8443", "a.shop.test:8443"],
  ["a.shop.test:443", "a.shop.test"],
] as const;
const HOSTS = ASKED.map(([, host]) => host);
const site = await startSite([origin], { handoff: { dataBytes: 100 }, hosts: HOSTS });
const jwks = new URL(`http://127.0.0.1:${site.moor.port}/.moor/jwks.json`);
const keys = createRemoteJWKSet(jwks, { headers: OVER_HTTPS });
afterAll(async () => {
  await site.stop();
  await origin.kill();
});

const jwtOf = (told: Told) => told.headers["moor-session"] ?? "";

/** The claims, verified as an origin would with any JWT library. */
async function verified(told: Told): Promise<JWTPayload> {
  const expected = { issuer: TEST_ISSUER, audience: "shop", algorithms: ["ES256"], requiredClaims: ["iat", "exp"] };
  return (await jwtVerify(jwtOf(told), keys, expected)).payload;
}

describe("the handoff", () => {
  it("is a JWT that any library verifies with the published keys", async () => {
    const client = site.client();
    await client.ask("/?login=alice&set=basket:apples", { method: "POST" });
    const { told } = await client.ask("/");
    const claims = await verified(told);
    expect(claims).toMatchObject({
      iss: TEST_ISSUER,
      aud: "shop",
      sub: "alice",
      gen: 1,
      ver: 1,
      data: { basket: "apples" },
    });
    expect(claims.sid).toMatch(/^[\w-]{22}$/);
    expect(claims).not.toHaveProperty("new");
    expect(decodeProtectedHeader(jwtOf(told))).toEqual({ alg: "ES256", kid: expect.any(String), typ: "JWT" });
  });

  it("is valid for 60 seconds, and for the 30 for which it is reused", async () => {
    const { iat = 0, exp = 0 } = await verified((await site.client().ask("/")).told);
    expect([90, 91]).toContain(exp - iat);
    expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(60);
  });

  it("fails the check when it is changed, or meant for somebody else", async () => {
    const { told } = await site.client().ask("/?login=alice");
    const [header, payload, signature] = jwtOf(told).split(".");
    const forged = Buffer.from(JSON.stringify({ ...(await verified(told)), sub: "mallory" })).toString("base64url");
    await expect(jwtVerify([header, forged, signature].join("."), keys)).rejects.toThrow("signature");
    await expect(jwtVerify(jwtOf(told), keys, { audience: "blog" })).rejects.toThrow("aud");
    await expect(jwtVerify([header, payload, "A".repeat(86)].join("."), keys)).rejects.toThrow("signature");
  });

  it("of a session that is not stored names no session, and is the same for all such sessions", async () => {
    const [one, other] = await Promise.all([site.client().ask("/"), site.client().ask("/")]);
    expect(jwtOf(one.told)).toBe(jwtOf(other.told));
    const { iat, exp, ...claims } = await verified(one.told);
    expect(claims).toEqual({
      iss: TEST_ISSUER,
      aud: "shop",
      host: "shop.test",
      scheme: "https",
      gen: 0,
      ver: 0,
      new: true,
    });
  });

  it.each(ASKED)("tells the address that the client asked for: %s", async (asked, host) => {
    const { told } = await site.client().ask("/", { headers: { Host: asked } });
    expect(await verified(told)).toMatchObject({ host, scheme: "https" });
  });

  it("tells when the session was born, when it ends, and when the principal logged in, as the session API does", async () => {
    const client = site.client();
    const now = Math.floor(Date.now() / 1000);
    await client.ask("/?login=alice", { method: "POST" });
    // The first page after the login touches the session once its origin has answered, so a second may have passed by then.
    await client.ask("/");
    const { told } = await client.ask("/");
    const claims = await verified(told);
    const { born, idle, absolute, auth_time: loggedIn } = claims as Record<string, number>;
    expect(born).toBeGreaterThanOrEqual(now - 1);
    expect(born).toBeLessThan(now + 120);
    expect(loggedIn).toBeGreaterThanOrEqual(born as number);
    expect(loggedIn).toBeLessThan(now + 120);
    expect(absolute).toBe((born as number) + 604_800);
    // The idle timeout, and the tenth of it for which a touch may be late.
    expect(Number(idle) - 43_200 * 1.1).toBeGreaterThanOrEqual(now);
    expect(Number(idle) - 43_200 * 1.1).toBeLessThan(now + 120);
    const seconds = (milliseconds: unknown) => Math.floor(Number(milliseconds) / 1000);
    const url = `http://127.0.0.1:${site.moor.port}/.moor/session`;
    const answer = await fetch(url, { headers: { ...OVER_HTTPS, Authorization: `Bearer ${jwtOf(told)}` } });
    const stored = (await answer.json()) as Record<string, unknown>;
    expect(seconds(stored.bornAt)).toBe(born);
    expect(seconds(stored.loggedInAt)).toBe(loggedIn);
    expect(seconds(stored.idleDeadline)).toBe(idle);
    expect(seconds(stored.absoluteDeadline)).toBe(absolute);
  });

  it("of a stored session is signed once per version", async () => {
    const client = site.client();
    await client.ask("/?set=basket:apples", { method: "POST" });
    const jwts = [];
    for (const path of ["/", "/", "/?set=basket:pears", "/", "/"]) jwts.push(jwtOf((await client.ask(path)).told));
    expect(new Set(jwts).size).toBe(2);
    expect(new Set(jwts.slice(0, 3)).size).toBe(1);
  });

  it("counts versions by changes, and generations by logins and rotations", async () => {
    const client = site.client();
    const seen = [];
    for (const path of ["/?set=a:1", "/?set=a:2&set=b:1", "/?login=alice", "/?login=alice", "/?rotate", "/"]) {
      const { ver, gen } = await verified((await client.ask(path, { method: "POST" })).told);
      seen.push([ver, gen]);
    }
    expect(seen).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 1],
      [4, 2],
      [5, 3],
    ]);
  });

  it("brings the attributes up to the limit, counted as UTF-8 JSON, and no attributes above it", async () => {
    const client = site.client();
    const fits = { a: `é${"x".repeat(100 - '{"a":"é"}'.length - 1)}` };
    expect(Buffer.byteLength(JSON.stringify(fits))).toBe(100);
    await client.ask(`/?patch=${escaped(fits)}`, { method: "POST" });
    expect((await verified((await client.ask("/")).told)).data).toEqual(fits);
    await client.ask(`/?patch=${escaped({ a: `${fits.a}x` })}`, { method: "POST" });
    expect(await verified((await client.ask("/")).told)).not.toHaveProperty("data");
  });
});

describe("the published keys", () => {
  it("are the public halves alone, and may be kept", async () => {
    const answer = await fetch(jwks, { headers: OVER_HTTPS });
    expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
    const { keys: published } = (await answer.json()) as { keys: JWK[] };
    const point = { x: expect.any(String), y: expect.any(String) };
    expect(published).toEqual([
      { kty: "EC", crv: "P-256", ...point, kid: expect.any(String), alg: "ES256", use: "sig" },
    ]);
    expect(published[0]?.kid).toBe(await calculateJwkThumbprint(published[0] as JWK));
  });
});

/** JSON in ASCII, in a query. */
function escaped(patch: object): string {
  const ascii = JSON.stringify(patch).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return encodeURIComponent(ascii);
}
