import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JsonObject, mergePatches } from "../../../src/sdk/origin/json.ts";
import { OriginSession } from "../../../src/sdk/origin/session.ts";
import { createSessionApi } from "../../../src/sdk/origin/session-api.ts";
import { createSessionsApi } from "../../../src/sdk/origin/sessions-api.ts";
import { k1, originWith, SID, sessionWith } from "./moor.ts";

const patches = (session: OriginSession) =>
  session.headers().flatMap(([name, value]) => (name === "Moor-Patch" ? [value] : []));

/** The attributes after Moor has applied the patches in their order. */
const committed = (attributes: JsonObject, session: OriginSession) =>
  mergePatches(
    attributes,
    patches(session).map((line) => JSON.parse(line) as JsonObject),
  );

describe("changing the session", () => {
  it("asks for nothing when nothing was changed", async () => {
    expect((await sessionWith()).headers()).toEqual([]);
  });

  it("shows a change to the same request, and puts it on the response", async () => {
    const session = await sessionWith();
    session.set("coupon", "SPRING");
    session.patch({ basket: { mug: 1 } });
    expect(session.attributes).toEqual({ basket: { tea: 2, mug: 1 }, coupon: "SPRING" });
    expect(session.headers()).toEqual([["Moor-Patch", '{"coupon":"SPRING","basket":{"mug":1}}']]);
  });

  it("leaves the attributes that Moor handed over as they were, and later changes of a value do not count", async () => {
    const session = await sessionWith();
    const before = session.attributes;
    const basket = { tea: 9 };
    session.set("basket", basket);
    basket.tea = 10;
    expect(before).toEqual({ basket: { tea: 2 } });
    expect(session.attributes).toEqual({ basket: { tea: 9 } });
  });

  it("replaces an object that is set, where a patch would merge it", async () => {
    const session = await sessionWith();
    session.set("basket", { mug: 1 });
    expect(session.attributes).toEqual({ basket: { mug: 1 } });
    expect(patches(session)).toEqual(['{"basket":null}', '{"basket":{"mug":1}}']);
  });

  it("removes an attribute", async () => {
    const session = await sessionWith();
    session.delete("basket");
    expect(session.attributes).toEqual({});
    expect(patches(session)).toEqual(['{"basket":null}']);
  });

  it("keeps two merges separate that do not fold into one", async () => {
    const session = await sessionWith({ data: { x: { old: true } } });
    session.patch({ x: "plain" });
    session.patch({ x: { a: 1 } });
    expect(session.attributes).toEqual({ x: { a: 1 } });
    expect(committed({ x: { old: true } }, session)).toEqual({ x: { a: 1 } });
  });

  it("folds merges into earlier merges where a single patch can express both", async () => {
    const session = await sessionWith();
    for (let n = 0; n < 200; n++) session.patch({ basket: { [`item${n}`]: n } });
    expect(patches(session)).toHaveLength(1);
    expect(committed({ basket: { tea: 2 } }, session)).toEqual(session.attributes);
  });

  it("refuses the 65th patch of a response, as Moor would, and keeps the 64 before it", async () => {
    const session = await sessionWith();
    const alternate = () => {
      for (let n = 0; n < 100; n++) {
        session.patch({ basket: { tea: null } });
        session.patch({ basket: { tea: { n } } });
      }
    };
    expect(alternate).toThrow(expect.objectContaining({ code: "change-too-large" }));
    expect(patches(session)).toHaveLength(64);
  });

  it("takes __proto__ and its friends for plain names", async () => {
    const session = await sessionWith({ data: JSON.parse('{"__proto__":{"a":1}}') });
    session.patch(JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}'));
    session.set("toString", "text");
    expect(JSON.stringify(session.attributes)).toBe(
      '{"__proto__":{"a":1,"admin":true},"constructor":{"prototype":{"admin":true}},"toString":"text"}',
    );
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    expect((session.attributes as { admin?: boolean }).admin).toBeUndefined();
  });

  it.each([
    ["undefined", { a: undefined }, '"a" is not JSON: undefined'],
    ["a function", { a: [() => 1] }, '"0" is not JSON'],
    ["NaN, which JSON makes null", { price: Number.NaN }, '"price" is not JSON: NaN'],
    ["a bigint", 1n, "the value is not JSON: 1"],
    ["null", null, "the value is null"],
    ["a null inside an object", { a: { b: null } }, '"b" is null, which an attribute cannot hold (RFC 7396)'],
  ])("refuses to set %s", async (_what, value, message) => {
    const session = await sessionWith();
    const set = () => session.set("x", value as never);
    expect(set).toThrow(TypeError);
    expect(set).toThrow(message);
    expect(session.headers()).toEqual([]);
  });

  it("keeps a null in an array", async () => {
    const session = await sessionWith({ data: {} });
    session.set("seats", [null, "b"]);
    expect(session.attributes).toEqual({ seats: [null, "b"] });
  });

  it.each([null, "text", 1, ["a"]])("refuses %j as a patch", async (patch) => {
    const session = await sessionWith();
    expect(() => session.patch(patch as never)).toThrow(TypeError);
  });
});

describe("login, rotation and end", () => {
  it("logs in", async () => {
    const session = await sessionWith({ sub: undefined });
    session.login("bob");
    expect([session.principal, session.attributes]).toEqual(["bob", { basket: { tea: 2 } }]);
    expect(session.headers()).toEqual([["Moor-Principal", "bob"]]);
  });

  it("shows nothing of one principal to another, only the changes of this request", async () => {
    const session = await sessionWith({ sub: "alice" });
    session.set("greeting", "hello");
    session.login("bob");
    expect([session.principal, session.attributes]).toEqual(["bob", { greeting: "hello" }]);
  });

  it("keeps the attributes when the same principal logs in again", async () => {
    const session = await sessionWith({ sub: "alice" });
    session.login("alice");
    expect(session.attributes).toEqual({ basket: { tea: 2 } });
  });

  it.each(["", "ali ce", "älice", "a\r\nSet-Cookie: b", "x".repeat(257)])("refuses the principal %j", async (name) => {
    const session = await sessionWith();
    expect(() => session.login(name)).toThrow(expect.objectContaining({ code: "principal-malformed" }));
    expect(session.headers()).toEqual([]);
  });

  it("rotates", async () => {
    const session = await sessionWith();
    session.rotate();
    expect(session.headers()).toEqual([["Moor-Rotate", "1"]]);
  });

  it("ends the session, and with it the changes before", async () => {
    const session = await sessionWith();
    session.set("coupon", "SPRING");
    session.end();
    session.end();
    expect([session.principal, session.attributes]).toEqual([undefined, {}]);
    expect(session.headers()).toEqual([["Moor-End", "1"]]);
  });

  it.each<[string, (session: OriginSession) => void]>([
    ["set", (session) => session.set("a", 1)],
    ["delete", (session) => session.delete("a")],
    ["patch", (session) => session.patch({ a: 1 })],
    ["login", (session) => session.login("bob")],
    ["rotate", (session) => session.rotate()],
  ])("refuses to %s after the end", async (_what, change) => {
    const session = await sessionWith();
    session.end();
    expect(() => change(session)).toThrow(expect.objectContaining({ code: "session-ended" }));
  });
});

describe("the response's headers", () => {
  it("replace the headers of an earlier call, keeping several of a name separate", async () => {
    const session = await sessionWith({ sub: undefined });
    const response = new Response("hello", { headers: { "Moor-Patch": "stale", "X-Mine": "kept" } });
    session.set("basket", { mug: 1 });
    session.login("bob");
    session.apply(response);
    session.apply(response);
    expect([...response.headers]).toEqual([
      ["content-type", "text/plain;charset=UTF-8"],
      ["moor-patch", '{"basket":null}, {"basket":{"mug":1}}'],
      ["moor-principal", "bob"],
      ["x-mine", "kept"],
    ]);
    session.end();
    session.apply(response.headers);
    expect([...response.headers.keys()]).toEqual(["content-type", "moor-end", "x-mine"]);
  });

  it("have several lines rather than a single line of more than 8,000 bytes, for proxies that drop longer lines", async () => {
    const session = await sessionWith();
    for (const name of ["a", "b", "c"]) session.set(name, "x".repeat(3000));
    expect(patches(session).map((line) => line.length)).toEqual([6015, 3008]);
    expect(committed({}, session)).toEqual(Object.fromEntries(["a", "b", "c"].map((name) => [name, "x".repeat(3000)])));
  });

  it("carry 16 KiB of patches at most; a change beyond is refused and the earlier changes stand", async () => {
    const session = await sessionWith({ data: {} });
    session.set("a", "x".repeat(16_384 - 8));
    expect(patches(session)[0]).toHaveLength(16_384);
    const beyond = () => session.set("a", "x".repeat(16_384 - 7));
    expect(beyond).toThrow(expect.objectContaining({ code: "change-too-large" }));
    expect(beyond).toThrow("changes of 16385 bytes; one response carries 16384");
    expect(patches(session)[0]).toHaveLength(16_384);
  });

  it("carry patches of 32 levels at most", async () => {
    const session = await sessionWith({ data: {} });
    const nested = (levels: number): JsonObject => (levels === 1 ? {} : { a: nested(levels - 1) });
    session.patch(nested(32));
    expect(session.attributes).toEqual(nested(32));
    expect(() => session.patch(nested(33))).toThrow("a patch nests deeper than 32 levels");
  });

  it("are visible ASCII that means the text that was asked for, whatever the text", async () => {
    const session = await sessionWith({ data: {} });
    session.patch({ "café\r\nX: 1": { "\u2028": "🛒 \u0000\u007f\u0085 \ud800" } });
    expect(patches(session)).toEqual([
      '{"caf\\u00e9\\r\\nX: 1":{"\\u2028":"\\ud83d\\uded2 \\u0000\\u007f\\u0085 \\ud800"}}',
    ]);
    expect(committed({}, session)).toEqual(session.attributes);
  });

  const text = fc.string({ unit: "binary" });
  const name = fc.oneof(fc.constantFrom("a", "b", "__proto__"), text);
  const object = fc.dictionary(name, fc.jsonValue({ maxDepth: 3, stringUnit: "binary" })) as fc.Arbitrary<JsonObject>;
  const change = fc.oneof(
    object.map((patch) => (session: OriginSession) => session.patch(patch)),
    fc.tuple(name, text).map(
      ([name, value]) =>
        (session: OriginSession) =>
          session.set(name, value),
    ),
    fc.tuple(name, text).map(
      ([name, key]) =>
        (session: OriginSession) =>
          session.set(name, { [`k${key}`]: [1] }),
    ),
    name.map((name) => (session: OriginSession) => session.delete(name)),
  );
  const unasked = async () => {
    throw new Error("asked");
  };
  const apis = { session: createSessionApi(unasked), sessions: createSessionsApi(unasked) };
  const stored = { id: SID, version: 4, generation: 1, principal: undefined, isNew: false, stale: false, flash: {} };

  it("bring the attributes to the state that this request saw, for any sequence of changes", () => {
    const property = fc.property(object, fc.array(change, { maxLength: 6 }), (attributes, changes) => {
      const session = new OriginSession({ ...stored, attributes }, apis);
      for (const record of changes) record(session);
      const lines = patches(session);
      for (const line of lines) expect(line).toMatch(/^[\x20-\x7e]*$/);
      expect(committed(attributes, session)).toEqual(session.attributes);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe("a session that another origin has served last", () => {
  it("says which origin, as Moor tells together with the handoff", async () => {
    const { origin } = originWith();
    const headers = new Headers({ "Moor-Session": await k1.sign() });
    expect((await origin.session({ headers })).movedFrom).toBeUndefined();
    headers.set("Moor-Moved", "b");
    expect((await origin.session({ headers })).movedFrom).toBe("b");
  });
});
