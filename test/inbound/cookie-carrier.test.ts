import { describe, expect, it } from "vitest";
import { createCookieCarrier } from "../../src/inbound/cookie-carrier.ts";
import { at, T0 } from "../support/time.ts";

const DAY_SECONDS = 86_400;
const https = createCookieCarrier({ secure: true, now: () => T0 });
const http = createCookieCarrier({ secure: false, now: () => T0 });
const request = (cookie?: string) => new Request("https://shop.test/", { headers: cookie ? { Cookie: cookie } : {} });

describe("reading", () => {
  it.each([
    ["no cookie", undefined, null],
    ["other cookies", "a=1; moors=2", null],
    ["the token", "a=1; __Host-moor=token", "token"],
    ["the token and its proof, in any order", "__Host-moor-gen=proof; __Host-moor=token", "token.proof"],
    ["a token that has more to it", "__Host-moor=token.proof", null],
    ["a proof alone", "__Host-moor-gen=proof", null],
    ["the cookies of plain http, which a subdomain can set", "moor=token; moor-gen=proof", null],
    ["the proof of plain http beside the token of https", "__Host-moor=token; moor-gen=proof", "token"],
  ])("on https, of %s", (_what, cookie, text) => expect(https.read(request(cookie))).toBe(text));

  it.each([
    ["the token", "moor=token; moor-gen=proof", "token.proof"],
    ["the cookies of https", "__Host-moor=token; __Host-moor-gen=proof", null],
  ])("on plain http, of %s", (_what, cookie, text) => expect(http.read(request(cookie))).toBe(text));
});

describe("writing", () => {
  const written = (carrier: typeof https, text: string, expiresAt: number) => {
    const headers = new Headers();
    carrier.write(headers, text, expiresAt);
    return headers.getSetCookie();
  };

  it("sets the token until it expires, for this host alone, out of reach of scripts", () => {
    expect(written(https, "token", at(600))).toEqual([
      "__Host-moor=token; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax",
    ]);
    expect(written(http, "token", at(600))).toEqual(["moor=token; Max-Age=600; Path=/; HttpOnly; SameSite=Lax"]);
  });

  it("sets the proof only when there is one, for as long as browsers keep a cookie", () => {
    expect(written(https, "token.proof", at(600))).toEqual([
      "__Host-moor=token; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax",
      `__Host-moor-gen=proof; Max-Age=${400 * DAY_SECONDS}; Path=/; HttpOnly; Secure; SameSite=Lax`,
    ]);
  });

  it("rounds the life up to a second, and never below none", () => {
    expect(written(https, "token", T0 + 1)[0]).toContain("Max-Age=1;");
    expect(written(https, "token", T0 - 5000)[0]).toContain("Max-Age=0;");
  });

  it("keeps the cookies that are set already", () => {
    const headers = new Headers({ "Set-Cookie": "a=1" });
    https.write(headers, "token", at(1));
    expect(headers.getSetCookie()).toHaveLength(2);
    expect(headers.getSetCookie()[0]).toBe("a=1");
  });
});

describe("clearing", () => {
  it("makes the client forget token and proof", () => {
    const headers = new Headers();
    https.clear(headers);
    expect(headers.getSetCookie()).toEqual([
      "__Host-moor=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
      "__Host-moor-gen=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
    ]);
  });
});
