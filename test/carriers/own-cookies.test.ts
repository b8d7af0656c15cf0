import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createOwnCookies } from "../../src/carriers/own-cookies.ts";

const cookies = createOwnCookies({ name: "moor", prefix: "__Host-" });

describe("names", () => {
  it("on https begin with __Host-, which a subdomain cannot set", () => {
    expect(cookies.names(true)).toEqual({
      token: "__Host-moor",
      proof: "__Host-moor-gen",
      provisional: "__Host-moor-new",
      marks: "__Host-moor-mark-",
      sessions: "__Host-moor.",
    });
  });

  it("on plain http are the same without it", () => {
    expect(cookies.names(false)).toEqual({
      token: "moor",
      proof: "moor-gen",
      provisional: "moor-new",
      marks: "moor-mark-",
      sessions: "moor.",
    });
  });

  it.each([
    "__Host-moor",
    "__Host-moor-gen",
    "__Host-moor-new",
    "__Host-moor-mark-ab",
    "moor",
    "moor-gen",
    "moor-new",
    "moor-mark-ab",
  ])("%s is Moor's own", (name) => expect(cookies.has(name)).toBe(true));

  it.each([
    "Moor",
    "__host-moor",
    "__Secure-moor",
    "moor-",
    "moor2",
    "xmoor",
    "moor-gen2",
    "moor-new2",
    "moor-mark",
    "amoor-mark-ab",
    " moor",
    "",
  ])('"%s" is not', (name) => expect(cookies.has(name)).toBe(false));
});

describe("splitting a Cookie header", () => {
  it.each<[string | null, Record<string, string>, string | null]>([
    [null, {}, null],
    ["", {}, ""],
    ["a=1; b=2", {}, "a=1; b=2"],
    ["moor=t", { moor: "t" }, null],
    ["a=1; moor=t; b=2", { moor: "t" }, "a=1; b=2"],
    ["moor=t; a=1", { moor: "t" }, "a=1"],
    ["__Host-moor=t; moor=u; __Host-moor-gen=p", { "__Host-moor": "t", moor: "u", "__Host-moor-gen": "p" }, null],
    ["moor-mark-ab=m; a=1; moor-mark-cd=n", { "moor-mark-ab": "m", "moor-mark-cd": "n" }, "a=1"],
    ["moor-new=n; a=1; __Host-moor-new=o", { "moor-new": "n", "__Host-moor-new": "o" }, "a=1"],
    ["moor=first; moor=second", { moor: "first" }, null],
    ["moor=", { moor: "" }, null],
    ["moor=a=b", { moor: "a=b" }, null],
    ["moor = t ;a=1", { moor: "t" }, "a=1"],
    ["\tmoor=t\t;a=1", { moor: "t" }, "a=1"],
    ['moor="t"', { moor: '"t"' }, null],
    ["moor", {}, "moor"],
    ["=moor", {}, "=moor"],
    ["=moor=t", {}, "=moor=t"],
    ["Moor=t; moors=u", {}, "Moor=t; moors=u"],
    ["a=moor=t", {}, "a=moor=t"],
    ["a=1, moor=t, b=2", {}, "a=1, b=2"],
    ["a=1, __Host-moor=t;c=3, moor-gen=p, moor-new=n, moor-mark-ab=m", {}, "a=1;c=3"],
  ])("%o holds %o and leaves %o", (header, own, rest) => {
    const split = cookies.split(header);
    expect(Object.fromEntries(split.own)).toEqual(own);
    expect(split.rest).toBe(rest);
  });

  it("leaves other cookies byte for byte as they were, in their order", () => {
    const others = ['  a = "1 2" ', "b=%20,\\;c", ";;", " d=ü€ ", "a=again", "e"];
    const header = `${others[0]};moor=t;${others.slice(1).join(";")};moor-gen=p; z=9`;
    expect(cookies.split(header).rest).toBe(`${others.join(";")}; z=9`.trimStart());
  });

  it("cuts each pair as if it stood alone, however many pairs there are", () => {
    const pair = fc.constantFrom(
      "moor=t",
      " moor-gen=p ",
      "__Host-moor=u",
      "a=moor",
      "b=1, moor=x",
      "moor",
      "",
      " ",
      "c=2",
    );
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 8 }), (pairs) => {
        const left = pairs.filter((one) => cookies.split(one).own.size === 0);
        const rest = left.map((one) => one.replace(", moor=x", "")).join(";");
        const isAsked = pairs.some((one) => one.includes("moor"));
        expect(cookies.split(pairs.join(";")).rest).toBe(isAsked ? rest.trim() || null : pairs.join(";"));
      }),
    );
  });

  /** Browsers guard `__Host-` in the name as it stands, and send white space beyond ASCII as part of it. */
  it.each(["000B", "000C", "00A0", "1680", "2000", "2028", "202F", "3000", "FEFF"])(
    "takes a name with U+%s before or behind it for another cookie: a subdomain can set that name",
    (code) => {
      const space = String.fromCodePoint(Number.parseInt(code, 16));
      const header = `${space}__Host-moor=planted; __Host-moor${space}=planted`;
      expect(cookies.split(header)).toEqual({ own: new Map(), rest: header });
    },
  );
});
