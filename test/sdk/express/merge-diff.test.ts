import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeDiff } from "../../../src/sdk/express/merge-diff.ts";
import { isJsonObject, type JsonObject, type JsonValue, mergePatches } from "../../../src/sdk/origin/json.ts";

describe("the difference of two sessions", () => {
  it.each<[string, JsonObject, JsonObject, JsonObject | undefined]>([
    ["is none of equal ones", { a: { b: [1] } }, { a: { b: [1] } }, undefined],
    ["is what was set", {}, { a: 1 }, { a: 1 }],
    ["is what was removed", { a: 1, b: 2 }, { b: 2 }, { a: null }],
    ["leaves out what both have", { a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, { a: { c: 3 } }],
    ["replaces arrays whole", { a: [1, 2] }, { a: [1] }, { a: [1] }],
    ["takes null for removed", { a: 1 }, { a: null }, { a: null }],
    ["says nothing of a null for what was not there", {}, { a: null }, undefined],
    ["makes an object of what was none", { a: "x" }, { a: { b: 1 } }, { a: { b: 1 } }],
    ["empties an object", { a: { b: 1 } }, { a: {} }, { a: { b: null } }],
  ])("%s", (_, before, after, patch) => expect(mergeDiff(before, after)).toEqual(patch));

  it("is a merge patch from one to the other, whatever they hold", () => {
    const object = fc.object({
      key: fc.constantFrom("a", "b", "__proto__", "constructor", ""),
      values: [fc.integer(), fc.string(), fc.boolean(), fc.constant(null)],
      maxDepth: 3,
      withNullPrototype: false,
    });
    const stored = object.map((value) => withoutNulls(JSON.parse(JSON.stringify(value))) as JsonObject);
    const property = fc.property(stored, object, (before, value) => {
      const after = JSON.parse(JSON.stringify(value)) as JsonObject;
      const patched = mergePatches(before, [mergeDiff(before, after) ?? {}]);
      expect(patched).toEqual(withoutNulls(after));
      expect(mergeDiff(patched as JsonObject, after)).toBeUndefined();
    });
    fc.assert(property, { numRuns: 1_000 });
  });
});

/** The values that a merge patch can leave. Their objects hold no null. */
function withoutNulls(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutNulls(member)]));
}
