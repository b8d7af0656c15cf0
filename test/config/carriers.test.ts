import { describe, expect, it } from "vitest";
import { mistakes, pool, resolved } from "./configs.ts";

const withCarriers = (...carriers: unknown[]) => ({ pools: [pool()], carriers });
const cookie = (changes: object) => withCarriers({ type: "cookie", ...changes });

describe("carriers", () => {
  it("are the cookie alone by default, as browsers guard it best", () => {
    const [carrier, ...others] = resolved({ pools: [pool()] }).carriers;
    expect(others).toEqual([]);
    expect(carrier).toEqual({
      type: "cookie",
      name: "moor",
      prefix: "__Host-",
      domain: undefined,
      path: "/",
      sameSite: "lax",
      partitioned: false,
      persistent: "always",
    });
  });

  it("have names of their own by default", () => {
    expect(resolved(withCarriers({ type: "header" }, { type: "url" })).carriers).toEqual([
      { type: "header", name: "Authorization" },
      { type: "url", name: "moor" },
    ]);
  });

  it.each<[string, object]>([
    ["subdomains", cookie({ prefix: "__Secure-", domain: "example.com" })],
    ["several sites", cookie({ prefix: "__Secure-", domain: ["example.com", "myexample.com"] })],
    ["a visit of the browser", cookie({ persistent: "remembered" })],
    ["a path", cookie({ prefix: "__Secure-", path: "/app" })],
    ["pages in other sites", cookie({ sameSite: "none", partitioned: true })],
    ["several headers", withCarriers({ type: "header" }, { type: "header", name: "X-Auth-Token" })],
    ["a header of Moor's own", withCarriers({ type: "header", name: "Moor-Token" })],
  ])("may be for %s", (_what, input) => {
    expect(mistakes(input)).toEqual([]);
    expect(resolved(resolved(input))).toEqual(resolved(input));
  });

  it.each<[string, object, string]>([
    [
      "a domain with __Host-",
      cookie({ domain: "example.com" }),
      'carriers[0].domain: found "example.com", accepted: none with prefix "__Host-", since browsers refuse that; "__Secure-" lets any subdomain set the cookie',
    ],
    [
      "a path with __Host-",
      cookie({ prefix: "__Host-", path: "/app" }),
      'carriers[0].path: found "/app", accepted: "/" with prefix "__Host-", since browsers refuse others; "__Secure-" lets any subdomain set the cookie',
    ],
    [
      "partitioned that no embedding site would send",
      cookie({ partitioned: true }),
      'carriers[0].partitioned: found true, accepted: true only with sameSite "none": it is for pages embedded by other sites',
    ],
    ["no prefix", cookie({ prefix: "" }), 'carriers[0].prefix: found "", accepted: one of __Host-, __Secure-'],
    [
      "a prefix in the name",
      cookie({ name: "__Host-shop" }),
      'carriers[0].name: found "__Host-shop", accepted: 1 to 32 of A-Z a-z 0-9 . _ -, not beginning with __ (a prefix has a setting)',
    ],
    [
      "a name that cuts the header",
      cookie({ name: "a\r\nb" }),
      'carriers[0].name: found "a\\r\\nb", accepted: 1 to 32 of A-Z a-z 0-9 . _ -, not beginning with __ (a prefix has a setting)',
    ],
    [
      "a domain of one label",
      cookie({ prefix: "__Secure-", domain: "com" }),
      'carriers[0].domain: found "com", accepted: a host name of at least two labels in lower case, no leading dot, no address',
    ],
    [
      "a domain that is an address",
      cookie({ prefix: "__Secure-", domain: "192.0.2.7" }),
      'carriers[0].domain: found "192.0.2.7", accepted: a host name of at least two labels in lower case, no leading dot, no address',
    ],
    [
      "a path with an attribute in it",
      cookie({ prefix: "__Secure-", path: "/;Domain=x" }),
      'carriers[0].path: found "/;Domain=x", accepted: a path that begins with /, as in a URL, without ; and , and of at most 1024 characters',
    ],
    [
      "a path so long that browsers ignore it",
      cookie({ prefix: "__Secure-", path: `/${"a".repeat(1_024)}` }),
      `carriers[0].path: found "/${"a".repeat(79)}…", accepted: a path that begins with /, as in a URL, without ; and , and of at most 1024 characters`,
    ],
    [
      "no domain in a list",
      cookie({ prefix: "__Secure-", domain: [] }),
      "carriers[0].domain: found an empty list, accepted: a list of at least one domain",
    ],
    [
      "a list of domains with __Host-",
      cookie({ domain: ["example.com"] }),
      'carriers[0].domain: found a list, accepted: none with prefix "__Host-", since browsers refuse that; "__Secure-" lets any subdomain set the cookie',
    ],
    [
      "a domain within another",
      cookie({ prefix: "__Secure-", domain: ["eu.example.com", "example.com"] }),
      'carriers[0].domain[0]: found "eu.example.com", accepted: a domain that is not within example.com, since a browser would hold two tokens for its hosts',
    ],
    [
      "a domain twice",
      cookie({ prefix: "__Secure-", domain: ["example.com", "example.com"] }),
      'carriers[0].domain[1]: found "example.com", accepted: a domain that is not within example.com, since a browser would hold two tokens for its hosts',
    ],
    [
      "a header that says something else",
      withCarriers({ type: "header", name: "Cookie" }),
      'carriers[0].name: found "Cookie", accepted: Authorization, or a header of its own such as X-Auth-Token',
    ],
    [
      "a type that there is not",
      withCarriers({ type: "query" }),
      'carriers[0].type: found "query", accepted: one of cookie, header, url',
    ],
    [
      "two cookies",
      withCarriers({ type: "cookie" }, { type: "cookie", name: "b" }),
      'carriers[1]: found "cookie", as at carriers[0], accepted: one carrier of its type',
    ],
    [
      "one header twice",
      withCarriers({ type: "header", name: "X-A" }, { type: "header", name: "x-a" }),
      'carriers[1]: found "header", as at carriers[0], accepted: a header that no other carrier has',
    ],
    [
      "the URL before the cookie",
      withCarriers({ type: "url" }, { type: "cookie" }),
      'carriers[0]: found "url" before another carrier, accepted: the last carrier: anybody can make a link',
    ],
    [
      "none",
      withCarriers(),
      "carriers: found an empty list, accepted: a list of at least one carrier; left out: the cookie",
    ],
  ])("refuse %s, and say why", (_what, input, line) => expect(mistakes(input)).toEqual([line]));
});
