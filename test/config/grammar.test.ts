import { describe, expect, it } from "vitest";
import { mistakes, origin, pool } from "./configs.ts";

const urlAccepted =
  "accepted: http:// or https:// with a host, optionally a port and a base path; no credentials, query, fragment or spaces";
const pathAccepted =
  "accepted: /exact, /prefix/* or /* (* nowhere else), normalised as in a URL: no . or .. segments, ? # \\ or spaces, other characters as %XX";
const hostAccepted = "accepted: a host name in lower case, or *. and one (xn-- for other scripts); no port";

const withOrigin = (changes: object) => ({ pools: [pool({ origins: [origin(changes)] })] });
const withRoute = (changes: object) => ({ pools: [pool()], routes: [{ path: "/*", pool: "shop", ...changes }] });

describe("ids", () => {
  it.each(["a", "web-1.eu_west", "127.0.0.1-9001", "x".repeat(64)])("takes %j", (id) => {
    expect(mistakes({ pools: [pool({ id, origins: [origin({ id })] })] })).toEqual([]);
  });

  it.each(["", "A", "a b", "a/b", "é", "a\n", "x".repeat(65), 1, null])("refuses %j", (id) => {
    expect(mistakes(withOrigin({ id }))).toEqual([
      expect.stringMatching(/^pools\[0\]\.origins\[0\]\.id: found .+, accepted: 1 to 64 of a-z 0-9 \. _ -$/),
    ]);
  });
});

describe("origin URLs", () => {
  it.each(["http://127.0.0.1:9001", "https://a.example.com", "HTTPS://a.example.com/base/@x", "http://[::1]:80/"])(
    "takes %s",
    (url) => expect(mistakes(withOrigin({ url }))).toEqual([]),
  );

  it.each([
    ["another scheme", "ftp://a"],
    ["no scheme", "a.example.com"],
    ["no slashes", "http:a"],
    ["no host", "http://"],
    ["a query", "http://a/?x=1"],
    ["an empty query", "http://a/?"],
    ["a fragment", "http://a/#x"],
    ["an empty fragment", "http://a#"],
    ["credentials", "http://user:secret@a"],
    ["empty credentials", "http://@a"],
    ["a space around it", " http://a"],
    ["a line end", "http://a/\n"],
    ["a backslash", "http:\\\\a"],
    ["a port that is none", "http://a:99999"],
    ["a broken IPv6 address", "http://[::g]"],
    ["a type that is no text", 9001],
  ])("refuses %s", (_, url) => {
    const lines = mistakes(withOrigin({ url }));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^pools\[0\]\.origins\[0\]\.url: found /);
    expect(lines[0]).toContain(urlAccepted);
    expect(lines[0]).not.toContain("secret");
  });
});

describe("routes", () => {
  it.each(["/", "/*", "/cart", "/cart/", "/cart/*", "//x", "/a%2Fb/*", "/%C3%BC", "/a;b=c,d"])(
    "take the path %s",
    (path) => expect(mistakes(withRoute({ path }))).toEqual([]),
  );

  it.each([
    "",
    "*",
    "cart",
    "/a*",
    "/*/b",
    "/a/*/*",
    "/a/../b",
    "/a/./*",
    "/a/..",
    "/%2e%2e/b",
    "/a b",
    "/ü",
    "/a?x",
    "/a#x",
    "\\a",
    "/a\\b",
    "/a ",
    "/a\n",
    1,
  ])("refuse the path %j", (path) => {
    const [line, ...others] = mistakes(withRoute({ path }));
    expect(others).toEqual([]);
    expect(line).toMatch(/^routes\[0\]\.path: found /);
    expect(line).toContain(pathAccepted);
  });

  it.each([
    "example.com",
    "*.example.com",
    "localhost",
    "a",
    "xn--bcher-kva.example",
    "127.0.0.1",
    "*.localhost",
    "blue_bird.shops.example",
  ])("take the host %s", (host) => expect(mistakes(withRoute({ host }))).toEqual([]));

  it.each([
    "",
    "*",
    "*.",
    "Example.com",
    "example.com:80",
    "example.com.",
    ".example.com",
    "a..b",
    "a.*.b",
    "*.*.b",
    "bücher.example",
    "a b",
    "a/b",
    "127.1",
    "*.1.2.3.4",
    "[::1]",
    "user@a",
    `${"x".repeat(64)}.com`,
    null,
  ])("refuse the host %j", (host) => {
    const [line, ...others] = mistakes(withRoute({ host }));
    expect(others).toEqual([]);
    expect(line).toMatch(/^routes\[0\]\.host: found /);
    expect(line).toContain(hostAccepted);
  });

  it.each<[object, string]>([
    [{ session: "no" }, 'session: found "no", accepted: true, false, or an object of idleSeconds, absoluteSeconds'],
    [{ touch: 1 }, "touch: found 1, accepted: true or false"],
    [{ freshness: "fresh" }, 'freshness: found "fresh", accepted: one of bounded, strict'],
    [
      { retry: "any" },
      'retry: found "any", accepted: none: it is retryOn now; "any" is ["connect-failure", "reset", "non-idempotent"]',
    ],
    [
      { retryOn: ["5xx"] },
      'retryOn[0]: found "5xx", accepted: one of connect-failure, reset, timeout, gateway-error, 503, non-idempotent',
    ],
    [{ retryOrigins: 4 }, "retryOrigins: found 4, accepted: a whole number, 1 to 3"],
  ])("refuse %j", (changes, line) => expect(mistakes(withRoute(changes))).toEqual([`routes[0].${line}`]));
});
