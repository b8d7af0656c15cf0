import { describe, expect, it } from "vitest";
import { readAddress } from "../../src/inbound/address.ts";

/** A request as the runtime hands it over: its URL is raw, as `new Request` would not leave it. */
function arriving(url: string, host?: string): Request {
  const request = new Request("https://any.test/", host === undefined ? {} : { headers: { Host: host } });
  return Object.defineProperty(request, "url", { value: url });
}

/** With the rest of its URL, 63 KiB. */
const LONG = "u".repeat(63 * 1024 - 18);

describe("the address of a request", () => {
  it.each([
    ["https://shop.test/", "shop.test", "/", true],
    ["https://SHOP.test:8443/a?b=c", "SHOP.test:8443", "/a", true],
    ["https://blue_bird.shop.test/a", "blue_bird.shop.test", "/a", true],
    ["http://my_app.localhost:8787/", "my_app.localhost:8787", "/", false],
    ["https://[2001:db8::1]:8443/", "[2001:db8::1]:8443", "/", true],
    ["https://shop.test/x/%2e%2e/y", "shop.test", "/y", true],
    ["https://shop.test/x\\..\\y", "shop.test", "/y", true],
    ["https://shop.test//evil.test/x", "shop.test", "//evil.test/x", true],
    ["https://shop.test/a/..%2fb", "shop.test", "/a/..%2fb", true],
    ["http://localhost:8787/", "localhost:8787", "/", false],
    ["http://a.localhost/", "a.localhost", "/", false],
    ["http://127.0.0.1:9/", "127.0.0.1:9", "/", false],
    ["http://127.255.0.9/", "127.255.0.9", "/", false],
    ["http://[::1]:9/", "[::1]:9", "/", false],
    [`https://shop.test/${LONG}`, "shop.test", `/${LONG}`, true],
  ])("%s is host %s, path %s, secure %s", (raw, host, pathname, secure) => {
    const address = readAddress(arriving(raw));
    expect(address).toMatchObject({ kind: "address", host, secure });
    expect(address.kind === "address" && address.url.pathname).toBe(pathname);
  });

  it.each([
    ["a target that is no path", "https://shop.test*"],
    ["no path at all", "https://shop.test"],
    ["a query without a path", "https://shop.test?a=/"],
    ["a Host with credentials", "https://a@evil.test/"],
    ["a Host with a password", "https://a:b@evil.test/"],
    ["a Host with an escape", "https://shop%2etest/"],
    ["a Host with a slash in front", "https:///shop.test/"],
    ["a Host with a backslash", "https://shop.test\\evil.test/"],
    ["a Host with a space", "https://shop test/"],
    ["a Host beyond ASCII", "https://shöp.test/"],
    ["a Host with two ports", "https://shop.test:1:2/"],
    ["a port that is none", "https://shop.test:99999/"],
    ["brackets that hold no address", "https://[shop]/"],
    ["another scheme", "ftp://shop.test/"],
    ["more than 63 KiB", `https://shop.test/${"u".repeat(63 * 1024 - 17)}`],
    ["more than 63 KiB once it is escaped", `https://shop.test/${"{".repeat(22 * 1024)}`],
  ])("is malformed with %s", (_what, raw) => expect(readAddress(arriving(raw))).toEqual({ kind: "malformed" }));

  it.each(["a@evil.test", "shop.test/..", "shop.test\\", "shop test", "", "shop%2etest"])(
    "is malformed when the Host header says %o",
    (host) => expect(readAddress(arriving("https://shop.test/", host))).toEqual({ kind: "malformed" }),
  );

  it.each([
    ["http://shop.test/a/../b?c=d", "https://shop.test/b?c=d"],
    ["http://shop.test:8080/", "https://shop.test:8080/"],
    ["http://localhost.evil.test/", "https://localhost.evil.test/"],
    ["http://localhost./", "https://localhost./"],
    ["http://127.0.0.1.evil.test/", "https://127.0.0.1.evil.test/"],
    ["http://10.0.0.1/", "https://10.0.0.1/"],
    ["http://[::ffff:7f00:1]/", "https://[::ffff:7f00:1]/"],
  ])("%s belongs on https, at %s", (raw, location) => {
    expect(readAddress(arriving(raw))).toEqual({ kind: "insecure", location });
  });
});
