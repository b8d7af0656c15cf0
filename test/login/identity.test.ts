import { expect, it } from "vitest";
import { principalOf } from "../../src/login/identity.ts";

it("a subject that is no principal is a principal of its own, and none that another subject can name", async () => {
  expect(await principalOf("alice")).toBe("alice");
  const hashed = await principalOf("zoë");
  expect(hashed).toMatch(/^sha256:[\w-]{43}$/);
  expect(await principalOf(hashed)).not.toBe(hashed);
  expect(await principalOf("x".repeat(257))).not.toBe(await principalOf("x".repeat(258)));
});
