/** @quick */
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterAll, describe, expect, it } from "vitest";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const AUD = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2";

type Key = CryptoKey;
interface TeamKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: Key;
  readonly jwk: object;
}

async function teamKey(kid: string, alg = "RS256"): Promise<TeamKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

// A stand-in on this machine for `https://TEAM.cloudflareaccess.com`.
const team = await startLocalOrigin("team");
const [current, next, elliptic, foreign] = await Promise.all([
  teamKey("1"),
  teamKey("2"),
  teamKey("3", "ES256"),
  teamKey("1"),
]);
let published: object[] = [current.jwk, elliptic.jwk];
const asked: string[] = [];
team.answers((request, response) => {
  asked.push(request.url ?? "");
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ keys: published }));
});

const origin = await startOrigin("a");
const site = await startSite([origin], { admin: { access: { team: team.url, aud: AUD } } });
afterAll(async () => {
  await site.stop();
  await Promise.all([team.stop(), origin.kill()]);
});

const now = () => Math.floor(Date.now() / 1000);

/** A JWT as Access adds it to the requests that it lets through, with the changes of a test. */
function assertion(
  changes: Partial<Record<keyof JWTPayload, unknown>> = {},
  { kid, alg, privateKey } = current,
): Promise<string> {
  const claims = {
    iss: team.url,
    aud: [AUD],
    iat: now(),
    exp: now() + 60,
    email: "eve@example.com",
    ...changes,
  } as JWTPayload;
  return new SignJWT(claims).setProtectedHeader({ alg, kid, typ: "JWT" }).sign(privateKey);
}

async function statusFor(jwt: string, headers: Record<string, string> = {}): Promise<number | string> {
  const sent = { "Cf-Access-Jwt-Assertion": jwt, ...headers };
  const { status, text } = await site.client().send("/.moor/admin/sessions/AAAAAAAAAAAAAAAAAAAAAA", { headers: sent });
  return status === 404 ? (JSON.parse(text).code as string) : status;
}
/** The id of a request, as Cloudflare gives it. */
const RAY = "8f2c0d9a7b6e5f41-FRA";
/** The answer to an admin, and the answer to everybody else. */
const ADMIN = "not_found";
const NOBODY = "no_route";

describe("Cloudflare Access", () => {
  it("admits the people that it has let through, and the log names them", async () => {
    expect(await statusFor(await assertion(), { "CF-Ray": RAY })).toBe(ADMIN);
    expect(asked).toEqual(["/cdn-cgi/access/certs"]);
    const about = { action: "look", status: 404, session: "AAAAAAAA" };
    const line = { event: "admin", request: RAY, who: "access:eve@example.com", ...about };
    await expect.poll(() => site.moor.logged).toContain(JSON.stringify(line));
  });

  it("is asked for the keys of the team once, for the admin API and the counters together", async () => {
    const headers = { "Cf-Access-Jwt-Assertion": await assertion() };
    expect(await statusFor(headers["Cf-Access-Jwt-Assertion"])).toBe(ADMIN);
    expect((await site.client().send("/.moor/metrics", { headers })).status).toBe(200);
    expect(asked).toEqual(["/cdn-cgi/access/certs"]);
  });

  it("lets machines in by their service token's name", async () => {
    expect(await statusFor(await assertion({ email: undefined, common_name: "nightly.access" }))).toBe(ADMIN);
    await expect.poll(() => site.moor.logged.at(-1)).toContain('"who":"access:nightly.access"');
  });

  it("asks for the team's keys once, not for each request", async () => {
    for (let request = 0; request < 5; request++) await statusFor(await assertion());
    expect(asked.length).toBe(1);
  });

  it.each<[string, () => Promise<string>]>([
    ["of another application", () => assertion({ aud: ["another"] })],
    ["of no application", () => assertion({ aud: undefined })],
    ["of another team", () => assertion({ iss: "https://other.cloudflareaccess.com" })],
    ["that has expired", () => assertion({ iat: now() - 120, exp: now() - 60 })],
    ["that never expires", () => assertion({ exp: undefined })],
    ["that is not valid yet", () => assertion({ nbf: now() + 60 })],
    ["without the time of its issue", () => assertion({ iat: undefined })],
    ["signed by another's key of the same name", () => assertion({}, foreign)],
    ["signed by a key of the team with another algorithm", () => assertion({}, elliptic)],
    ["whose signature is cut off", async () => (await assertion()).replace(/[^.]+$/, "")],
    ["whose claims were changed", async () => altered(await assertion())],
    ["that says it needs no signature", async () => unsigned()],
    ["signed with the public key as a shared secret", async () => confused()],
    ["that is none", async () => "x"],
  ])("lets in nobody with a JWT %s", async (_what, jwt) => {
    expect(await statusFor(await jwt())).toBe(NOBODY);
  });

  it("is not told by a cookie, nor by a bearer token", async () => {
    const jwt = await assertion();
    expect(await statusFor("", { Cookie: `CF_Authorization=${jwt}` })).toBe(NOBODY);
    expect(await statusFor("", { Authorization: `Bearer ${jwt}` })).toBe(NOBODY);
  });

  it("lets no browser's page in", async () => {
    expect(await statusFor(await assertion(), { "Sec-Fetch-Site": "same-origin" })).toBe(NOBODY);
  });

  it("leaves no JWT in the log, and why it was refused", async () => {
    const jwt = await assertion({ aud: ["another"] });
    await statusFor(jwt, { "CF-Ray": RAY });
    await expect
      .poll(() => site.moor.logged.at(-1))
      .toBe(`{"event":"admin_refused","request":"${RAY}","reason":"the JWT of Access: aud"}`);
    expect(site.moor.logged.some((line) => line.includes(jwt.slice(0, 20)))).toBe(false);
  });
});

describe("keys that are out of reach, or changed", () => {
  it("are fetched anew for a key that is not known, so that a rotation locks no admin out", async () => {
    const fresh = await startSite([origin], { admin: { access: { team: team.url, aud: AUD } } });
    try {
      published = [current.jwk, next.jwk];
      const headers = { "Cf-Access-Jwt-Assertion": await assertion({}, next) };
      const answer = await fresh.client().send("/.moor/admin/sessions/AAAAAAAAAAAAAAAAAAAAAA", { headers });
      expect(JSON.parse(answer.text).code).toBe(ADMIN);
    } finally {
      await fresh.stop();
    }
  });

  it("admit no admin", async () => {
    const stopped = await startLocalOrigin("stopped");
    await stopped.stop();
    const cut = await startSite([origin], { admin: { access: { team: stopped.url, aud: AUD } } });
    try {
      const headers = { "Cf-Access-Jwt-Assertion": await assertion({ iss: stopped.url }) };
      const answer = await cut.client().send("/.moor/admin/sessions/AAAAAAAAAAAAAAAAAAAAAA", { headers });
      expect(JSON.parse(answer.text).code).toBe(NOBODY);
      await expect.poll(() => cut.moor.logged.join("\n")).toContain('"event":"admin_refused"');
    } finally {
      await cut.stop();
    }
  });
});

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

function altered(jwt: string): string {
  const [head, claims = "", signature] = jwt.split(".");
  const read = JSON.parse(Buffer.from(claims, "base64url").toString());
  return [head, encode({ ...read, email: "root@example.com" }), signature].join(".");
}

function unsigned(): string {
  return `${encode({ alg: "none", kid: "1" })}.${encode({ iss: team.url, aud: [AUD], iat: now(), exp: now() + 60 })}.`;
}

async function confused(): Promise<string> {
  const secret = new TextEncoder().encode(JSON.stringify(current.jwk));
  const claims = { iss: team.url, aud: [AUD], iat: now(), exp: now() + 60 };
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "1" }).sign(secret);
}
