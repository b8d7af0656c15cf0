import { describe, expect, it } from "vitest";
import { readMark, writeMark } from "../../src/inbound/mark.ts";
import { at, T0 } from "../support/time.ts";

const NOW = T0;
const EARLIER = at(-10);

const request = (cookie?: string) => new Request("https://shop.test/", { headers: cookie ? { Cookie: cookie } : {} });
const read = (cookie?: string, secure = true) => readMark(request(cookie), secure, NOW);

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
      const headers = new Headers();
      for (const cookie of cookies) headers.append("Cookie", cookie);
      return readMark(new Request("https://shop.test/", { headers }), true, NOW);
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

describe("setting the mark", () => {
  const written = (secure: boolean) => {
    const headers = new Headers({ "Set-Cookie": "a=1" });
    writeMark(headers, secure, { at: NOW, lifeSeconds: 604_800 });
    return headers.getSetCookie();
  };

  it("on https no script and no subdomain can touch it, and only navigations bring it from elsewhere", () => {
    expect(written(true)[1]).toBe(`__Host-moor-mark=${NOW}; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax`);
  });

  it("on plain http is the same without the prefix and without Secure", () => {
    expect(written(false)[1]).toBe(`moor-mark=${NOW}; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax`);
  });

  it("leaves other cookies apart", () => expect(written(true)[0]).toBe("a=1"));

  it.each([true, false])("gives what is read again (https: %s)", (secure) => {
    expect(read(written(secure)[1]?.split(";")[0], secure)).toBe(NOW);
  });
});
