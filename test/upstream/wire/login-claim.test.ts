import { describe, expect, it } from "vitest";
import type { Login } from "../../../src/session/login.ts";
import { loginClaim } from "../../../src/upstream/wire/login-claim.ts";

const issuer = "https://id.example.com";
const config = { issuer, roles: { ops: { claim: "groups", any: ["moor-ops"] } } };
const login: Login = {
  issuer,
  sub: "1001",
  sid: "a-session-of-the-provider",
  at: 1_800_000_000_900,
  authAt: 1_799_999_000_000,
  acr: "mfa",
  amr: ["otp"],
  claims: { name: "Alice" },
  roleClaims: { groups: ["moor-ops"] },
};
const seeing = (see: true | string[]) => ({ session: { see, may: [], write: [] } });

describe("the login claim of a handoff", () => {
  it("tells roles, claims, method and times, in whole seconds", () =>
    expect(loginClaim(login, seeing(true), config).login).toEqual({
      iss: issuer,
      at: 1_800_000_000,
      auth_at: 1_799_999_000,
      acr: "mfa",
      amr: ["otp"],
      roles: ["ops"],
      claims: { name: "Alice" },
    }));

  it("tells a pool that sees some attributes no claims of the provider", () =>
    expect(loginClaim(login, seeing(["basket"]), config).login).not.toHaveProperty("claims"));

  it("leaves out what the provider did not say", () => {
    const { authAt: _a, acr: _b, amr: _c, ...short } = login;
    expect(loginClaim(short, seeing(true), { issuer, roles: {} }).login).toEqual({
      iss: issuer,
      at: 1_800_000_000,
      roles: [],
      claims: { name: "Alice" },
    });
  });

  it.each<[string, Parameters<typeof loginClaim>[2]]>([
    ["another login", { ...config, id: "partners" }],
    ["another provider", { ...config, issuer: "https://other.example.com" }],
    ["no login", undefined],
  ])("is left out at a host of %s, where a role of the same name means another right", (_name, atHost) =>
    expect(loginClaim(login, seeing(true), atHost)).toEqual({}),
  );
});
