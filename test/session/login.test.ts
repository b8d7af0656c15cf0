import { describe, expect, it } from "vitest";
import type { RequireConfig } from "../../src/config/login-types.ts";
import { isRenewalDue, isTwin, judge, type Login, rolesOf } from "../../src/session/login.ts";

const NOW = 1_800_000_000_000;
const ISSUER = "https://id.example.com";
const roles = {
  ops: { claim: "groups", any: ["moor-ops"] },
  staff: { claim: "email", domain: "example.com" },
};
const login = (changes: Partial<Login> = {}): Login => ({
  issuer: ISSUER,
  sub: "1001",
  at: NOW - 1_000,
  claims: {},
  roleClaims: {},
  ...changes,
});
const verdictOn = (given: Login | undefined, required: RequireConfig[], maxAgeSeconds?: number) =>
  judge(given, required, { issuer: ISSUER, maxAgeSeconds, roles }, NOW);

describe("the verdict on a request", () => {
  it("is allowed where nothing is required", () => expect(verdictOn(undefined, []).kind).toBe("allowed"));

  it("is a login where nobody is logged in", () => expect(verdictOn(undefined, ["login"]).kind).toBe("login"));

  it("is a login for a login at another provider", () =>
    expect(verdictOn(login({ issuer: "https://other.example.com" }), ["login"]).kind).toBe("login"));

  it("is a login when Moor saw the last login too long ago", () => {
    expect(verdictOn(login({ at: NOW - 60_000 }), ["login"], 60).kind).toBe("allowed");
    expect(verdictOn(login({ at: NOW - 60_001 }), ["login"], 60).kind).toBe("login");
  });

  it("is a step-up for a provider that does not say when the login was, however young the login is", () =>
    expect(verdictOn(login(), [{ maxAgeSeconds: 900 }])).toEqual({ kind: "step-up", maxAgeSeconds: 900 }));

  it("is a step-up for a login that the provider saw too long ago, with a minute for its clock", () => {
    expect(verdictOn(login({ authAt: NOW - 960_000 }), [{ maxAgeSeconds: 900 }]).kind).toBe("allowed");
    expect(verdictOn(login({ authAt: NOW - 960_001 }), [{ maxAgeSeconds: 900 }]).kind).toBe("step-up");
  });

  it("is a step-up for another method, or none", () => {
    expect(verdictOn(login({ acr: "mfa" }), [{ acr: ["mfa"] }]).kind).toBe("allowed");
    expect(verdictOn(login({ acr: "pwd" }), [{ acr: ["mfa"] }])).toEqual({ kind: "step-up", acr: ["mfa"] });
    expect(verdictOn(login(), [{ acr: ["mfa"] }]).kind).toBe("step-up");
  });

  it("is a login that asks for all that is required, because a visitor must not be asked twice", () => {
    const required: RequireConfig[] = ["login", { acr: ["mfa"], maxAgeSeconds: 900 }];
    const verdict = { kind: "login", acr: ["mfa"], maxAgeSeconds: 900 };
    expect(verdictOn(undefined, required)).toEqual(verdict);
    // A login that is too old says nothing of the next.
    expect(verdictOn(login({ at: NOW - 60_001, acr: "mfa", authAt: NOW - 60_001 }), required, 60)).toEqual(verdict);
  });

  it("asks at once for everything that several guards need", () =>
    expect(
      verdictOn(login(), [
        { acr: ["a", "b"], maxAgeSeconds: 900 },
        { acr: ["b"], maxAgeSeconds: 60 },
      ]),
    ).toEqual({
      kind: "step-up",
      acr: ["b"],
      maxAgeSeconds: 60,
    }));

  it("names the role that is missing, and never asks for a login because of it", () =>
    expect(verdictOn(login(), [{ role: "ops" }])).toEqual({ kind: "role_missing" }));

  it("holds every guard, and not one of them", () => {
    const ops = login({ roleClaims: { groups: ["moor-ops"] } });
    expect(verdictOn(ops, [{ role: "ops" }]).kind).toBe("allowed");
    expect(verdictOn(ops, [{ role: "ops" }, { role: "staff" }])).toEqual({ kind: "role_missing" });
  });
});

describe("the roles of a login", () => {
  it("follow from its claims and from the configuration of now", () =>
    expect(rolesOf(login({ roleClaims: { groups: ["moor-ops"], email: ["a@EXAMPLE.com"] } }), roles)).toEqual([
      "ops",
      "staff",
    ]));

  it("are gone with the value that the configuration no longer names", () => {
    const now = { ops: { claim: "groups", any: ["moor-owners"] } };
    expect(rolesOf(login({ roleClaims: { groups: ["moor-ops"] } }), now)).toEqual([]);
  });

  it.each(["a@example.com.evil.test", "a@evilexample.com", "example.com"])("do not come from the address %s", (email) =>
    expect(rolesOf(login({ roleClaims: { email: [email] } }), roles)).toEqual([]),
  );
});

describe("another tab's login", () => {
  it("counts for fifteen seconds, and for the same person alone", () => {
    expect(isTwin(login({ at: NOW - 14_999 }), login(), NOW)).toBe(true);
    expect(isTwin(login({ at: NOW - 15_000 }), login(), NOW)).toBe(false);
    expect(isTwin(login({ sub: "1002" }), login(), NOW)).toBe(false);
    expect(isTwin(undefined, login(), NOW)).toBe(false);
    // Two logins may have one provider, and they are two.
    expect(isTwin(login({ id: "partners" }), login({ id: "staff" }), NOW)).toBe(false);
    expect(isTwin(login({ issuer: "https://other.example.com" }), login(), NOW)).toBe(false);
  });
});

describe("one of several logins", () => {
  const staff = { id: "staff", issuer: ISSUER, maxAgeSeconds: undefined, roles };

  it("counts with its id and its issuer alone, even if two logins have one provider", () => {
    const verdict = (changes: Partial<Login>) => judge(login(changes), ["login"], staff, NOW).kind;
    expect(verdict({ id: "staff" })).toBe("allowed");
    for (const changes of [{}, { id: "partners" }, { id: "staff", issuer: "https://other.example.com" }])
      expect(verdict(changes)).toBe("login");
  });

  it("is required by its name at its own hosts, and everywhere else nobody meets that", () => {
    const verdict = (config: typeof staff | undefined, required: RequireConfig[]) =>
      judge(login({ id: "staff" }), required, config, NOW).kind;
    expect(verdict(staff, ["login", { login: "staff" }])).toBe("allowed");
    expect(verdict(staff, ["login", { login: "partners" }])).toBe("login_elsewhere");
    expect(verdict({ ...staff, id: "partners" }, [{ login: "staff" }])).toBe("login_elsewhere");
    expect(verdict(undefined, ["login"])).toBe("login_elsewhere");
    expect(verdict(undefined, ["none"])).toBe("allowed");
  });

  it("is renewed by its own setting, and is due at once if the configuration has it no more", () => {
    const logins = [{ id: "staff", refreshSeconds: 60 }, { id: "partners" }];
    const isDue = (id: string, at: number) => isRenewalDue(login({ id, at }), logins, NOW);
    expect([isDue("staff", NOW - 60_000), isDue("staff", NOW - 59_999)]).toEqual([true, false]);
    expect([isDue("partners", 0), isDue("gone", NOW)]).toEqual([false, true]);
  });
});
