import { describe, expect, it } from "vitest";
import type { Carrier } from "../../src/carriers/carrier.ts";
import { joinCredentials, splitCredentials } from "../../src/carriers/credentials.ts";
import { cookieCarrier } from "../support/carriers.ts";
import { at, T0 } from "../support/time.ts";

const DAY_SECONDS = 86_400;
const https = cookieCarrier(true);
const http = cookieCarrier(false);
/** The credentials in a `Cookie` header, as one text; `null`: none. */
const read = (carrier: Carrier, cookie?: string) => {
  const credentials = carrier.read(request(cookie));
  return credentials ? joinCredentials(credentials) : null;
};
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
  ])("on https, of %s", (_what, cookie, text) => expect(read(https, cookie)).toBe(text));

  it.each([
    ["the token", "moor=token; moor-gen=proof", "token.proof"],
    ["the cookies of https", "__Host-moor=token; __Host-moor-gen=proof", null],
  ])("on plain http, of %s", (_what, cookie, text) => expect(read(http, cookie)).toBe(text));
});

describe("writing", () => {
  const written = (carrier: typeof https, text: string, expiresAt: number) => {
    const headers = new Headers();
    carrier.write(headers, splitCredentials(text), expiresAt, false);
    return headers.getSetCookie();
  };

  it("sets the token until it expires, for this host alone, out of reach of scripts", () => {
    expect(written(https, "token", at(600))).toEqual([
      "__Host-moor=token; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax",
    ]);
    expect(written(http, "token", at(600))).toEqual(["moor=token; Max-Age=600; Path=/; HttpOnly; SameSite=Lax"]);
  });

  it("sets the proof only when there is a proof, for as long as browsers keep a cookie", () => {
    expect(written(https, "token.proof", at(600))).toEqual([
      "__Host-moor=token; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax",
      `__Host-moor-gen=proof; Max-Age=${400 * DAY_SECONDS}; Path=/; HttpOnly; Secure; SameSite=Lax`,
    ]);
  });

  it("rounds the life up to a second, and never below zero", () => {
    expect(written(https, "token", T0 + 1)[0]).toContain("Max-Age=1;");
    expect(written(https, "token", T0 - 5000)[0]).toContain("Max-Age=0;");
  });

  it("keeps the cookies that are set already", () => {
    const headers = new Headers({ "Set-Cookie": "a=1" });
    https.write(headers, splitCredentials("token"), at(1), false);
    expect(headers.getSetCookie()).toHaveLength(2);
    expect(headers.getSetCookie()[0]).toBe("a=1");
  });
});

describe("clearing", () => {
  it("makes the client forget token, proof and provisional token", () => {
    const headers = new Headers();
    https.clear(headers);
    expect(headers.getSetCookie()).toEqual([
      "__Host-moor=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
      "__Host-moor-gen=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
      "__Host-moor-new=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
    ]);
  });
});

describe("the provisional token", () => {
  const place = (carrier: Carrier) => carrier.provisional ?? expect.fail("no place for provisional tokens");
  const readNew = (carrier: Carrier, cookie: string) => place(carrier).read(request(cookie));
  const given = (carrier: Carrier) => {
    const headers = new Headers();
    place(carrier).write(headers, "token", at(600));
    return headers.getSetCookie();
  };

  it("has a cookie of its own, guarded as the token's, and never writes the token's", () => {
    expect(given(https)).toEqual(["__Host-moor-new=token; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax"]);
    expect(given(http)).toEqual(["moor-new=token; Max-Age=600; Path=/; HttpOnly; SameSite=Lax"]);
  });

  it("is shared, partitioned and forgotten as the token's cookie is", () => {
    const shared = cookieCarrier(true, { name: "shop", prefix: "__Secure-", domain: ["shop.test"], path: "/app" });
    const ofHost = shared.at?.(new Request("https://api.shop.test/")) ?? shared;
    expect(given(ofHost)).toEqual([
      "__Secure-shop-new=token; Max-Age=600; Domain=shop.test; Path=/app; HttpOnly; Secure; SameSite=Lax",
    ]);
    expect(given(cookieCarrier(true, { sameSite: "none", partitioned: true }))).toEqual([
      "__Host-moor-new=token; Max-Age=600; Path=/; HttpOnly; Secure; Partitioned; SameSite=None",
    ]);
    expect(given(cookieCarrier(true, { persistent: "remembered" }))).toEqual([
      "__Host-moor-new=token; Path=/; HttpOnly; Secure; SameSite=Lax",
    ]);
  });

  it("is read as a token only where it is asked for, with the marks beside it and without a proof", () => {
    const cookie = "__Host-moor-new=new; __Host-moor-gen=proof; __Host-moor-mark-ab=5";
    expect(read(https, cookie)).toBe(null);
    expect(readNew(https, cookie)).toEqual({ token: "new", proof: "", marks: ["5"], hasProvisional: true });
    expect(readNew(https, "moor-new=new")).toBe(undefined);
    expect(readNew(https, "__Host-moor-new=new.proof")).toBe(undefined);
  });

  it("is forgotten when a token is written to a client that sent it, and not by a mark alone", () => {
    const credentials = https.read(request("__Host-moor=old; __Host-moor-new=new"));
    expect(credentials).toMatchObject({ token: "old", hasProvisional: true });
    const written = (token: string, hasProvisional: boolean) => {
      const headers = new Headers();
      https.write(headers, { token, proof: "", marks: ["abc"], hasProvisional }, at(600), false);
      return headers.getSetCookie().map((line) => line.split(";", 2).join(";"));
    };
    expect(written("token", true)).toContain("__Host-moor-new=; Max-Age=0");
    expect(written("token", false)).toHaveLength(2);
    expect(written("", true)).toEqual(["__Host-moor-mark-ab=abc; Max-Age=86400"]);
  });
});

describe("the mark", () => {
  const name = "__Host-moor-mark-ab";
  it("is set for as long as the journal may hold the visitor's changes", () => {
    const headers = new Headers();
    https.write(headers, splitCredentials("..abc"), 0, false);
    expect(headers.getSetCookie()).toEqual([`${name}=abc; Max-Age=86400; Path=/; HttpOnly; Secure; SameSite=Lax`]);
  });
  it("is read with the token, with a proof or without", () => {
    expect(read(https, `${name}=5; __Host-moor=token`)).toBe("token..5");
    expect(read(https, `__Host-moor=token; __Host-moor-gen=proof; ${name}=5`)).toBe("token.proof.5");
    expect(read(https, `${name}=5`)).toBe(null);
  });
  it("of each session has a name of its own, and all that a browser holds are read", () => {
    expect(read(https, `${name}=5; __Host-moor-mark-cd=6; __Host-moor=token`)).toBe("token..5.6");
    const hundred = Array.from({ length: 100 }, (_, index) => `__Host-moor-mark-${index}=${index}`);
    const marks = https.read(request(`__Host-moor=token; ${hundred.join("; ")}`))?.marks;
    expect(marks).toHaveLength(100);
    expect(marks?.at(-1)).toBe("99");
  });
});

describe("a proof", () => {
  it("with text after it is not a proof", () => {
    expect(read(https, "__Host-moor=token; __Host-moor-gen=proof.1")).toBe("token");
  });
});

describe("a cookie that is configured", () => {
  type Changes = Parameters<typeof cookieCarrier>[1];
  const allWritten = (changes: Changes, { secure = true, host = "shop.test", isRemembered = false } = {}) => {
    const headers = new Headers();
    const carrier = cookieCarrier(secure, changes);
    const ofHost = carrier.at?.(new Request(`https://${host}/`)) ?? carrier;
    ofHost.write(headers, splitCredentials("token.proof.abc"), at(600), isRemembered);
    return headers.getSetCookie();
  };
  const written = (changes: Changes, secure = true) => allWritten(changes, { secure })[0];

  it.each<[string, Parameters<typeof cookieCarrier>[1], string]>([
    ["a name", { name: "shop" }, "__Host-shop=token; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax"],
    [
      "subdomains and a path",
      { prefix: "__Secure-", domain: ["shop.test"], path: "/app" },
      "__Secure-moor=token; Max-Age=600; Domain=shop.test; Path=/app; HttpOnly; Secure; SameSite=Lax",
    ],
    [
      "no other site",
      { sameSite: "strict" },
      "__Host-moor=token; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Strict",
    ],
    [
      "a jar per site",
      { sameSite: "none", partitioned: true },
      "__Host-moor=token; Max-Age=600; Path=/; HttpOnly; Secure; Partitioned; SameSite=None",
    ],
  ])("for %s is written so on https", (_what, changes, line) => expect(written(changes)).toBe(line));

  it("is neither None nor partitioned on plain http: browsers would refuse it", () => {
    const line = written({ sameSite: "none", partitioned: true }, false);
    expect(line).toBe("moor=token; Max-Age=600; Path=/; HttpOnly; SameSite=Lax");
  });

  it.each([
    ["shop.test", "shop.test"],
    ["www.shop.test", "shop.test"],
    ["a.b.other.test:8443", "other.test"],
    ["myshop.test", undefined],
    ["shop.test.evil.test", undefined],
    ["shop.test.", undefined],
    ["127.0.0.1", undefined],
  ])("for several sites is shared below the domain of its host: %s", (host, domain) => {
    const shared = { prefix: "__Secure-", domain: ["shop.test", "other.test"] } as const;
    for (const line of allWritten(shared, { host })) expect(/Domain=([^;]*)/.exec(line)?.[1]).toBe(domain);
  });

  it("for several sites is forgotten below the domain of its host as well", () => {
    const headers = new Headers();
    const carrier = cookieCarrier(true, { prefix: "__Secure-", domain: ["shop.test"] });
    carrier.at?.(new Request("https://www.shop.test/")).clear(headers);
    expect(headers.getSetCookie()).toEqual([
      "__Secure-moor=; Max-Age=0; Domain=shop.test; Path=/; HttpOnly; Secure; SameSite=Lax",
      "__Secure-moor-gen=; Max-Age=0; Domain=shop.test; Path=/; HttpOnly; Secure; SameSite=Lax",
      "__Secure-moor-new=; Max-Age=0; Domain=shop.test; Path=/; HttpOnly; Secure; SameSite=Lax",
    ]);
  });

  it("that only remembered visitors keep has no Max-Age for others, except for marks, which a remembered visitor may need", () => {
    const persistent = "remembered" as const;
    const lives = (isRemembered: boolean) =>
      allWritten({ persistent }, { isRemembered }).map((line) => /Max-Age=(\d+)/.exec(line)?.[1]);
    expect(lives(false)).toEqual([undefined, undefined, String(DAY_SECONDS)]);
    expect(lives(true)).toEqual(["600", String(400 * DAY_SECONDS), String(DAY_SECONDS)]);
    const headers = new Headers();
    cookieCarrier(true, { persistent }).clear(headers);
    expect(headers.getSetCookie().every((line) => line.includes("Max-Age=0;"))).toBe(true);
  });

  it("is read by its own name alone", () => {
    const shop = cookieCarrier(true, { name: "shop", prefix: "__Secure-" });
    expect(read(shop, "__Host-moor=a; __Host-shop=b; shop=c; __Secure-shop=token")).toBe("token");
    expect(read(shop, "__Host-shop=b; shop=c")).toBe(null);
  });
});
