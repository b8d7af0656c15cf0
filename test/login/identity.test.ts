import { describe, expect, it } from "vitest";
import { principalOf } from "../../src/login/identity.ts";

it("a subject that is no principal is a principal of its own, and none that another subject can name", async () => {
  const principal = (sub: string) => principalOf(sub, undefined);
  expect(await principal("alice")).toBe("alice");
  const hashed = await principal("zoë");
  expect(hashed).toMatch(/^sha256:[\w-]{43}$/);
  expect(await principal(hashed)).not.toBe(hashed);
  expect(await principal("x".repeat(257))).not.toBe(await principal("x".repeat(258)));
});

describe("a principal of one of several logins", () => {
  it("begins with the id of the login, so that the same subject of two providers is two principals", async () => {
    expect(await principalOf("1001", "staff")).toBe("staff:1001");
    expect(await principalOf("1001", "partners")).toBe("partners:1001");
    expect(await principalOf("staff:1001", "partners")).toBe("partners:staff:1001");
  });

  it("is no longer than a principal may be, and of two long subjects two principals", async () => {
    const fits = "x".repeat(256 - "staff:".length);
    expect(await principalOf(fits, "staff")).toBe(`staff:${fits}`);
    const hashed = await principalOf(`${fits}x`, "staff");
    expect(hashed).toMatch(/^staff:sha256:[\w-]{43}$/);
    expect(await principalOf(`${fits}y`, "staff")).not.toBe(hashed);
    expect(await principalOf(hashed.slice("staff:".length), "staff")).not.toBe(hashed);
  });
});
