import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JsonObject, mergePatches } from "../../src/session/patch.ts";
import { trimmedBy } from "../../src/session/trim.ts";

const names = fc.constantFrom("a", "b", "c", "__proto__");
const { object: objects } = fc.letrec<{ object: JsonObject; value: JsonObject[string] }>((tie) => ({
  object: fc
    .array(fc.tuple(names, tie("value")), { maxLength: 3 })
    .map((entries) => Object.fromEntries(entries) as JsonObject),
  value: fc.oneof({ depthSize: "small" }, fc.constant(null), fc.integer({ min: 0, max: 3 }), tie("object")),
}));
const patches = fc.array(objects, { maxLength: 3 });

describe("patches without the members that younger patches replace", () => {
  it("give the same attributes, whatever is applied before, between and afterwards", () => {
    fc.assert(
      fc.property(objects, patches, patches, patches, patches, (target, older, between, younger, after) => {
        const whole = mergePatches(target, [...older, ...between, ...younger, ...after]);
        const short = mergePatches(target, [...trimmedBy(older, younger), ...between, ...younger, ...after]);
        expect(short).toEqual(whole);
      }),
      { numRuns: 2_000 },
    );
  });

  it("keep nothing of a value that is replaced", () => {
    expect(trimmedBy([{ draft: "a long text", other: 1 }], [{ draft: "b" }])).toEqual([{ other: 1 }]);
    expect(trimmedBy([{ draft: "a long text" }], [{ draft: null }])).toEqual([]);
    expect(trimmedBy([{ a: { b: 1, c: 2 } }], [{ a: { b: 3 } }])).toEqual([{ a: { c: 2 } }]);
  });
});
