import { describe, expect, it } from "vitest";
import { received, stored, transmitted } from "../../emulation/copy.ts";

class Point {
  readonly x = 1;
}

class StoreFault extends Error {
  override readonly name = "StoreFault";
  readonly code = "timeout";
  readonly detail = { tries: [1, 2] };
}

const ways = [
  ["received", received],
  ["stored", stored],
] as const;

describe.each(ways)("a value that is %s", (_way, copy) => {
  it.each<[string, unknown]>([
    ["text", "text"],
    ["numbers", -0],
    ["nothing", null],
    ["nothing at all", undefined],
    ["lists and objects", [{ a: [1, { b: null, c: undefined }] }]],
    ["dates", new Date(5)],
    ["maps", new Map([[1, { a: 1 }]])],
    ["bytes", new Uint8Array([1, 2])],
  ])("is the same: %s", (_what, value) => expect(copy(value)).toStrictEqual(value));

  it("shares nothing with the original", () => {
    const original = { list: [{ n: 1 }], date: new Date(5) };
    const copied = copy(original);
    original.list[0]!.n = 2;
    original.date.setTime(6);
    expect(copied).toEqual({ list: [{ n: 1 }], date: new Date(5) });
  });

  it("keeps a key named __proto__ as a plain key", () => {
    const copied = copy(JSON.parse('{"__proto__": {"admin": true}}'));
    expect(Object.keys(copied)).toEqual(["__proto__"]);
    expect(copied.admin).toBeUndefined();
  });

  it("keeps errors with their own properties and cause, but not a class of their own", () => {
    const copied = copy({
      kind: "unavailable",
      cause: new StoreFault("late", { cause: new TypeError("in") }),
    });
    expect(copied.cause.constructor).toBe(Error);
    expect(copied.cause).toMatchObject({
      message: "late",
      name: "StoreFault",
      code: "timeout",
      detail: { tries: [1, 2] },
    });
    expect(copied.cause.cause).toStrictEqual(new TypeError("in"));
  });

  it("keeps the platform's own kinds of errors", () => {
    expect(copy(new RangeError("r")).constructor).toBe(RangeError);
    expect(copy(new DOMException("gone", "AbortError"))).toMatchObject({ name: "AbortError", message: "gone" });
  });

  it("is no function", () => {
    expect(() => copy({ call: () => 1 })).toThrow(expect.objectContaining({ name: "DataCloneError" }));
  });
});

describe("a received value", () => {
  it.each([
    ["an instance of a class", { deep: [new Point()] }, "Point"],
    ["an object without a prototype", { attributes: Object.create(null) }, "Object"],
  ])("is never %s", (_what, value, type) => {
    const message = `Could not serialize object of type "${type}". This type does not support serialization.`;
    expect(() => received(value)).toThrow(expect.objectContaining({ name: "DataCloneError", message }));
  });
});

describe("a stored value", () => {
  it("is a plain object where it was an instance of a class", () => {
    expect(stored({ deep: [new Point()] })).toStrictEqual({ deep: [{ x: 1 }] });
  });
});

describe("the copy of a thrown error", () => {
  it.each<[string, unknown, object]>([
    ["an error", new TypeError("t"), new TypeError("t")],
    ["text", "text", new Error("text")],
    ["nothing", undefined, new Error("undefined")],
    ["a plain object", { a: 1 }, { a: 1 }],
    ["an error that holds a function", Object.assign(new Error("held"), { call: () => 1 }), new Error("held")],
    ["an instance of a class", new Point(), new Error("[object Object]")],
  ])("is told: %s", (_what, thrown, told) => expect(transmitted(thrown)).toStrictEqual(told));
});
