import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, it, vi } from "vitest";
import { createDiscovery, createProviderKeys } from "../../src/login/discovery.ts";
import { readLogoutToken } from "../../src/login/logout-token.ts";
import { createAsk } from "../../src/login/provider-call.ts";

const ISSUER = "https://id.example.com";
const EVENT = "http://schemas.openid.net/event/backchannel-logout";
const NOW = 1_800_000_000_000;
const SECONDS = NOW / 1000;
const right = {
  iss: ISSUER,
  aud: "moor",
  sub: "alice",
  sid: "s-1",
  iat: SECONDS,
  exp: SECONDS + 120,
  jti: "j-1",
  events: { [EVENT]: {} },
};

/** A provider with a key, whose answers tests may change. */
async function startProvider(alg = "RS256", kid: string | undefined = "k-1") {
  const pair = await generateKeyPair(alg, { extractable: true });
  const state = {
    now: NOW,
    keys: [{ ...(await exportJWK(pair.publicKey)), ...(kid && { kid }) }] as object[],
    away: false,
  };
  const asked: string[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
    asked.push(new URL(String(input)).pathname);
    if (state.away) return new Response("away", { status: 503 });
    const isKeys = String(input).endsWith("/keys");
    return Response.json(isKeys ? { keys: state.keys } : { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` });
  });
  const clock = () => state.now;
  const ask = createAsk();
  const keys = createProviderKeys(createDiscovery({ issuer: ISSUER }, { ask, clock }).endpoint, ask, clock);
  const sign = (claims: object, header: object = {}) =>
    new SignJWT({ ...right, ...claims })
      .setProtectedHeader({ alg, ...(kid && { kid }), typ: "logout+jwt", ...header })
      .sign(pair.privateKey);
  const read = (token: string) => readLogoutToken(token, keys, { issuer: ISSUER, clientId: "moor", now: state.now });
  const asksForKeys = () => asked.filter((path) => path === "/keys").length;
  return { state, sign, read, asksForKeys };
}

describe("a logout token", () => {
  it.each(["RS256", "PS256", "ES256", "EdDSA"])(
    "signed by %s names the visitor and their session at the provider",
    async (alg) => {
      const { sign, read } = await startProvider(alg);
      expect(await read(await sign({}))).toEqual({ sub: "alice", sid: "s-1", issuedAt: NOW });
      expect(await read(await sign({ sid: undefined, aud: ["other", "moor"] }))).toEqual({
        sub: "alice",
        issuedAt: NOW,
      });
    },
  );

  it.each<[string, object, object?]>([
    ["iss", { iss: "https://evil.test" }],
    ["aud", { aud: "another" }],
    ["iat", { iat: SECONDS - 301 }],
    ["iat", { iat: SECONDS + 61 }],
    ["iat", { iat: undefined }],
    ["exp", { exp: SECONDS - 60 }],
    ["exp", { exp: undefined }],
    ["events", { events: undefined }],
    ["events", { events: { other: {} } }],
    ["events", { events: { [EVENT]: true } }],
    ["nonce", { nonce: "n" }],
    ["sub", { sub: undefined }],
    ["sid", { sid: 7 }],
    ["typ", {}, { typ: "at+jwt" }],
    ["typ", {}, { b64: true, crit: ["b64"] }],
  ])("is refused for its %s: %j %j", async (rule, claims, header) => {
    const { sign, read } = await startProvider();
    expect(await read(await sign(claims, header))).toBe(rule);
  });

  it("is refused if its signature is another's, or if it has none", async () => {
    const { sign, read } = await startProvider();
    const token = await sign({});
    const [head, , signature] = token.split(".");
    const [, payload] = (await sign({ sub: "bob" })).split(".");
    expect(await read(`${head}.${payload}.${signature}`)).toBe("signature");
    expect(await read(`${head}.${payload}.`)).toBe("signature");
    expect(await read(`${head}.${payload}`)).toBe("signature");
    expect(await read("a.b")).toBe("form");
  });

  it("is refused by every algorithm that is not on the list", async () => {
    const { read } = await startProvider();
    for (const alg of ["none", "HS256", "RS384", "toString"]) {
      const part = (value: object) =>
        btoa(JSON.stringify(value)).replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_");
      expect(await read(`${part({ alg, kid: "k-1" })}.${part(right)}.AAAA`)).toBe("alg");
    }
  });
});

describe("the keys of a provider", () => {
  const UNAVAILABLE = { outcome: { kind: "unavailable" } };

  it("are asked for again if a token names an unknown key, once in thirty seconds", async () => {
    const { state, sign, read, asksForKeys } = await startProvider();
    const other = () => sign({ iat: state.now / 1000, exp: state.now / 1000 + 9 }, { kid: "k-2" });
    expect(typeof (await read(await sign({})))).toBe("object");
    for (let times = 0; times < 5; times++) await expect(other().then(read)).rejects.toMatchObject(UNAVAILABLE);
    expect(asksForKeys()).toBe(1);
    state.now += 30_000;
    expect(await read(await other())).toBe("kid");
    state.now += 30_000;
    state.keys = state.keys.map((key) => ({ ...key, kid: "k-2" }));
    expect(await read(await other())).toMatchObject({ sub: "alice" });
    expect(asksForKeys()).toBe(3);
  });

  it("are read by each request that comes before any key is known", async () => {
    const { sign, read } = await startProvider();
    const tokens = [await sign({}), await sign({ sub: "bob" })];
    expect(await Promise.all(tokens.map(read))).toMatchObject([{ sub: "alice" }, { sub: "bob" }]);
  });

  it("may hold a new key while the provider is away, so a token with an unknown key is not refused", async () => {
    const { state, sign, read } = await startProvider();
    await read(await sign({}));
    state.away = true;
    state.now += 30_000;
    const token = await sign({ iat: state.now / 1000, exp: state.now / 1000 + 9 }, { kid: "k-2" });
    await expect(read(token)).rejects.toMatchObject(UNAVAILABLE);
  });

  it("stay in use for a day while the provider is away, and a logout is then not refused but unavailable", async () => {
    const { state, sign, read } = await startProvider();
    const fresh = () => sign({ iat: state.now / 1000, exp: state.now / 1000 + 9 });
    await read(await fresh());
    state.away = true;
    state.now += 86_399_000;
    expect(await read(await fresh())).toMatchObject({ sub: "alice" });
    state.now += 31_000;
    await expect(fresh().then(read)).rejects.toMatchObject({ outcome: { kind: "unavailable" } });
  });

  it("fit by algorithm, use and name: a key for encryption or of another kind signs nothing", async () => {
    const { state, sign, read } = await startProvider("RS256", "k-1");
    const [key] = state.keys;
    state.keys = [{ ...key, use: "enc" }];
    expect(await read(await sign({}))).toBe("kid");
    const second = await startProvider("ES256", "k-1");
    second.state.keys = [{ ...second.state.keys[0], alg: "ES384" }];
    expect(await second.read(await second.sign({}))).toBe("kid");
  });

  it("need no name if there is one for the algorithm, and must have one otherwise", async () => {
    const { state, sign, read } = await startProvider("RS256", "");
    expect(await read(await sign({}))).toMatchObject({ sub: "alice" });
    // A key of another kind is no choice, though neither key names its algorithm.
    const elliptic = await startProvider("ES256", "");
    const mixed = await startProvider("RS256", "");
    mixed.state.keys = [...elliptic.state.keys, ...mixed.state.keys];
    expect(await mixed.read(await mixed.sign({}))).toMatchObject({ sub: "alice" });
    const other = await startProvider("RS256", "");
    other.state.keys = [...other.state.keys, ...state.keys];
    expect(await other.read(await other.sign({}))).toBe("kid");
  });
});
