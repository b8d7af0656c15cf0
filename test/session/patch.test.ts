import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isJsonObject,
  type Json,
  type JsonObject,
  MAX_PATCH_DEPTH,
  mergePatch,
  parsePatch,
  parsePatches,
} from "../../src/session/patch.ts";

/** RFC 7396 section 2 word for word; only a property is defined where the RFC assigns one. */
function reference(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const result: Record<string, Json> = isJsonObject(target) ? { ...target } : {};
  for (const name of Object.keys(patch)) {
    const value = patch[name] as Json;
    const held = Object.hasOwn(result, name) ? result[name] : undefined;
    delete result[name];
    if (value === null) continue;
    const merged = reference(held, value);
    Object.defineProperty(result, name, { value: merged, configurable: true, enumerable: true, writable: true });
  }
  return result;
}

const nested = (levels: number): string => (levels === 0 ? "1" : `{"a":${nested(levels - 1)}}`);

describe("the examples of RFC 7396, appendix A", () => {
  it.each<[Json, Json, Json]>([
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
  ])("%j with %j is %j", (target, patch, result) => expect(mergePatch(target, patch)).toEqual(result));
});

describe("merging", () => {
  const name = fc.constantFrom("a", "b", "__proto__", "constructor", "toString", "");
  const json = fc.letrec<{ json: Json; object: JsonObject }>((tie) => ({
    json: fc.oneof({ depthSize: "small" }, fc.constantFrom<Json>(null, 1, "x", [null], [{ a: null }]), tie("object")),
    object: fc.dictionary(name, tie("json"), { maxKeys: 4, noNullPrototype: true }),
  }));

  it("is what the RFC's own algorithm does", () => {
    fc.assert(
      fc.property(json.json, json.json, (target, patch) => {
        expect(mergePatch(target, patch)).toEqual(reference(target, patch));
      }),
    );
  });

  it("changes neither target nor patch", () => {
    fc.assert(
      fc.property(json.object, json.object, (target, patch) => {
        const before = JSON.stringify([target, patch]);
        mergePatch(target, patch);
        expect(JSON.stringify([target, patch])).toBe(before);
      }),
    );
  });

  it("twice is merging once", () => {
    fc.assert(
      fc.property(json.object, json.object, (target, patch) => {
        const once = mergePatch(target, patch);
        expect(mergePatch(once, patch)).toEqual(once);
      }),
    );
  });

  it("takes __proto__ and its friends for plain names, and pollutes nothing", () => {
    const patch = parsePatch(
      '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"a":{"__proto__":1}}',
    );
    const merged = mergePatch(JSON.parse('{"__proto__":{"kept":1}}'), patch);
    expect(JSON.stringify(merged)).toBe(
      '{"__proto__":{"kept":1,"admin":true},"constructor":{"prototype":{"admin":true}},"a":{"__proto__":1}}',
    );
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    expect([({} as JsonObject).admin, merged.admin]).toEqual([undefined, undefined]);
    expect(mergePatch(merged, parsePatch('{"__proto__":null}'))).not.toHaveProperty("admin");
  });

  it("does not find what every object inherits", () => {
    expect(mergePatch({}, { toString: { a: 1 } })).toEqual({ toString: { a: 1 } });
  });
});

describe("reading a patch", () => {
  it("takes a JSON object", () =>
    expect(parsePatch(' {"a":[1,null],"ü":"\\u00fc"} ')).toEqual({ a: [1, null], ü: "ü" }));

  it.each([
    ["", "not JSON"],
    ['{"a":secret}', "not JSON"],
    ['{"a":1', "not JSON"],
    ["null", "not a JSON object"],
    ["[]", "not a JSON object"],
    ['"secret"', "not a JSON object"],
    [nested(MAX_PATCH_DEPTH + 1), "nests deeper than 32 levels"],
    [`{"a":${"[".repeat(32)}${"]".repeat(32)}}`, "nests deeper than 32 levels"],
  ])("refuses %s, without a value in what it says", (text, message) => {
    expect(() => parsePatch(text)).toThrow(new TypeError(message));
  });

  it("takes patches of 32 levels", () => {
    expect(parsePatch(nested(MAX_PATCH_DEPTH))).toEqual(JSON.parse(nested(MAX_PATCH_DEPTH)));
  });

  it("refuses a patch too deep for any stack, as any other", () => {
    const depth = 100_000;
    expect(() => parsePatch(`{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`)).toThrow(TypeError);
  });
});

describe("reading several patches", () => {
  it("takes a JSON array of objects, in its order", () => {
    expect(parsePatches('[{"a":1}, {"a":null},{}]')).toEqual([{ a: 1 }, { a: null }, {}]);
  });

  it.each([
    ["[]", "empty"],
    ['{"a":1}', "empty"],
    ["[{},]", "not JSON"],
    ["[{}, 1]", "not a JSON object"],
    ["[[{}]]", "not a JSON object"],
    ['[{"a":"ü"}]', "not ASCII; write other characters as \\u escapes"],
    ['[{"a":"\u007f"}]', "not ASCII; write other characters as \\u escapes"],
    [`[${nested(33)}]`, "nests deeper than 32 levels"],
  ])("refuses %s", (text, message) => expect(() => parsePatches(text)).toThrow(new TypeError(message)));
});
