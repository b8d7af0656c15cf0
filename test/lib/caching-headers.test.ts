import { describe, expect, it } from "vitest";
import { cacheHeader } from "../../src/lib/caching-headers.ts";

const VIA = "1.1 web-1 (Varnish/7.1)";

describe("a response of Varnish", () => {
  it("with Age: 0 is fetched for its request, if X-Varnish has one number and Via one proxy", () => {
    expect(cacheHeader(new Headers({ Age: "0", "X-Varnish": "32770", Via: VIA }))).toBe(undefined);
  });

  it.each<[string, Record<string, string>]>([
    ["a second number: the request that stored it", { Age: "0", "X-Varnish": "32773 32771", Via: VIA }],
    ["the numbers of two Varnishes", { Age: "0", "X-Varnish": "3, 32771", Via: VIA }],
    ["another proxy, which may be a cache", { Age: "0", "X-Varnish": "3", Via: `${VIA}, 1.1 cdn` }],
    ["no proxy", { Age: "0", "X-Varnish": "3" }],
    ["no number", { Age: "0", Via: VIA }],
    ["an age", { Age: "1", "X-Varnish": "3", Via: VIA }],
    ["two ages", { Age: "0, 0", "X-Varnish": "3", Via: VIA }],
  ])("may be stored with %s", (_what, headers) => expect(cacheHeader(new Headers(headers))).toBe("age"));

  it("tells nothing of Cloudflare's cache", () => {
    const headers = { Age: "0", "X-Varnish": "3", Via: VIA, "CF-Cache-Status": "HIT" };
    expect(cacheHeader(new Headers(headers))).toBe("cf-cache-status");
  });
});
