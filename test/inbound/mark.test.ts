import { describe, expect, it } from "vitest";
import { splitHeld } from "../../src/inbound/held.ts";
import { readMark } from "../../src/inbound/mark.ts";
import { cookieCarrier } from "../support/carriers.ts";
import { at, T0 } from "../support/time.ts";

const NOW = T0;
const EARLIER = at(-10);

/** The mark that comes with a token. */
const readFrom = (headers: Headers, secure: boolean) => {
  const text = cookieCarrier(secure).read(new Request("https://shop.test/", { headers }));
  return readMark(splitHeld(text ?? "").mark, NOW);
};
const read = (cookie = "a=1", secure = true) =>
  readFrom(new Headers({ Cookie: `${secure ? "__Host-moor" : "moor"}=token; ${cookie}` }), secure);

describe("the mark of a request", () => {
  it.each([
    ["https", true, "__Host-moor-mark"],
    ["plain http", false, "moor-mark"],
  ])("is read from its cookie on %s", (_scheme, secure, name) => {
    expect(read(`${name}=${EARLIER}`, secure)).toBe(EARLIER);
    expect(read(`a=1; __Host-moor=t; moor=t; ${name}=${EARLIER}; b=2`, secure)).toBe(EARLIER);
  });

  it.each([
    ["there is no cookie at all", undefined],
    ["there is none of its name", "a=1; __Host-moor=t; __Host-moor-gen=p"],
    ["it is that of plain http, which a subdomain can set", `moor-mark=${EARLIER}`],
    ["its name is spelt otherwise", `__host-moor-mark=${EARLIER}; __Host-moor-marks=${EARLIER}`],
    ["its name is another cookie's value", `a=__Host-moor-mark=${EARLIER}`],
    ["it is a name only", "__Host-moor-mark"],
  ])("is none on https when %s", (_when, cookie) => expect(read(cookie)).toBeUndefined());

  it("is none on plain http when it is that of https", () => {
    expect(read(`__Host-moor-mark=${EARLIER}`, false)).toBeUndefined();
  });

  it.each([
    ["now", NOW],
    ["a moment ago", NOW - 1],
    ["in 1970", 0],
  ])("may be made %s", (_when, time) => expect(read(`__Host-moor-mark=${time}`)).toBe(time));

  it.each([NOW + 1, at(86_400), 999_999_999_999_999, `1${"0".repeat(15)}`, "9".repeat(400)])(
    "is never later than now: %s",
    (time) => expect(read(`__Host-moor-mark=${time}`)).toBe(NOW),
  );

  it.each(["", "abc", "-5", "+5", "1.5", "1e3", "0x10", "NaN", "Infinity", `"${EARLIER}"`, `${EARLIER} 1`])(
    "is read as now when it is no time, on the safe side: %o",
    (value) => expect(read(`__Host-moor-mark=${value}`)).toBe(NOW),
  );

  it("is the first of several", () => {
    expect(read(`__Host-moor-mark=${EARLIER}; __Host-moor-mark=0`)).toBe(EARLIER);
  });

  describe("in one of two Cookie headers, which arrive joined", () => {
    const joined = (...cookies: string[]) => {
      const headers = new Headers({ Cookie: `__Host-moor=token; ${cookies[0]}` });
      for (const cookie of cookies.slice(1)) headers.append("Cookie", cookie);
      return readFrom(headers, true);
    };

    it("is read from the first, with what stands before it", () => {
      expect(joined(`a=1; __Host-moor-mark=${EARLIER}; b=2`, "c=3")).toBe(EARLIER);
    });
    it("is read as now at the end of the first: where it ends cannot be told", () => {
      expect(joined(`a=1; __Host-moor-mark=${EARLIER}`, "c=3")).toBe(NOW);
    });
    it("is not read at the beginning of the second, where a subdomain may have put it", () => {
      expect(joined("a=1", `__Host-moor-mark=${EARLIER}`)).toBeUndefined();
    });
  });
});
