import { describe, expect, it } from "vitest";
import { createLearning, createOriginTags, type Learning, withoutTags } from "../../../src/upstream/choose/learn.ts";
import { createPool } from "../../../src/upstream/pool.ts";
import { poolConfig } from "../../support/pools.ts";
import { macRing } from "../../support/rings.ts";

const PAGE = new URL("https://shop.test/");

function learning({ keys = [1], cookie = "sid", routes = ["a", "b", "n.3"], pool = "shop", more = {} } = {}): Learning {
  const config = poolConfig(["a", "b", "c"]);
  const origins = config.origins.map((origin, i) => ({ ...origin, route: routes[i] as string }));
  const [first = 1, ...others] = keys;
  return createLearning(
    { ...config, id: pool, origins, learn: { cookie, ignoreCase: false, ...more } },
    createOriginTags(macRing(first, ...others)),
  ) as Learning;
}

const setting = (...cookies: string[]) => {
  const headers = new Headers();
  for (const cookie of cookies) headers.append("Set-Cookie", cookie);
  return new Response("body", { headers });
};
const taught = async (given: Learning, index: number, ...cookies: string[]) =>
  (await given.teach(setting(...cookies), index)).headers.getSetCookie();
/** The tag that a response of the origin at `index` sets. */
const tagOf = async (given: Learning, index: number) =>
  /^moor-at-sid=([\w-]{12})/.exec((await taught(given, index, "sid=1"))[1] ?? "")?.[1] as string;

describe("a response that sets the application's cookie", () => {
  it.each([
    ["sid=1", ""],
    ["sid=1; Path=/; HttpOnly", "; Path=/; HttpOnly"],
    [
      "sid=1;Path=/app;Domain=example.com;Max-Age=60;Secure;SameSite=None;Partitioned",
      ";Path=/app;Domain=example.com;Max-Age=60;Secure;SameSite=None;Partitioned",
    ],
    ["sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "; Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
  ])("%j gets another beside it with the same attributes", async (own, attributes) => {
    const given = learning();
    const tag = await tagOf(given, 1);
    expect(await taught(given, 1, "other=1", own)).toEqual(["other=1", own, `moor-at-sid=${tag}${attributes}`]);
  });

  it("gets a second cookie for each time it is set", async () => {
    const lines = await taught(learning(), 0, "sid=; Path=/old; Max-Age=0", "sid=2; Path=/");
    expect(lines).toHaveLength(4);
  });

  it.each(["sid=abc.a", "sid=abc.n.3; Path=/", 'sid="abc.b"', "sid=b"])(
    "%j and names an origin needs no second cookie",
    async (own) => {
      expect(await taught(learning(), 0, own)).toEqual([own]);
    },
  );

  it("keeps its body", async () => {
    expect(await (await learning().teach(setting("sid=1"), 0)).text()).toBe("body");
  });
});

it("a response that does not set it is passed on untouched", async () => {
  for (const response of [new Response(), setting("other=1"), setting("SID=1"), setting("sidx=1")]) {
    expect(await learning().teach(response, 0)).toBe(response);
  }
});

describe("the origin that a request names", () => {
  it("is none without the application's cookie, whatever the second cookie says", async () => {
    const given = learning();
    const nothing = { value: undefined, origin: undefined };
    expect(await given.read(null, PAGE)).toEqual(nothing);
    expect(await given.read("other=1; xsid=a; SID=a", PAGE)).toEqual(nothing);
    expect(await given.read(`moor-at-sid=${await tagOf(given, 1)}`, PAGE)).toEqual(nothing);
  });

  it("is the origin whose tag the second cookie holds", async () => {
    const given = learning();
    for (const origin of [0, 1, 2]) {
      const cookies = `a=1; sid=s%3Ax.y; moor-at-sid=${await tagOf(given, origin)}`;
      expect(await given.read(cookies, PAGE)).toEqual({ value: "s%3Ax.y", origin });
    }
  });

  it.each([
    ["sid=abc.a", 0],
    ["sid=abc.def.b", 1],
    ["sid=abc.n.3", 2],
    ['sid="abc.b"', 1],
    ["sid=b", 1],
    ["sid=abcb", undefined],
    ["sid=abc.3", undefined],
    ["sid=abc.a.x", undefined],
    ["sid=", undefined],
  ])("%j is the origin that the value names", async (cookies, origin) => {
    expect((await learning().read(cookies, PAGE)).origin).toBe(origin);
  });

  it("by the cookie's value goes before the second cookie: that may be left over", async () => {
    const given = learning();
    expect((await given.read(`sid=x.a; moor-at-sid=${await tagOf(given, 1)}`, PAGE)).origin).toBe(0);
  });

  it("is no origin for a tag that is made up, of another key, pool or cookie", async () => {
    const foreign = [
      await tagOf(learning({ keys: [2] }), 1),
      await tagOf(learning({ pool: "blog" }), 1),
      "AAAAAAAAAAAA",
      "b",
      "",
    ];
    for (const tag of foreign) {
      expect(await learning().read(`sid=1; moor-at-sid=${tag}`, PAGE)).toEqual({ value: "1", origin: undefined });
    }
    expect((await learning().read(`sid=1; moor-at-other=${await tagOf(learning(), 1)}`, PAGE)).origin).toBeUndefined();
  });

  it("stays when a key is rotated in; the new key signs", async () => {
    const rotated = learning({ keys: [2, 1] });
    const [old, fresh] = [await tagOf(learning({ keys: [1] }), 2), await tagOf(rotated, 2)];
    expect(fresh).not.toBe(old);
    for (const tag of [old, fresh]) expect((await rotated.read(`sid=1; moor-at-sid=${tag}`, PAGE)).origin).toBe(2);
  });
});

describe("the Cookie header for origins", () => {
  it.each([
    ["a=1; sid=2", "a=1; sid=2"],
    ["a=1; moor-at-sid=x; sid=2", "a=1; sid=2"],
    ["moor-at-sid=x; sid=2; moor-at-b=y", "sid=2"],
    ["moor-at-sid=x", null],
    ["moor-at-a=x;moor-at-b=y", null],
    ["a=moor-at-sid", "a=moor-at-sid"],
  ])("of %j is %j", (cookies, rest) => expect(withoutTags(cookies)).toBe(rest));
});

it("a pool that learns needs tags", () => {
  expect(() => createPool({ ...poolConfig(["a"]), learn: { cookie: "sid", ignoreCase: false } })).toThrow(TypeError);
});

describe("the session id in an address", () => {
  const given = learning({ cookie: "JSESSIONID", more: { pathParameter: "jsessionid", queryParameter: "s.id" } });
  const read = async (path: string, cookies: string | null = null) =>
    Object.values(await given.read(cookies, new URL(path, PAGE)));

  it.each([
    ["/cart;jsessionid=X1.b", ["X1.b", 1]],
    ["/cart;jsessionid=X1.n.3/items;v=2?a=b", ["X1.n.3", 2]],
    ["/cart;v=1;jsessionid=X1.a;w=2", ["X1.a", 0]],
    ["/cart?a=1&s.id=X2.b#top", ["X2.b", 1]],
    ["/cart;jsessionid=X1.a?s.id=X2.b", ["X1.a", 0]],
    ["/cart;jsessionid=unknown", ["unknown", undefined]],
  ])("names the origin by its route: %s", async (path, found) => expect(await read(path)).toEqual(found));

  it.each([
    "/cart",
    "/cart;jsessionid=",
    "/cart;xjsessionid=X1.b",
    "/jsessionid=X1.b",
    "/cart?;jsessionid=X1.b",
    "/cart?sxid=X1.b",
    "/cart?xs.id=X1.b",
    "/cart;JSESSIONID=X1.b",
    "/cart?s.id=",
  ])("is not found in %s", async (path) => expect(await read(path)).toEqual([undefined, undefined]));

  it("counts less than the cookie, as it does for Tomcat", async () => {
    expect(await read("/cart;jsessionid=X1.b", "JSESSIONID=X2.a")).toEqual(["X2.a", 0]);
  });

  it("is not looked for unless the pool names a parameter", async () => {
    const plain = await learning().read(null, new URL("/cart;sid=X.b?sid=X.b", PAGE));
    expect(plain.value).toBe(undefined);
  });
});

describe("names without case", () => {
  const given = learning({ cookie: "jsessionid", more: { pathParameter: "jsessionid", ignoreCase: true } });

  it("are found in cookies and in addresses", async () => {
    expect(await given.read("a=1; JSessionID=X.b", PAGE)).toEqual({ value: "X.b", origin: 1 });
    expect(await given.read(null, new URL("/a;JSESSIONID=X.n.3", PAGE))).toEqual({ value: "X.n.3", origin: 2 });
    expect((await given.read("XJSESSIONID=X.b", PAGE)).value).toBe(undefined);
  });

  it("are found in responses, and the second cookie has the name of the configuration", async () => {
    const [, tag = ""] = await taught(given, 1, "JSESSIONID=1; Path=/app");
    expect(tag).toMatch(/^moor-at-jsessionid=[\w-]{12}; Path=\/app$/);
    expect((await given.read(`JSESSIONID=1; ${tag.split(";")[0]}`, PAGE)).origin).toBe(1);
    expect(await taught(given, 1, "jsession=1")).toEqual(["jsession=1"]);
  });
});
