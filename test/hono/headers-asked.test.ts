import { createExecutionContext, env, waitOnExecutionContext } from "cloudflare:test";
import { Hono } from "hono";
import { describe, expect, it, vi } from "vitest";
import { moor } from "../../src/hono/index.ts";

const ALL = ["keys", "values", "entries", "forEach"] as const;
const bindings = { ...env, MOOR_TOKEN_KEYS: `1:${"A".repeat(43)}` };

/** A shop in a Worker of one's own, and how often it calls each method of a request's headers. */
function countedShop() {
  const shop = new Hono().use(moor()).all("/", (c) => c.text("reached"));
  return async (headers: Record<string, string>, method = "GET") => {
    const request = new Request("https://shop.test/", { method, headers });
    const spies = ALL.map((name) => vi.spyOn(request.headers, name));
    const iterator = vi.spyOn(request.headers, Symbol.iterator);
    const asked = (["get", "has"] as const).map((name) => vi.spyOn(request.headers, name));
    const context = createExecutionContext();
    const response = await shop.fetch(request, bindings, context);
    await waitOnExecutionContext(context);
    return {
      response,
      readsOfAll: [iterator, ...spies].reduce((sum, { mock }) => sum + mock.calls.length, 0),
      asked: asked.flatMap(({ mock }) => mock.calls.map(([name]) => name)),
    };
  };
}

describe("a middleware asks for headers by their names", () => {
  it("and reads neither all names nor all values, whatever the visit", async () => {
    const ask = countedShop();
    const first = await ask({ Accept: "*/*" });
    const [cookie = ""] = (first.response.headers.get("Set-Cookie") ?? "").split(";");
    const others = [await ask({ Accept: "*/*", Cookie: cookie }), await ask({ Cookie: cookie }, "POST")];
    const visits = [first, ...others];
    expect(visits.map(({ response }) => response.status)).toEqual([200, 200, 200]);
    expect(visits.map(({ readsOfAll }) => readsOfAll)).toEqual([0, 0, 0]);
  });

  it("and asks for three of them, where a visitor comes back whose token is known", async () => {
    const ask = countedShop();
    const { response } = await ask({ Accept: "*/*" });
    const [cookie = ""] = (response.headers.get("Set-Cookie") ?? "").split(";");
    await ask({ Cookie: cookie });
    const { asked } = await ask({ Cookie: cookie });
    expect(asked.toSorted()).toEqual(["Cookie", "Cookie", "Host", "Moor-Debug", "Moor-Debug"]);
  });
});
