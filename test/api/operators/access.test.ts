import { describe, expect, it } from "vitest";
import { createAdminAccess } from "../../../src/api/operators/access.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const clock = () => 0;
const bearer = (token: string) => new Headers({ Authorization: `Bearer ${token}` });

describe("a configuration of admins", () => {
  it.each([
    ["no token and no Access", undefined, "set MOOR_ADMIN_TOKEN or configure admin.access"],
    ["an empty token", "", "set MOOR_ADMIN_TOKEN or configure admin.access"],
    ["a token of 31 characters", TOKEN.slice(1), "at least 32 characters"],
  ])("is refused with %s", (_what, token, reason) => {
    expect(() => createAdminAccess({ token, clock })).toThrow(reason);
  });
});

describe("the admin's token", () => {
  const access = createAdminAccess({ token: TOKEN, clock });

  it("is taken as it is, and nothing else", async () => {
    expect(await access(bearer(TOKEN))).toEqual({ kind: "admin", who: "token" });
    for (const wrong of [
      TOKEN.slice(1),
      TOKEN.slice(0, -1),
      "0",
      `${TOKEN}0`,
      TOKEN.toUpperCase(),
      `x${TOKEN.slice(1)}`,
    ]) {
      expect(await access(bearer(wrong)), wrong).toEqual({ kind: "refused", reason: "the token is wrong" });
    }
    expect(await access(new Headers())).toEqual({ kind: "nobody" });
    expect(await access(new Headers({ "Cf-Access-Jwt-Assertion": TOKEN }))).toEqual({ kind: "nobody" });
  });
});
