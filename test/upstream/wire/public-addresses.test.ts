import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPublicAddresses } from "../../../src/upstream/wire/public-addresses.ts";
import { poolConfig } from "../../support/pools.ts";

interface Case {
  /** Of the origins; the first has answered. */
  readonly urls?: readonly string[];
  readonly host?: "origin" | "client";
  readonly asked?: string;
}

/** The headers of a response of the first origin, as the client gets them. */
function told(
  headers: HeadersInit,
  { urls = ["http://a.internal"], host = "origin", asked = ASKED }: Case = {},
): Headers {
  const config = {
    ...poolConfig(
      urls.map((_, index) => `${index}`),
      { urls: [...urls] },
    ),
    host,
  };
  const [origin] = config.origins;
  const url = new URL(asked);
  const address = { url, host: asked.split("/", 3)[2] as string };
  return createPublicAddresses(config, origin as (typeof config.origins)[number])(
    new Response("", { headers }),
    address,
  ).headers;
}
const ASKED = "https://shop.test/cart?a=1";
const location = (value: string, given: Case = {}) => told({ Location: value }, given).get("Location");
const cookie = (value: string, given: Case = {}) => told({ "Set-Cookie": value }, given).getSetCookie()[0];

const BASED = { urls: ["http://a.internal:8080/app/"] };

describe("a Location that names the origin", () => {
  it.each<[string, string, Case?]>([
    ["http://a.internal/docs/", "https://shop.test/docs/"],
    ["HTTP://A.Internal/docs/?q=1#top", "https://shop.test/docs/?q=1#top"],
    ["http://a.internal:80/x", "https://shop.test/x"],
    ["http://a.internal", "https://shop.test/"],
    ["http://a.internal?q=1", "https://shop.test/?q=1"],
    ["http://%61.internal/x%2Fy", "https://shop.test/x%2Fy"],
    ["//a.internal/x", "https://shop.test/x"],
    ["//A.INTERNAL:443/x", "https://shop.test/x"],
    // The scheme of X-Forwarded-Proto with the origin's own host.
    ["https://a.internal/wp-admin/", "https://shop.test/wp-admin/"],
    ["http://a.internal//evil.test/x", "https://shop.test//evil.test/x"],
    ["http://a.internal/x", "http://localhost:8788/x", { asked: "http://localhost:8788/" }],
    ["http://a.internal/x", "https://[2001:db8::1]:8443/x", { asked: "https://[2001:db8::1]:8443/" }],
    ["http://[0:0::1]:9000/x", "https://shop.test/x", { urls: ["http://[::1]:9000"] }],
    ["http://127.0.0.1:9415/peek", "https://shop.test/peek", { urls: ["http://127.0.0.1:9415"] }],
    ["http://a.internal:8080/app/x", "https://shop.test/x", BASED],
    ["http://a.internal:8080/app", "https://shop.test/", BASED],
    ["https://a.internal:8080/app?x=1", "https://shop.test/?x=1", BASED],
    ["/app/x?y#z", "https://shop.test/x?y#z", BASED],
    ["/app", "https://shop.test/", BASED],
    ["/app//evil.test", "https://shop.test//evil.test", BASED],
    ["/app/\t/evil.test", "https://shop.test/\t/evil.test", BASED],
    ["/app/\\evil.test", "https://shop.test/\\evil.test", BASED],
    // Another origin of the pool serves the same application.
    ["https://b.internal:8443/x", "https://shop.test/x", { urls: ["http://a.internal", "https://b.internal:8443"] }],
    ["http://b.internal/two/x", "https://shop.test/x", { urls: ["http://a.internal/one", "http://b.internal/two"] }],
    ["http://shop.test/docs/", "https://shop.test/docs/", { host: "client" }],
    ["http://shop.test:8080/app/x", "https://shop.test/x", { ...BASED, host: "client" }],
  ])("%j becomes %j", (value, expected, given) => {
    expect(location(value, given)).toBe(expected);
    expect(told({ "Content-Location": value }, given).get("Content-Location")).toBe(expected);
    expect(told({ Refresh: `5; url=${value}` }, given).get("Refresh")).toBe(`5; url=${expected}`);
  });
});

describe("a Location that does not name the origin stays", () => {
  it.each<[string, Case?]>([
    ["/docs/"],
    ["docs/?q=1"],
    ["?q=1"],
    ["#top"],
    ["https://shop.test/docs/"],
    ["http://a.internal.evil.test/"],
    ["http://evil.test/http://a.internal/"],
    ["http://evil.test/?to=http://a.internal/"],
    ["http://a.internal:8080/x"],
    ["https://a.internal:80/x"],
    ["ftp://a.internal/x"],
    ["http:/a.internal/x"],
    ["http:a.internal/x"],
    // Programs disagree about these.
    ["http://a.internal@evil.test/"],
    ["http://user@a.internal/"],
    ["http://a.internal\\@evil.test/"],
    ["http://a.internal\\.evil.test/"],
    ["http:\\\\a.internal\\x"],
    ["/\\a.internal/x", BASED],
    ["//app/x", BASED],
    // Several values are never made one.
    ["http://a.internal/x, http://evil.test/"],
    // Outside the base path.
    ["http://a.internal:8080/other", BASED],
    ["http://a.internal:8080/application", BASED],
    ["http://a.internal:8080/app/../other", BASED],
    ["http://a.internal:8080/app/%2e%2E/other", BASED],
    ["/other", BASED],
    ["/app/../other", BASED],
    ["/app/../app/x", BASED],
    ["/app/../app", BASED],
    ["/app/..\\other", BASED],
    ["/app\\x", BASED],
    // The other origin has another base path.
    ["http://b.internal/one/x", { urls: ["http://a.internal/one", "http://b.internal/two"] }],
    // An origin that insists on https by itself.
    ["https://a.internal/cart?a=1"],
    ["http://a.internal/docs/", { host: "client" }],
  ])("%j", (value, given) => {
    expect(location(value, given)).toBe(new Headers({ Location: value }).get("Location"));
  });
});

describe("a Refresh", () => {
  it.each([
    ["0;URL='http://a.internal/x'", "0;URL='https://shop.test/x'"],
    ['5 ; url = "http://a.internal/x" and more', '5 ; url = "https://shop.test/x" and more'],
    ["1.5,http://a.internal/x", "1.5,https://shop.test/x"],
    ["5", "5"],
    ["5; url=/x", "5; url=/x"],
    ["5; url=http://a.internal/x, 6; url=http://evil.test/", "5; url=http://a.internal/x, 6; url=http://evil.test/"],
    ["url=http://a.internal/x", "url=http://a.internal/x"],
  ])("%j is told as %j", (value, expected) => expect(told({ Refresh: value }).get("Refresh")).toBe(expected));
});

describe("a cookie", () => {
  it.each<[string, string, Case?]>([
    ["a=1; Domain=a.internal; Path=/", "a=1; Domain=shop.test; Path=/"],
    ["a=1; domain = .A.Internal ;Secure", "a=1; domain = shop.test;Secure"],
    ["a=1; Domain=b.internal", "a=1; Domain=shop.test", { urls: ["http://a.internal", "http://b.internal"] }],
    ["a=1; Domain=a.internal", "a=1; Domain=shop.test", { asked: "https://shop.test:8443/" }],
    ["a=1; Path=/app", "a=1; Path=/", BASED],
    ["a=1; Path=/app/", "a=1; Path=/", BASED],
    ["a=1; HttpOnly; path=/app/x; Domain=a.internal", "a=1; HttpOnly; path=/x; Domain=shop.test", BASED],
  ])("%j becomes %j", (value, expected, given) => expect(cookie(value, given)).toBe(expected));

  it.each<[string, Case?]>([
    ["a=1; Domain=internal"],
    ["a=1; Domain=shop.test"],
    ["a=1; Domain=x.a.internal"],
    ["a=1; Domain=a.internal.evil.test"],
    ["Domain=a.internal"],
    ["a=1; Path=/app"],
    ["a=1; Path=/", BASED],
    ["a=1; Path=/application", BASED],
    ["a=1; Path=/app/../x", BASED],
  ])("%j stays", (value, given) => expect(cookie(value, given)).toBe(value));

  it("leaves the cookies around it as they are, in order", () => {
    const headers = new Headers();
    for (const value of ["a=1; Path=/", "b=2; Domain=a.internal", "c=3"]) headers.append("Set-Cookie", value);
    expect(told(headers).getSetCookie()).toEqual(["a=1; Path=/", "b=2; Domain=shop.test", "c=3"]);
  });
});

it("a response that names no address of the origin is passed on as it is, and not copied", () => {
  const config = poolConfig(["a"], { urls: ["http://a.internal"] });
  const [origin] = config.origins;
  const response = new Response("", { headers: { Location: "/x", Refresh: "5", "Set-Cookie": "a=1; Path=/" } });
  const address = { url: new URL(ASKED), host: "shop.test" };
  expect(createPublicAddresses(config, origin as (typeof config.origins)[number])(response, address)).toBe(response);
});

describe("any Location", () => {
  const piece = fc.constantFrom(
    ..."/ \\ : @ ? # . .. // %2e %2f \t a.internal a.internal:8080 evil.test http: https: app /app/ [::1] 80".split(
      " ",
    ),
    ", ",
  );
  const value = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
  const urls = fc.constantFrom(["http://a.internal"], ["http://a.internal:8080/app"], ["http://[::1]/app"]);

  it("that is changed leads to the public host, whoever reads it; and to the page that the origin meant", () => {
    fc.assert(
      fc.property(value, urls, fc.constantFrom("origin" as const, "client" as const), (text, urls, host) => {
        const given = new Headers({ Location: text }).get("Location") ?? "";
        const changed = location(given, { urls, host }) ?? "";
        if (changed === given) return;
        expect(changed).toMatch(/^https:\/\/shop\.test\//);
        const [public_, meant] = [new URL(changed), new URL(given, `${urls[0]}/`)];
        const base = new URL(urls[0] as string).pathname.replace(/\/$/, "");
        expect(public_.host).toBe("shop.test");
        expect(base + public_.pathname + public_.search + public_.hash).toBe(
          meant.pathname.replace(/^(\/app)$/, base === "" ? "$1" : "$1/") + meant.search + meant.hash,
        );
      }),
      { numRuns: 20_000 },
    );
  });

  it("that an origin cannot have meant for itself stays", () => {
    fc.assert(
      fc.property(value, urls, (text, urls) => {
        const given = new Headers({ Location: text }).get("Location") ?? "";
        const own = new URL(urls[0] as string);
        if (!URL.canParse(given, ASKED) || new URL(given, ASKED).hostname === own.hostname) return;
        const isOfPath = given.startsWith("/") && own.pathname !== "/";
        if (!isOfPath) expect(location(given, { urls })).toBe(given);
      }),
      { numRuns: 20_000 },
    );
  });
});
