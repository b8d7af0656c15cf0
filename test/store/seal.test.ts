import { expect, it, vi } from "vitest";
import { createSeal } from "../../src/store/seal.ts";
import { macRing } from "../support/rings.ts";

it("derives the key of a session once, however often the session is sealed and opened", async () => {
  const derive = vi.spyOn(crypto.subtle, "deriveKey");
  const seal = createSeal(macRing(1));
  const at = (id: string, version: number) => ({ id, version, purpose: "backup" as const });
  const sealed = await Promise.all(
    [1, 2].map(async (version) => [version, await seal.close(at("one", 1), `v${version}`)]),
  );
  expect(await Promise.all(sealed.map(([, text]) => seal.open(at("one", 1), String(text))))).toEqual(["v1", "v2"]);
  const first = derive.mock.calls.length;
  await seal.close(at("one", 2), "v3");
  expect(derive.mock.calls.length).toBe(first);
  expect(await seal.open(at("two", 1), String(sealed[0]?.[1]))).toBeUndefined();
  expect(derive.mock.calls.length).toBe(first + 1);
});
