import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asciiJson, inOne, type JsonObject, type JsonValue, mergePatches } from "../../../src/sdk/origin/json.ts";

/** The value of a member of an object after patches of the object. `null`: the member is gone. */
const patched = (target: JsonValue, ...patches: JsonValue[]): JsonValue =>
  mergePatches(
    { member: target },
    patches.map((patch) => ({ member: patch })),
  ).member ?? null;

describe("mergePatches", () => {
  it.each<[target: JsonValue, patch: JsonValue, result: JsonValue]>([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("follows RFC 7396, appendix A: %j with %j is %j", (target, patch, result) => {
    expect(patched(target, patch)).toEqual(result);
  });

  it("changes neither of its arguments", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (target, patch) => {
        const before = JSON.stringify([target, patch]);
        patched(target as JsonValue, patch as JsonValue, patch as JsonValue);
        expect(JSON.stringify([target, patch])).toBe(before);
      }),
    );
  });
});

describe("inOne", () => {
  const json = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
    value: fc.oneof({ depthSize: "small" }, fc.constantFrom<JsonValue>(null, 1, [null]), tie("object")),
    object: fc.dictionary(fc.constantFrom("a", "b", "__proto__"), tie("value"), { noNullPrototype: true }),
  }));

  it("is a patch that does the work of two consecutive patches, whatever they meet", () => {
    fc.assert(
      fc.property(json.object, json.object, json.object, (target, first, second) => {
        const both = inOne(first, second);
        if (both) expect(mergePatches(target, [both])).toEqual(mergePatches(target, [first, second]));
      }),
    );
  });

  it.each<[JsonObject, JsonObject, JsonObject | undefined]>([
    [{ a: { b: 1 } }, { a: { c: 2 } }, { a: { b: 1, c: 2 } }],
    [{ a: { b: {} } }, { a: null }, { a: null }],
    [{ a: null }, { a: { b: 1 } }, undefined],
    [{ a: { b: [] } }, { a: { b: {} } }, undefined],
  ])("of %j and %j is %j", (first, second, both) => expect(inOne(first, second)).toEqual(both));
});

describe("asciiJson", () => {
  it("is visible ASCII that parses to the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        const text = asciiJson(value as JsonValue);
        expect(text).toMatch(/^[\x20-\x7e]*$/);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
