import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { keepIds } from "../../src/store/kept-ids.ts";
import { uniqueId } from "../support/sessions.ts";

const ONCE = { retry: { maxRetries: 0 } };

it("the platform derives the id of a name once, and each call has a stub of its own", () => {
  const derived = vi.fn((name: string) => `id of ${name}`);
  const stubs = vi.fn((id: string, options: object) => ({ id, options }));
  const objects = keepIds({ idFromName: derived, get: stubs });
  const [one, again, other] = ["a", "a", "b"].map((name) => objects.getByName(name, ONCE));
  expect(derived.mock.calls).toEqual([["a"], ["b"]]);
  expect(again).not.toBe(one);
  expect([one, again, other]).toEqual(["a", "a", "b"].map((name) => ({ id: `id of ${name}`, options: ONCE })));
});

it("a kept id leads to the object that the name leads to", () => {
  const name = uniqueId();
  const objects = keepIds(env.SESSION_OBJECT);
  objects.getByName(name, ONCE);
  const stub = objects.getByName(name, ONCE) as DurableObjectStub;
  expect(stub.id.equals(env.SESSION_OBJECT.getByName(name).id)).toBe(true);
  expect(stub.name).toBe(name);
});
