import { describe, expect, it } from "vitest";
import type { ResolvedCarrier } from "../../src/carriers/registry.ts";
import { createCarriers } from "../../src/inbound/carriers.ts";
import { isTokenKeptBack } from "../../src/inbound/cross-site.ts";
import { createTokens } from "../../src/inbound/token/tokens.ts";
import { COOKIE, OPTIONS } from "../support/carriers.ts";
import { macRing } from "../support/rings.ts";
import { T0 } from "../support/time.ts";

const PAGE = "https://shop.test/";
const HEADER: ResolvedCarrier = { type: "header", name: "Authorization" };
const URL_CARRIER: ResolvedCarrier = { type: "url", name: "moor" };
const tokens = createTokens(macRing(1));
const opened = await tokens.mint(T0, 1000, 0);

/** Reads a client whose texts open unless they begin with `x`. A text that begins with `5` is a token of version 5. */
function read(headers: HeadersInit, settings: ResolvedCarrier[] = [COOKIE]) {
  return createCarriers(settings, OPTIONS).read(new Request(PAGE, { headers }), true, {
    known: () => undefined,
    open: async ({ token }) =>
      token.startsWith("x") ? undefined : { ...opened, id: token, version: token.startsWith("5") ? 5 : 0 },
  });
}

describe("a provisional token", () => {
  it("counts for a client that sends no other token", async () => {
    expect(await read({ Cookie: "__Host-moor-new=a" })).toMatchObject({ token: { id: "a" }, isProvisional: true });
  });

  it("counts beside a token that does not open", async () => {
    const client = await read({ Cookie: "__Host-moor=x; __Host-moor-new=a" });
    expect(client).toMatchObject({ token: { id: "a" }, isProvisional: true });
  });

  it.each<[string, HeadersInit, ResolvedCarrier[], string]>([
    ["the cookie", { Cookie: "__Host-moor-new=a; __Host-moor=b" }, [COOKIE], "b"],
    [
      "the header",
      { Cookie: "__Host-moor-new=a", Authorization: `Bearer ${"b".repeat(84)}` },
      [COOKIE, HEADER],
      "b".repeat(84),
    ],
  ])("loses against a token in %s", async (_what, headers, settings, id) => {
    expect(await read(headers, settings)).toMatchObject({ token: { id }, isProvisional: false });
  });

  it("loses against a client that asks for a token in a header", async () => {
    const client = await read({ Cookie: "__Host-moor-new=a", Authorization: "Bearer new" }, [COOKIE, HEADER]);
    expect(client).toMatchObject({ token: undefined, asks: true, isProvisional: false });
  });

  it("shows that the browser takes cookies: links carry no token", async () => {
    expect((await read({}, [COOKIE, URL_CARRIER])).links).toBeDefined();
    expect((await read({ Cookie: "__Host-moor-new=a" }, [COOKIE, URL_CARRIER])).links).toBe(undefined);
  });

  it.each([
    ["is forged", "x"],
    ["names a stored session, which Moor never puts there", "5"],
  ])("counts as none if it %s", async (_what, text) => {
    expect(await read({ Cookie: `__Host-moor-new=${text}` })).toMatchObject({ token: undefined, isProvisional: false });
  });

  it("does not tell that the browser kept no token back", async () => {
    const client = await read({ Cookie: "__Host-moor-new=a" });
    const post = new Request(PAGE, { method: "POST", headers: { "Sec-Fetch-Site": "cross-site" } });
    expect(isTokenKeptBack(post, new URL(PAGE), client)).toBe(true);
    expect(isTokenKeptBack(post, new URL(PAGE), { ...client, isProvisional: false })).toBe(false);
  });
});
