import { UnsecuredJWT } from "jose";
import { describe, expect, it, vi } from "vitest";
import { answer, CLAIMS, ISSUER, k1, k2, NOW, originWith, SID, sessionWith } from "./moor.ts";

const genuine = await k1.sign();
const base64 = (bytes: ArrayBuffer) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("=", "")
    .replaceAll("+", "-")
    .replaceAll("/", "_");
const base64url = (value: unknown) => btoa(JSON.stringify(value)).replaceAll("=", "");

describe("reading a handoff", () => {
  it("gives the session that Moor told of", async () => {
    const session = await originWith().session(await k1.sign());
    expect(session).toMatchObject({
      id: SID,
      version: 4,
      generation: 1,
      principal: "alice",
      isNew: false,
      stale: false,
      attributes: { basket: { tea: 2 } },
    });
  });

  it("gives a session that is not stored yet: no id, no principal, no attributes, nothing asked", async () => {
    const { session, asked } = originWith();
    const claims = { sid: undefined, sub: undefined, data: undefined, gen: 0, ver: 0, new: true };
    const view = await session(await k1.sign(claims));
    expect(view).toMatchObject({ version: 0, generation: 0, isNew: true, attributes: {} });
    expect([view.id, view.principal]).toEqual([undefined, undefined]);
    expect(asked).toHaveLength(1);
  });

  it("says when the session may be older than the version that the visitor has seen", async () => {
    expect((await sessionWith({ stale: true })).stale).toBe(true);
  });

  it("reads Fetch headers, a Fetch request and Node's plain headers alike", async () => {
    const { origin } = originWith();
    const jwt = await k1.sign();
    const request = new Request("http://a.example/", { headers: { "moor-session": jwt } });
    for (const source of [request, request.headers, { headers: { "moor-session": jwt } }]) {
      expect((await origin.session(source)).id).toBe(SID);
    }
  });

  it("gives the public address and the times of a stored session, in milliseconds", async () => {
    const claims = { host: "a.test", scheme: "https", born: NOW - 9, idle: NOW + 600, absolute: NOW + 6_000 };
    const times = {
      bornAt: (NOW - 9) * 1000,
      idleDeadline: (NOW + 600) * 1000,
      absoluteDeadline: (NOW + 6_000) * 1000,
    };
    expect(await sessionWith(claims)).toMatchObject({ host: "a.test", scheme: "https", times });
    const { times: ofLogin } = await sessionWith({ ...claims, auth_time: NOW - 5 });
    expect(ofLogin).toEqual({ ...times, loggedInAt: (NOW - 5) * 1000 });
  });

  it("has no times and no address in a handoff of an earlier release", async () => {
    const { host, scheme, times } = await sessionWith();
    expect([host, scheme, times]).toEqual([undefined, undefined, undefined]);
  });

  it("takes a clock difference of 15 seconds, or the configured difference", async () => {
    const early = await k1.sign({ iat: NOW + 15, exp: NOW + 75 });
    const late = await k1.sign({ iat: NOW - 74, exp: NOW - 14 });
    expect((await originWith().session(early)).id).toBe(SID);
    expect((await originWith().session(late)).id).toBe(SID);
    await expect(originWith({ clockToleranceSeconds: 0 }).session(early)).rejects.toMatchObject({
      code: "handoff-expired",
    });
  });
});

describe("a handoff that is not Moor's", () => {
  const [, payload = "", signature = ""] = genuine.split(".");
  /** Signed by Moor's key as ES256 is, whatever the header says. */
  const signed = async (header: object) => {
    const input = `${base64url(header)}.${payload}`;
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    return `${input}.${base64(await crypto.subtle.sign(algorithm, k1.privateKey, new TextEncoder().encode(input)))}`;
  };
  const hmacKey = new TextEncoder().encode(JSON.stringify(k1.jwk));
  const attacks: [what: string, code: string, jwt: string | Promise<string>][] = [
    ["is empty", "handoff-malformed", ""],
    ["is no JWT", "handoff-malformed", "alice"],
    ["has another number of parts", "handoff-malformed", `${genuine}.e30`],
    ["came twice", "handoff-malformed", `${genuine}, ${genuine}`],
    ["is above 32 KiB", "handoff-malformed", k1.sign({ data: { big: "x".repeat(25_000) } })],
    ["has a header that is no JSON", "handoff-malformed", `AAAA.${payload}.${signature}`],
    ["has a header that is no object", "handoff-malformed", `${base64url([])}.${payload}.${signature}`],
    ["has a header that is no base64url", "handoff-malformed", `A.${payload}.${signature}`],
    ["is unsigned", "handoff-malformed", new UnsecuredJWT(CLAIMS).encode()],
    ["says alg none above a good signature", "handoff-untrusted", signed({ alg: "none", kid: "k1", typ: "JWT" })],
    ["says HS256", "handoff-untrusted", signed({ alg: "HS256", kid: "k1", typ: "JWT" })],
    ["is an HMAC with the public key, said to be ES256", "handoff-untrusted", hmacPosingAsEs256()],
    ["says ES384", "handoff-untrusted", signed({ alg: "ES384", kid: "k1", typ: "JWT" })],
    ["has no kid", "handoff-malformed", k1.sign({}, { kid: undefined })],
    ["is of another type", "handoff-malformed", k1.sign({}, { typ: "at+jwt" })],
    ["has critical extensions", "handoff-malformed", signed({ alg: "ES256", kid: "k1", typ: "JWT", crit: ["b64"] })],
    ["names an unknown key", "handoff-untrusted", k1.sign({}, { kid: "k3" })],
    ["names another key than it is signed with", "handoff-untrusted", k1.sign({}, { kid: "k2" })],
    ["names a kid out of Object.prototype", "handoff-untrusted", k1.sign({}, { kid: "constructor" })],
    ["has another payload", "handoff-untrusted", tampered()],
    ["is of another issuer", "handoff-misdirected", k1.sign({ iss: "https://shop.example.com.evil.example" })],
    ["has no issuer", "handoff-misdirected", k1.sign({ iss: undefined })],
    ["is for another pool", "handoff-misdirected", k1.sign({ aud: "admin" })],
    ["is for several pools", "handoff-misdirected", k1.sign({ aud: ["shop", "admin"] })],
    ["has expired", "handoff-expired", k1.sign({ iat: NOW - 75, exp: NOW - 15 })],
    ["is from the future", "handoff-expired", k1.sign({ iat: NOW + 16, exp: NOW + 76 })],
    ["never expires", "handoff-malformed", k1.sign({ exp: undefined })],
    ["expires at no time", "handoff-malformed", k1.sign({ exp: "2100-01-01" })],
    ["has a sid that is no string", "handoff-malformed", k1.sign({ sid: 7 })],
    ["has a principal that is no string", "handoff-malformed", k1.sign({ sub: ["alice"] })],
    ["has no version", "handoff-malformed", k1.sign({ ver: undefined })],
    ["has a negative generation", "handoff-malformed", k1.sign({ gen: -1 })],
    ["is new in a manner of speaking", "handoff-malformed", k1.sign({ new: "yes" })],
    ["has attributes that are no object", "handoff-malformed", k1.sign({ data: ["basket"] })],
  ];

  it.each(attacks)("is refused if it %s (%s)", async (_what, code, jwt) => {
    await expect(originWith().session(await jwt)).rejects.toMatchObject({ name: "MoorOriginError", code });
  });

  it("is refused if it is missing, not taken for an anonymous visitor", async () => {
    await expect(originWith().origin.session(new Headers())).rejects.toMatchObject({ code: "handoff-missing" });
    await expect(originWith().origin.session({ headers: {} })).rejects.toMatchObject({ code: "handoff-missing" });
  });

  it("says which pool it found and which pool it accepts, when it is for another pool", async () => {
    const handoff = await k2.sign({ aud: "admin" });
    await expect(originWith().session(handoff)).rejects.toThrow('its audience is "admin", not "shop"');
  });

  async function hmacPosingAsEs256(): Promise<string> {
    const key = await crypto.subtle.importKey("raw", hmacKey, { name: "HMAC", hash: "SHA-512" }, false, ["sign"]);
    const input = `${base64url({ alg: "ES256", kid: "k1", typ: "JWT" })}.${payload}`;
    return `${input}.${base64(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(input)))}`;
  }

  function tampered(): string {
    const [header] = genuine.split(".");
    return `${header}.${base64url({ ...CLAIMS, sub: "mallory" })}.${signature}`;
  }
});

describe("a handoff that comes again", () => {
  /** How many signatures `work` has checked. */
  async function checksOf(work: () => Promise<unknown>): Promise<number> {
    const spy = vi.spyOn(crypto.subtle, "verify");
    try {
      await work();
      return spy.mock.calls.length;
    } finally {
      spy.mockRestore();
    }
  }

  it("is not checked again", async () => {
    const { session } = originWith();
    expect(await checksOf(() => session(genuine))).toBe(1);
    expect(await checksOf(() => session(genuine))).toBe(0);
  });

  it("gives attributes of its own to each request", async () => {
    const { session } = originWith();
    const { basket } = (await session(genuine)).attributes as { basket: { tea: number } };
    basket.tea = 0;
    expect((await session(genuine)).attributes).toEqual({ basket: { tea: 2 } });
  });

  it("is refused once it has expired", async () => {
    let now = NOW;
    const { session } = originWith({ now: () => now * 1000 });
    await session(genuine);
    now += 75;
    await expect(session(genuine)).rejects.toMatchObject({ code: "handoff-expired" });
  });

  it("is refused once its key is published no more", async () => {
    let now = NOW;
    let keys = [k1.jwk];
    const { session } = originWith({ now: () => now * 1000, fetch: async () => answer({ keys }) });
    await session(genuine);
    keys = [k2.jwk];
    now += 30;
    await session(await k2.sign());
    await expect(session(genuine)).rejects.toMatchObject({ code: "handoff-untrusted" });
  });

  it("is not checked again because the keys were read again, as long as its key is published", async () => {
    let now = NOW;
    const { session, asked } = originWith({ now: () => now * 1000, clockToleranceSeconds: 60 });
    const longLived = await k1.sign({ exp: NOW + 600 });
    await session(longLived);
    now += 300;
    expect(await checksOf(() => session(longLived))).toBe(0);
    expect(asked).toHaveLength(2);
  });

  it("is checked again with another signature, or with an additional character", async () => {
    const { session } = originWith();
    await session(genuine);
    const [header, payload, signature = ""] = genuine.split(".");
    const forged = `${header}.${payload}.${signature.slice(0, -2)}AA`;
    await expect(session(forged)).rejects.toMatchObject({ code: "handoff-untrusted" });
    await expect(session(`${genuine}A`)).rejects.toMatchObject({ code: "handoff-malformed" });
  });

  it("is checked again after 512 others, and each time when it is long", async () => {
    const { session } = originWith();
    await session(genuine);
    for (let ver = 5; ver < 5 + 512; ver++) await session(await k1.sign({ ver }));
    expect(await checksOf(() => session(genuine))).toBe(1);
    const long = await k1.sign({ data: { notes: "x".repeat(4_000) } });
    for (const checks of [1, 1]) expect(await checksOf(() => session(long))).toBe(checks);
  });
});

describe("attributes too large for the handoff", () => {
  const attributes = { notes: "x".repeat(5000) };
  const fetch = async (url: string) =>
    url.endsWith("/session")
      ? answer({ attributes, version: 5, generation: 1, principal: null })
      : answer({ keys: [k1.jwk] });

  it("are asked of the session API, with the handoff as bearer", async () => {
    const { session, asked } = originWith({ moorUrl: "http://127.0.0.1:8787/", fetch });
    const jwt = await k1.sign({ data: undefined });
    expect(await session(jwt)).toMatchObject({ attributes, version: 5, id: SID });
    expect(asked.map(({ url }) => url)).toEqual([
      "http://127.0.0.1:8787/.moor/jwks.json",
      "http://127.0.0.1:8787/.moor/session",
    ]);
    expect(asked[1]?.headers.authorization).toBe(`Bearer ${jwt}`);
  });

  it("come with the principal that they belong to", async () => {
    expect((await originWith({ fetch }).session(await k1.sign({ data: undefined }))).principal).toBeUndefined();
  });

  it.each([
    ["is refused", answer({}, 404)],
    ["is redirected", answer({ attributes, version: 5, generation: 1 }, 302)],
    ["has no attributes", answer({ version: 5, generation: 1 })],
    ["has no version", answer({ attributes, generation: 1 })],
    ["has a principal that is no string", answer({ attributes, version: 5, generation: 1, principal: 7 })],
  ])("are an error, not an empty session, when the answer %s", async (_what, response) => {
    const failing = originWith({ fetch: async (url) => (url.endsWith("/session") ? response : fetch(url)) });
    const handoff = await k1.sign({ data: undefined });
    await expect(failing.session(handoff)).rejects.toMatchObject({ code: "session-unavailable" });
  });
});

it.each([
  [ISSUER, `${ISSUER}/`],
  [`${ISSUER}/`, ISSUER],
  [`${ISSUER}/`, `${ISSUER}/`],
])("a slash at the end of an issuer does not count: %s for an origin of %s", async (iss, issuer) => {
  const { session } = originWith({ issuer });
  expect((await session(await k1.sign({ iss }))).id).toBe(SID);
});
