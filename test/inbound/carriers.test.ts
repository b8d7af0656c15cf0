import { describe, expect, it } from "vitest";
import { splitCredentials } from "../../src/carriers/credentials.ts";
import { createCarrier, type ResolvedCarrier } from "../../src/carriers/registry.ts";
import { createCarriers } from "../../src/inbound/carriers.ts";
import { createTokens } from "../../src/inbound/token/tokens.ts";
import { carrierSuite } from "../carriers/carrier.suite.ts";
import { COOKIE, cookieCarrier, OPTIONS } from "../support/carriers.ts";
import { macRing } from "../support/rings.ts";
import { T0 } from "../support/time.ts";

const PAGE = "https://shop.test/";

/** A browser as far as cookies go. */
function browser(responses: readonly Headers[]): Request {
  const jar = new Map<string, string>();
  for (const line of responses.flatMap((headers) => headers.getSetCookie())) {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/; Max-Age=0(;|$)/.test(line)) jar.delete(name);
    else jar.set(name, value);
  }
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  return new Request(PAGE, { headers: cookie === "" ? {} : { Cookie: cookie } });
}

/** A client that sends back the credentials that it received last. */
const app =
  (name: string, back = name, scheme = "") =>
  (responses: readonly Headers[]) => {
    const text = responses.findLast((headers) => headers.has(back))?.get(back) ?? "";
    return new Request(PAGE, { headers: text === "" ? {} : { [name]: scheme + text } });
  };

carrierSuite("cookie, on https", { carrier: cookieCarrier(true), next: browser });
carrierSuite("cookie, on plain http", { carrier: cookieCarrier(false), next: browser });
carrierSuite("cookie, shared with subdomains", {
  carrier: cookieCarrier(true, { name: "shop", prefix: "__Secure-", domain: ["shop.test"], sameSite: "none" }),
  next: browser,
});
carrierSuite("header Authorization", {
  carrier: createCarrier({ type: "header", name: "Authorization" }, OPTIONS).https,
  next: app("Authorization", "Moor-Token", "Bearer "),
});
carrierSuite("header X-Auth-Token", {
  carrier: createCarrier({ type: "header", name: "X-Auth-Token" }, OPTIONS).https,
  next: app("X-Auth-Token"),
});

describe("several carriers", () => {
  const [one, other] = ["1".repeat(84), "2".repeat(84)] as const;
  const request = (headers: HeadersInit) => new Request(PAGE, { headers });
  const HEADER: ResolvedCarrier = { type: "header", name: "Authorization" };
  const OWN: ResolvedCarrier = { type: "header", name: "X-Own" };
  const make = (settings: ResolvedCarrier[]) => createCarriers(settings, OPTIONS);
  /** Tokens open unless they are of `x`; the number of tokens that were tried is counted. */
  const read = async (settings: ResolvedCarrier[], headers: HeadersInit) => {
    let tried = 0;
    const opened = await createTokens(macRing(1)).mint(T0, 1000, 0);
    const client = await make(settings).read(request(headers), true, {
      known: () => undefined,
      open: async ({ token }) => {
        tried++;
        return token.startsWith("x") ? undefined : { ...opened, id: token };
      },
    });
    return { ...client, tried };
  };
  const bothTokens = { Cookie: `__Host-moor=${one}`, Authorization: `Bearer ${other}` };

  it("are read in their order: the first that opens decides", async () => {
    expect(await read([COOKIE, HEADER], bothTokens)).toMatchObject({ token: { id: one }, tried: 1 });
    expect(await read([HEADER, COOKIE], bothTokens)).toMatchObject({ token: { id: other }, tried: 1 });
    const dead = { ...bothTokens, Cookie: `__Host-moor=${"x".repeat(84)}` };
    expect(await read([COOKIE, HEADER], dead)).toMatchObject({ token: { id: other }, tried: 2 });
  });

  it("are read without a wait if the token has been opened before", async () => {
    const known = await createTokens(macRing(1)).mint(T0, 1000, 0);
    const open = () => Promise.reject(new Error("it has been opened before"));
    const client = make([COOKIE]).read(request(bothTokens), true, { known: () => known, open });
    expect(client).toMatchObject({ token: known });
  });

  it("are read without a wait if no token came", () => {
    const open = () => Promise.reject(new Error("there is none"));
    const client = make([COOKIE, HEADER]).read(request({}), true, { known: () => undefined, open });
    expect(client).toMatchObject({ token: undefined, asks: false });
  });

  it("are written where the token came from", async () => {
    expect((await read([COOKIE, HEADER], { Authorization: `Bearer ${other}` })).carrier.apart).toBe(false);
    expect((await read([HEADER, COOKIE], { Cookie: `__Host-moor=${one}` })).carrier.apart).toBe(true);
  });

  it("give a new token where the client asks for it, else the cookie, else the first", async () => {
    for (const settings of [
      [COOKIE, HEADER],
      [HEADER, COOKIE],
    ]) {
      expect((await read(settings, {})).carrier.apart).toBe(true);
      expect(await read(settings, { Authorization: "Bearer new" })).toMatchObject({
        asks: true,
        carrier: { apart: false },
      });
    }
    const { carrier } = await read([OWN, HEADER], {});
    const headers = new Headers();
    carrier.write(headers, splitCredentials(one), T0, false);
    expect(headers.get("X-Own")).toBe(one);
  });

  it("are all cut out of the forwarded request, whether they opened or not", () => {
    const headers = new Headers({ ...bothTokens, Cookie: `a=1; __Host-moor=${one}; moor=2`, "X-Own": "anything" });
    make([COOKIE, HEADER, OWN]).cut(headers);
    expect(Object.fromEntries(headers)).toEqual({ cookie: "a=1" });
  });

  it("that are not declared are left to the origin", () => {
    const headers = new Headers(bothTokens);
    make([HEADER]).cut(headers);
    expect(headers.get("Cookie")).toBe(`__Host-moor=${one}`);
    expect(make([HEADER]).own.isCookie("__Host-moor")).toBe(false);
  });
});
