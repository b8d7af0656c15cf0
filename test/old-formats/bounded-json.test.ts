import { describe, expect, it } from "vitest";
import { hasTooManyValues, MOST_VALUES, nameAt, parseValues } from "../../src/old-formats/bounded-json.ts";

const valuesOf = (text: string) => {
  const parsed = parseValues(text);
  if (parsed.kind !== "values") throw new Error(parsed.reason);
  return parsed.values;
};

describe("the JSON of an old session", () => {
  it("has a bounded number of values, however it nests them", () => {
    const list = (count: number) => `{"list":[${Array(count).fill("0").join()}]}`;
    expect(hasTooManyValues(valuesOf(list(MOST_VALUES - 1)))).toBe(false);
    expect(hasTooManyValues(valuesOf(list(MOST_VALUES)))).toBe(true);
    const deep = (levels: number) => `{"a":${"[".repeat(levels)}${"]".repeat(levels)}}`;
    expect(hasTooManyValues(valuesOf(deep(MOST_VALUES)))).toBe(false);
    expect(hasTooManyValues(valuesOf(deep(MOST_VALUES + 1)))).toBe(true);
    expect(hasTooManyValues(valuesOf(deep(400_000)))).toBe(true);
  });

  it("names a prototype as plain data", () => {
    const values = valuesOf('{"__proto__":{"admin":true},"constructor":1}');
    expect(Object.keys(values)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(values)).toBe(Object.prototype);
  });
});

describe("the path of a principal", () => {
  const values = valuesOf('{"passport":{"user":7},"name":"alice","list":["a"],"half":1.5,"none":null,"flag":true}');

  it.each([
    ["passport.user", "7"],
    ["name", "alice"],
    ["list.0", "a"],
  ])("leads to a text or a whole number: %s", (path, name) => expect(nameAt(values, path)).toBe(name));

  it.each([
    "passport",
    "half",
    "none",
    "flag",
    "name.length",
    "toString",
    "constructor.name",
    "passport.user.x",
    "absent",
  ])("leads to nobody at %s", (path) => expect(nameAt(values, path)).toBeUndefined());
});
