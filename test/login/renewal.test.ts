import { describe, expect, it } from "vitest";
import type { KeyRing } from "../../src/inbound/token/key-ring.ts";
import type { LogEntry } from "../../src/log.ts";
import { createGrants } from "../../src/login/grants.ts";
import type { Refreshed } from "../../src/login/provider.ts";
import { createLoginProvider } from "../../src/login/renewal.ts";
import type { Login } from "../../src/session/login.ts";
import { pool, resolved } from "../config/configs.ts";

const NOW = 1_800_000_000_000;
const ring = (fill: number): KeyRing => [{ id: 1, secret: new Uint8Array(32).fill(fill) }];
const grants = createGrants(ring(1));
const login: Login = {
  issuer: "https://id.example.com",
  sub: "alice",
  sid: "s-1",
  at: NOW - 60_000,
  authAt: NOW - 61_000,
  issuedAt: NOW - 62_000,
  acr: "mfa",
  claims: { name: "Alice" },
  roleClaims: { groups: ["ops"] },
};
const config = resolved({
  pools: [pool()],
  login: {
    issuer: login.issuer,
    clientId: "moor",
    claims: ["name"],
    roles: { ops: { claim: "groups", any: ["ops"] } },
    refreshSeconds: 60,
  },
}).login;

/** The provider of the configuration, which answers a refresh as told, and what goes to the log. */
function answering(refreshed: Refreshed) {
  const logged: LogEntry[] = [];
  const asked: unknown[] = [];
  if (!config) throw new Error("login is configured above");
  const provider = createLoginProvider({
    login: config,
    provider: {
      async refresh(...given) {
        asked.push(given);
        return refreshed;
      },
      async revoke(refreshToken) {
        asked.push(refreshToken);
        return { kind: "unavailable", reason: "away" };
      },
    },
    grants,
    clock: () => NOW,
    log: (entry) => logged.push(entry),
  });
  return { provider, logged, asked };
}
const sealed = (given: Partial<Login> = {}) => grants.seal({ ...login, ...given }, "refresh-token");
const SESSION = "the-id-of-a-session";

it("a refresh token that the provider does not forget is named in the log by its session, and nothing fails", async () => {
  const { provider, asked, logged } = answering({ kind: "refused", reason: "unused" });
  await provider.revoke(login, await sealed(), SESSION);
  expect(asked).toEqual(["refresh-token"]);
  expect(logged).toEqual([{ event: "login_unavailable", session: SESSION.slice(0, 8), reason: "not revoked: away" }]);
  // Sealed for another login, it cannot be opened.
  await provider.revoke({ ...login, sub: "bob" }, await sealed(), SESSION);
  await provider.revoke({ ...login, id: "partners" }, await sealed(), SESSION);
  expect(asked).toHaveLength(1);
});

it("a refresh token is sealed for one of several logins, which may have the same provider and the same visitor", async () => {
  const ofStaff = await grants.seal({ ...login, id: "staff" }, "refresh-token");
  expect(await grants.open({ ...login, id: "staff" }, ofStaff)).toBe("refresh-token");
  expect(await grants.open({ ...login, id: "partners" }, ofStaff)).toBeUndefined();
  expect(await grants.open(login, ofStaff)).toBeUndefined();
});

describe("a renewed login", () => {
  it("has new claims and roles, and keeps the time, the method and the session of the login", async () => {
    const claims = { sub: "alice", name: "Alice B.", groups: ["others"], acr: "password", sid: "s-2", iat: NOW / 1000 };
    const { provider, asked, logged } = answering({ kind: "refreshed", claims, refreshToken: "the-next" });
    const renewed = await provider.renew(login, await sealed(), SESSION);
    if (renewed.kind !== "renewed") throw new Error(renewed.kind);
    expect(renewed.login).toEqual({
      ...login,
      claims: { name: "Alice B." },
      roleClaims: { groups: [] },
      confirmedAt: NOW,
    });
    expect(await grants.open(login, renewed.grant)).toBe("the-next");
    expect(renewed.grant).not.toContain("the-next");
    expect(asked).toEqual([["refresh-token", "alice", ["name", "groups"]]]);
    expect(logged).toEqual([]);
  });

  it("has the claims that it had if the provider tells none", async () => {
    const { provider } = answering({ kind: "refreshed", refreshToken: "the-next" });
    expect(await provider.renew(login, await sealed(), SESSION)).toMatchObject({
      login: { ...login, confirmedAt: NOW },
    });
  });

  it("is due after the time of the configuration, counted from when the provider last confirmed it", () => {
    const { provider } = answering({ kind: "refused", reason: "" });
    expect(provider.isDue(login, NOW)).toBe(true);
    expect(provider.isDue(login, NOW - 1)).toBe(false);
    expect(provider.isDue({ ...login, confirmedAt: NOW - 59_999 }, NOW)).toBe(false);
  });
});

describe("a login that cannot be renewed", () => {
  const large = { sub: "alice", name: "x".repeat(1_100) };
  it.each<[string, Partial<Login>, () => Promise<string | undefined>, Refreshed]>([
    ["without a refresh token", {}, async () => undefined, { kind: "refreshed", refreshToken: "" }],
    ["of another provider", { issuer: "https://old.test" }, () => sealed(), { kind: "refreshed", refreshToken: "" }],
    ["of a login that is gone", { id: "partners" }, () => sealed(), { kind: "refreshed", refreshToken: "" }],
    ["with the token of another visitor", {}, () => sealed({ sub: "bob" }), { kind: "refreshed", refreshToken: "" }],
    [
      "with a token that is sealed by a key that is gone",
      {},
      () => createGrants(ring(2)).seal(login, "t"),
      { kind: "refreshed", refreshToken: "" },
    ],
    ["that the provider refuses", {}, () => sealed(), { kind: "refused", reason: "token_endpoint: 400 invalid_grant" }],
    ["with claims that are too large", {}, () => sealed(), { kind: "refreshed", claims: large, refreshToken: "t" }],
  ])("%s is refused, and the log says why", async (_name, given, grant, refreshed) => {
    const { provider, logged } = answering(refreshed);
    expect(await provider.renew({ ...login, ...given }, await grant(), SESSION)).toEqual({ kind: "refused" });
    expect(logged).toEqual([{ event: "login_lapsed", session: "the-id-o", reason: expect.stringMatching(/\w/) }]);
  });

  it("because the provider is away is unavailable", async () => {
    const { provider, logged } = answering({ kind: "unavailable", reason: "token_endpoint: 503" });
    expect(await provider.renew(login, await sealed(), SESSION)).toEqual({ kind: "unavailable" });
    expect(logged).toMatchObject([{ event: "login_unavailable", reason: "token_endpoint: 503" }]);
  });

  it("has the next refresh token that the provider gave before it failed", async () => {
    const { provider } = answering({ kind: "unavailable", reason: "userinfo: 503", refreshToken: "the-next" });
    const renewed = await provider.renew(login, await sealed(), SESSION);
    if (renewed.kind !== "unavailable" || renewed.grant === undefined) throw new Error(renewed.kind);
    expect(await grants.open(login, renewed.grant)).toBe("the-next");
  });
});
