import { describe, expect, it } from "vitest";
import { sessionWith } from "./moor.ts";

const login = { iss: "https://id.example.com", at: 1_800_000_000, roles: ["ops"], claims: { name: "Alice" } };

describe("the login of a session", () => {
  it("is what the handoff tells, with its times in milliseconds", async () => {
    const { providerLogin } = await sessionWith({
      login: { ...login, auth_at: 1_799_999_000, acr: "mfa", amr: ["otp"] },
    });
    expect(providerLogin).toEqual({
      issuer: "https://id.example.com",
      at: 1_800_000_000_000,
      authAt: 1_799_999_000_000,
      acr: "mfa",
      amr: ["otp"],
      roles: ["ops"],
      claims: { name: "Alice" },
    });
  });

  it("is absent for a session that no provider has logged in", async () =>
    expect((await sessionWith({})).providerLogin).toBeUndefined());

  it.each([
    null,
    "alice",
    { ...login, roles: "ops" },
    { ...login, at: -1 },
    { ...login, iss: undefined },
    { ...login, amr: [1] },
  ])(
    "is refused if Moor cannot have written it: %j",
    async (given) => await expect(sessionWith({ login: given })).rejects.toThrow("its login is not one of Moor's"),
  );
});
