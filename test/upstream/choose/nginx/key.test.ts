import { describe, expect, it } from "vitest";
import { createNginxKey, ipHashKey } from "../../../../src/upstream/choose/nginx/key.ts";
import { choiceFacts } from "../../../support/pools.ts";

const keyOf = (key: string, given: Parameters<typeof choiceFacts>[1] = {}) =>
  new TextDecoder().decode(createNginxKey(key)(choiceFacts("s", given)));
const withCookie = (Cookie: string) => ({ headers: new Headers({ Cookie }) });
const asking = (query: string) => ({ url: new URL(`https://shop.test/?${query}`) });

describe("$cookie_NAME", () => {
  it.each([
    ["sid=1", "1"],
    ["a=1; sid=2; sid=3", "2"],
    ["SID=1", "1"],
    ["sidx=1; sid=2", "2"],
    ["xsid=1", ""],
    ["sid = 1", "1"],
    ["sid=", ""],
    ['sid="a b"; c=1', '"a b"'],
    ["sid=a,b; c=1", "a,b"],
    ["a=1,sid=2", "2"],
    ["a=1;sid=2", "2"],
    ["sid; sid=2", "2"],
    ["sid=a=b", "a=b"],
    ["sid=1 ; a=2", "1 "],
    ["", ""],
  ])("of %j is %j", (header, value) => expect(keyOf("$cookie_sid", withCookie(header))).toBe(value));
});

describe("$arg_NAME", () => {
  it.each([
    ["item=1", "1"],
    ["a=1&item=2&item=3", "2"],
    ["ITEM=1", "1"],
    ["xitem=1", ""],
    ["item", ""],
    ["item=a%20b+c", "a%20b+c"],
    ["item=", ""],
    ["a=item=1", ""],
  ])("of %j is %j", (query, value) => expect(keyOf("$arg_item", asking(query))).toBe(value));
});

describe("$remote_addr", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"],
    ["2001:0:0:1:0:0:2:3", "2001::1:0:0:2:3"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
    ["::", "::"],
    ["::1", "::1"],
    ["fe80::", "fe80::"],
    ["::ffff:203.0.113.7", "::ffff:203.0.113.7"],
    ["::ffff:cb00:7107", "::ffff:203.0.113.7"],
    ["::203.0.113.7", "::203.0.113.7"],
    ["::1:2:3", "::1:2:3"],
    ["not an address", ""],
    ["1.2.3", ""],
    ["1.2.3.256", ""],
    ["1::2::3", ""],
    ["1:2:3:4:5:6:7", ""],
    ["1:2:3:4:5:6:7:8:9", ""],
    ["12345::", ""],
  ])("of %s is %j, as nginx prints it", (clientIp, text) => expect(keyOf("$remote_addr", { clientIp })).toBe(text));

  it("is empty when the client's address is not known", () => expect(keyOf("$remote_addr")).toBe(""));
});

describe("a key", () => {
  it("joins variables and text as nginx does", () => {
    const given = { ...withCookie("sid=1"), ...asking("b=2"), clientIp: "1.2.3.4" };
    // biome-ignore lint/suspicious/noTemplateCurlyInString: so nginx writes a variable that text follows.
    expect(keyOf("$cookie_sid:$arg_b-${remote_addr}x", given)).toBe("1:2-1.2.3.4x");
  });

  it("takes a header of any case, its dashes written as _", () => {
    expect(keyOf("$http_x_tenant", { headers: new Headers({ "X-Tenant": "acme" }) })).toBe("acme");
  });

  it("of $binary_remote_addr is the address itself", () => {
    const keys = ["1.2.3.4", "::1"].map((clientIp) =>
      createNginxKey("$binary_remote_addr")(choiceFacts("s", { clientIp })),
    );
    expect(keys.map((key) => [...key])).toEqual([
      [1, 2, 3, 4],
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    ]);
  });

  it("of $request_uri is the path with its query", () => {
    expect(keyOf("$request_uri", { url: new URL("https://shop.test/a/b?c=1&d") })).toBe("/a/b?c=1&d");
    expect(keyOf("$request_uri", { url: new URL("https://shop.test") })).toBe("/");
  });

  it.each(["$uri", "$host", "$http_cookie", "$http_host", "", "$", "$cookie_", "clé", "a$"])(
    "of %j cannot be read as nginx does",
    (key) => expect(() => createNginxKey(key)).toThrow(TypeError),
  );

  it("of ip_hash is three bytes of IPv4, all of IPv6, and nothing without an address", () => {
    const of = (clientIp?: string) => [...ipHashKey(choiceFacts("s", { clientIp }))];
    expect(of("203.0.113.7")).toEqual([203, 0, 113]);
    expect(of("::1")).toHaveLength(16);
    expect(of()).toEqual([]);
  });
});
