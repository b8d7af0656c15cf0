import { expect } from "vitest";
import type { Case } from "../cases.ts";

/** A case: each value comes back from the other server as it was set. */
function keeps(id: string, name: string, values: Readonly<Record<string, unknown>>): Case {
  return {
    id,
    name: `keeps ${name}`,
    async play({ visitor, to }) {
      const { post, read } = visitor();
      const entries = Object.entries(values);
      for (const [key, value] of entries) await post(`/set?k=${encodeURIComponent(key)}`, value);
      for (const server of [to.a, to.b]) {
        const attributes = await read(server);
        for (const [key, value] of entries) expect(attributes[key], key).toEqual(value);
      }
    },
  };
}

/** A case: a value of the language's own kind comes back from the other server. */
function keepsNative(kind: string, name: string): Case {
  return {
    id: `native-${kind}`,
    name: `keeps ${name}`,
    async play({ visitor, to }) {
      const { post, get } = visitor();
      await post(`/native?kind=${kind}`);
      for (const server of [to.a, to.b])
        expect(await get(`/native?kind=${kind}&to=${server}`)).toEqual({ equal: true });
    },
  };
}

/** Values on their way through Moor. */
export const values: readonly Case[] = [
  keeps("numbers", "numbers", {
    zero: 0,
    negative: -12,
    safe: 9_007_199_254_740_991,
    part: 0.1,
    small: 2.5e-9,
    big: 1.5e300,
  }),
  keeps("texts", "texts", {
    empty: "",
    quotes: '"\\/',
    lines: "a\r\n\tb\u0000",
    peach: "🍑",
    number: "12",
    null: "null",
  }),
  keeps("booleans", "booleans and null in lists", { yes: true, no: false, list: [null, true, [], [[0]]] }),
  keeps("objects", "objects in objects", { object: { a: { b: { c: ["x", { d: 1 }] } } }, empty: [] }),
  keeps("names", "attributes of any name", { "a|b c.d/é": 1, "0": "zero", "12": "twelve", "a:b": 2, $dollar: 3 }),
  keeps("null-members", "null in an object", { object: { a: null, b: 1 } }),
  keeps("null-value", "null as a value", { nothing: null }),
  keeps("like-a-tag", "an object that looks like a tagged value", {
    php: { $php: "TzowOiIiOjA6e30=" },
    python: { $python: "gASVAAAAAAAAAAAu" },
    ruby: { $ruby: "BAhbAA==" },
    java: { $java: "rO0ABXA=" },
    go: { $go: "AAAA" },
  }),
  keepsNative("date", "a date"),
  keepsNative("bytes", "bytes that are not UTF-8"),
  keepsNative("object", "an object of the language"),
  {
    id: "native-replaced",
    name: "replaces a value of the language's own kind by JSON, and JSON by such a value",
    async play({ visitor, to }) {
      const { post, get, read } = visitor();
      await post(`/native?kind=date&to=${to.a}`);
      const [key = ""] = Object.keys(await read());
      await post(`/set?k=${encodeURIComponent(key)}`, { a: 1 });
      expect((await read())[key]).toEqual({ a: 1 });
      await post(`/native?kind=date&to=${to.a}`);
      expect(await get(`/native?kind=date&to=${to.b}`)).toEqual({ equal: true });
    },
  },
];
