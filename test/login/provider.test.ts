import { afterEach, describe, expect, it, vi } from "vitest";
import { createProvider } from "../../src/login/provider.ts";

const ISSUER = "https://id.example.com";
const metadata = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/auth`,
  token_endpoint: `${ISSUER}/token`,
  userinfo_endpoint: `${ISSUER}/me`,
};
const flow = { nonce: "n", verifier: "v".repeat(43), redirectUri: "https://shop.test/.moor/login/callback" };
const query = new URLSearchParams({ code: "the-code", state: "s" });

let now = 1_800_000_000_000;
const clock = () => now;
const provider = (secret?: string) => {
  const login = { issuer: ISSUER, clientId: "mo:or", scopes: ["email"] };
  return createProvider({ login, secret, clock });
};

/** Answers by the path of the address, and keeps the requests. */
function answering(answers: Record<string, () => Response>): { url: string; init: RequestInit }[] {
  const asked: { url: string; init: RequestInit }[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const url = String(input);
    asked.push({ url, init: init as RequestInit });
    return answers[new URL(url).pathname]?.() ?? new Response("not here", { status: 404 });
  });
  return asked;
}
const DISCOVERY = "/.well-known/openid-configuration";
const discovers = (changes: object = {}) => ({ [DISCOVERY]: () => Response.json({ ...metadata, ...changes }) });
const ask = { ...flow, state: "s", verdict: { kind: "login" } as const };

afterEach(() => vi.restoreAllMocks());

describe("the discovery of a provider", () => {
  it.each<[string, object]>([
    ["another issuer", { issuer: "https://evil.test" }],
    ["its issuer with another ending", { issuer: `${ISSUER}/` }],
    ["an endpoint by plain http", { authorization_endpoint: "http://id.example.com/auth" }],
    ["an endpoint that is no address", { authorization_endpoint: "https:" }],
    ["no endpoint", { authorization_endpoint: undefined }],
  ])("is refused with %s", async (_name, changes) => {
    answering(discovers(changes));
    expect((await provider().addressFor(ask)).kind).toBe("unavailable");
  });

  it("does not follow a redirect, which could lead a secret elsewhere", async () => {
    const asked = answering(discovers());
    await provider().addressFor(ask);
    expect(asked[0]?.init.redirect).toBe("manual");
  });

  it("is read once in ten minutes, and stays in use while the provider is away", async () => {
    const same = provider();
    const asked = answering(discovers());
    await same.addressFor(ask);
    now += 599_000;
    await same.addressFor(ask);
    expect(asked).toHaveLength(1);
    vi.restoreAllMocks();
    answering({});
    now += 2_000;
    expect((await same.addressFor(ask)).kind).toBe("address");
  });
});

describe("the exchange of a code", () => {
  it("sends the secret of the client in the form that RFC 6749 demands", async () => {
    const asked = answering({
      ...discovers(),
      "/token": () => Response.json({ error: "invalid_grant" }, { status: 400 }),
    });
    await provider("a secret:").identify(query, flow, []);
    const headers = new Headers(asked[1]?.init.headers);
    expect(headers.get("Authorization")).toBe(`Basic ${btoa("mo%3Aor:a+secret%3A")}`);
  });

  it("names a public client in the body", async () => {
    const asked = answering({ ...discovers(), "/token": () => Response.json({}, { status: 400 }) });
    await provider().identify(query, flow, []);
    expect(String(asked[1]?.init.body)).toContain("client_id=mo%3Aor");
    expect(new Headers(asked[1]?.init.headers).has("Authorization")).toBe(false);
  });

  it.each<[string, () => Response, string]>([
    ["a code that was spent", () => Response.json({ error: "invalid_grant" }, { status: 400 }), "refused"],
    [
      "a client that the provider does not know",
      () => Response.json({ error: "invalid_client" }, { status: 401 }),
      "unavailable",
    ],
    ["a provider in trouble", () => new Response("<html>", { status: 503 }), "unavailable"],
    ["too many requests", () => Response.json({}, { status: 429 }), "unavailable"],
    [
      "a redirect",
      () => new Response(null, { status: 302, headers: { Location: "https://evil.test" } }),
      "unavailable",
    ],
    ["an answer without an ID token", () => Response.json({ access_token: "a-token" }), "refused"],
  ])("of %s", async (_name, answer, kind) => {
    answering({ ...discovers(), "/token": answer });
    const outcome = await provider("secret").identify(query, flow, []);
    expect(outcome.kind).toBe(kind);
    expect(JSON.stringify(outcome)).not.toMatch(/a-token|the-code|secret/);
  });

  it.each<[string, string, object]>([
    ["names another issuer", "code=c&iss=https://evil.test", {}],
    [
      "names no issuer, though the provider promises to",
      "code=c",
      { authorization_response_iss_parameter_supported: true },
    ],
    ["has two codes", "code=c&code=d", {}],
    ["has no code", "state=s", {}],
    ["has a code and an error", "code=c&error=access_denied", {}],
  ])("is not done for a callback that %s", async (_name, text, changes) => {
    const asked = answering(discovers(changes));
    expect((await provider().identify(new URLSearchParams(text), flow, [])).kind).toBe("refused");
    expect(asked.map(({ url }) => new URL(url).pathname)).toEqual([DISCOVERY]);
  });
});

it("the claims of userinfo add to those of the ID token, and replace none: the method of the login is the token's", async () => {
  const claims = { iss: ISSUER, aud: "mo:or", sub: "alice", nonce: "n", acr: "password", exp: now / 1000 + 60 };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  answering({
    ...discovers(),
    "/token": () => Response.json({ access_token: "a", id_token: `${part({ alg: "RS256" })}.${part(claims)}.s` }),
    "/me": () => Response.json({ sub: "alice", acr: "mfa", email: "alice@example.com" }),
  });
  expect(await provider("secret").identify(query, flow, ["email"])).toMatchObject({
    claims: { acr: "password", email: "alice@example.com" },
  });
});

describe("a refresh", () => {
  const idToken = (claims: object) =>
    [{ alg: "RS256" }, { iss: ISSUER, aud: "mo:or", sub: "alice", exp: now / 1000 + 60, ...claims }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".")
      .concat(".s");
  const refreshing = (tokens: object, me?: object) =>
    answering({
      ...discovers(),
      "/token": () => Response.json(tokens),
      ...(me && { "/me": () => Response.json(me) }),
    });
  const refresh = (wanted: string[] = []) => provider("secret").refresh?.("old-token", "alice", wanted);

  it("sends the refresh token with the secret of the client, and takes the new refresh token and the new claims", async () => {
    const asked = refreshing({ id_token: idToken({ groups: ["ops"] }), refresh_token: "new-token", access_token: "a" });
    expect(await refresh(["groups"])).toMatchObject({
      kind: "refreshed",
      claims: { sub: "alice", groups: ["ops"] },
      refreshToken: "new-token",
    });
    const { init } = asked.find(({ url }) => url.endsWith("/token")) as (typeof asked)[number];
    expect(String(init.body)).toBe("grant_type=refresh_token&refresh_token=old-token");
    expect(new Headers(init.headers).get("Authorization")).toMatch(/^Basic /);
  });

  it("keeps the refresh token that it used if the provider gives no other, and asks userinfo for the claims", async () => {
    refreshing({ access_token: "a" }, { sub: "alice", groups: [] });
    expect(await refresh(["groups"])).toMatchObject({ claims: { groups: [] }, refreshToken: "old-token" });
  });

  it("keeps the next refresh token if the provider fails before it has told the claims: the first may be spent", async () => {
    answering({
      ...discovers(),
      "/token": () => Response.json({ access_token: "a", refresh_token: "new-token" }),
      "/me": () => new Response("in trouble", { status: 503 }),
    });
    expect(await refresh(["groups"])).toMatchObject({ kind: "unavailable", refreshToken: "new-token" });
  });

  it("takes no refresh token that is longer than any provider's", async () => {
    refreshing({ access_token: "a", refresh_token: "x".repeat(16_385) });
    expect(await refresh()).toMatchObject({ kind: "refreshed", refreshToken: "old-token" });
  });

  it("tells no claims where the provider tells none", async () => {
    refreshing({ access_token: "a" });
    expect(await refresh()).toEqual({ kind: "refreshed", refreshToken: "old-token" });
  });

  it.each<[string, object, object?]>([
    ["names another visitor", { id_token: idToken({ sub: "mallory" }), access_token: "a" }],
    ["is for another client", { id_token: idToken({ aud: "other" }), access_token: "a" }],
    ["is over", { id_token: idToken({ exp: 1 }), access_token: "a" }],
    ["comes with the userinfo of another visitor", { access_token: "a" }, { sub: "mallory", groups: ["ops"] }],
  ])("is refused if its answer %s", async (_name, tokens, me) => {
    refreshing(tokens, me);
    expect(await refresh(["groups"])).toMatchObject({ kind: "refused" });
  });

  it.each([
    ["refused", 400, "invalid_grant"],
    ["refused", 403, "invalid_grant"],
    ["unavailable", 403, "access_denied"],
    ["unavailable", 401, "invalid_client"],
    ["unavailable", 503, "server_error"],
    ["unavailable", 429, "slow_down"],
  ])("is %s if the provider answers %i %s", async (kind, status, error) => {
    answering({ ...discovers(), "/token": () => Response.json({ error }, { status }) });
    expect(await refresh()).toMatchObject({ kind });
  });
});
