import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import {
  isJsonObject,
  type Json,
  type JsonObject,
  MAX_PATCH_DEPTH,
  MAX_PATCHES,
  Merging,
  mergePatches,
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

/** The value of a member of an object after patches of the object. `null`: the member is gone. */
const patched = (target: Json, ...patches: Json[]): Json =>
  mergePatches(
    { member: target },
    patches.map((patch) => ({ member: patch })),
  ).member ?? null;

const nested = (levels: number): string => (levels === 0 ? "1" : `{"a":${nested(levels - 1)}}`);

/** How many members `work` reads out of objects to copy them, and writes into new ones. */
function membersCopied(work: () => void): number {
  let copied = 0;
  const { entries, fromEntries } = Object;
  const spies = [
    vi.spyOn(Object, "entries").mockImplementation((object: object) => {
      const read = entries(object);
      copied += read.length;
      return read;
    }),
    vi.spyOn(Object, "fromEntries").mockImplementation((members: Iterable<readonly unknown[]>) => {
      const list = [...members];
      copied += list.length;
      return fromEntries(list as [string, unknown][]);
    }),
  ];
  work();
  for (const spy of spies) spy.mockRestore();
  return copied;
}

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
  ])("%j with %j is %j", (target, patch, result) => expect(patched(target, patch)).toEqual(result));
});

describe("merging", () => {
  const name = fc.constantFrom("a", "b", "__proto__", "constructor", "toString", "");
  const json = fc.letrec<{ json: Json; object: JsonObject }>((tie) => ({
    json: fc.oneof({ depthSize: "small" }, fc.constantFrom<Json>(null, 1, "x", [null], [{ a: null }]), tie("object")),
    object: fc.dictionary(name, tie("json"), { maxKeys: 4, noNullPrototype: true }),
  }));

  it("gives the result of the RFC's own algorithm", () => {
    fc.assert(
      fc.property(json.json, fc.array(json.json), (target, patches) => {
        expect(patched(target, ...patches)).toEqual(patches.reduce(reference, target));
      }),
    );
  });

  it("shows each member as it is so far", () => {
    fc.assert(
      fc.property(json.object, fc.array(json.object), (target, patches) => {
        const merging = new Merging(target);
        let expected: Json = target;
        for (const patch of patches) {
          merging.merge(patch);
          expected = reference(expected, patch);
          expect(merging.result).toEqual(expected);
          for (const name of Object.keys(patch)) {
            expect(merging.get(name)).toEqual(
              Object.hasOwn(expected as JsonObject, name) ? (expected as JsonObject)[name] : undefined,
            );
          }
        }
      }),
    );
  });

  it("changes neither target nor patch", () => {
    fc.assert(
      fc.property(json.object, json.object, (target, patch) => {
        const before = JSON.stringify([target, patch]);
        mergePatches(target, [patch, patch]);
        expect(JSON.stringify([target, patch])).toBe(before);
      }),
    );
  });

  it("twice is merging once", () => {
    fc.assert(
      fc.property(json.object, json.object, (target, patch) => {
        expect(mergePatches(target, [patch, patch])).toEqual(mergePatches(target, [patch]));
      }),
    );
  });

  it("takes __proto__ and its friends for plain names, and pollutes nothing", () => {
    const patch = parsePatch(
      '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"a":{"__proto__":1}}',
    );
    const merged = mergePatches(JSON.parse('{"__proto__":{"kept":1}}'), [patch]);
    expect(JSON.stringify(merged)).toBe(
      '{"__proto__":{"kept":1,"admin":true},"constructor":{"prototype":{"admin":true}},"a":{"__proto__":1}}',
    );
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    expect([({} as JsonObject).admin, merged.admin]).toEqual([undefined, undefined]);
    expect(mergePatches(merged, [parsePatch('{"__proto__":null}')])).not.toHaveProperty("admin");
  });

  it("does not find properties that every object inherits", () => {
    expect(mergePatches({}, [{ toString: { a: 1 } }])).toEqual({ toString: { a: 1 } });
  });

  it.each([
    ["of nothing", (): JsonObject => ({})],
    ["of one member", (): JsonObject => ({ m7: 2 })],
    ["of a member of a large object", (): JsonObject => ({ inner: { m7: 2 } })],
    [
      "that remove a member and set it again",
      (n: number): JsonObject => ({ inner: { m7: n % 2 === 0 ? null : { a: n } } }),
    ],
  ])("copies each member of the target once, however many patches %s there are", (_of, patchOf) => {
    const members = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`m${i}`, 1]));
    const target = { ...members(500), inner: members(500) };
    const patches = Array.from({ length: 1_000 }, (_, n) => patchOf(n));
    expect(membersCopied(() => mergePatches(target, patches))).toBeLessThan(2 * 1_001 + 4 * patches.length);
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
    expect(parsePatches('[{"a":1}, {"a":null},{}]')).toEqual([{ a: 1 }, { a: null }]);
  });

  it.each([
    ["[]", "empty"],
    ['{"a":1}', "empty"],
    ["[{},]", "not JSON"],
    ["[{}, 1]", "not a JSON object"],
    ["[[{}]]", "not a JSON object"],
    [`[${Array(MAX_PATCHES + 1).fill('{"a":1}')}]`, "65 patches, at most 64"],
    ['[{"a":"ü"}]', "not ASCII; write other characters as \\u escapes"],
    ['[{"a":"\u007f"}]', "not ASCII; write other characters as \\u escapes"],
    [`[${nested(33)}]`, "nests deeper than 32 levels"],
  ])("refuses %s", (text, message) => expect(() => parsePatches(text)).toThrow(new TypeError(message)));
});
