import { describe, expect, it } from "vitest";
import { createLogins, type LoginParts } from "../../src/login/logins.ts";
import { pool, resolved } from "../config/configs.ts";
import { macRing } from "../support/rings.ts";

describe("several logins", () => {
  const login = (id: string) => ({ id, issuer: `https://${id}.test`, clientId: "moor" });
  const config = resolved({
    pools: [pool()],
    logins: [{ ...login("staff"), hosts: ["shop.test"] }, login("partners")],
  });
  const createAt = (issuer: string) => () =>
    createLogins({
      config,
      issuer,
      ring: macRing(1),
      secretOf: () => undefined,
      clock: Date.now,
    } as unknown as LoginParts);

  it("are refused if nobody could log in by one of them, because its only host is that of another", () => {
    expect(createAt("https://shop.test")).toThrow("logins: partners has no hosts");
    expect(createAt("https://partner.test")).not.toThrow();
  });
});
