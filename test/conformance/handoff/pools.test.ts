/** @any-runtime */
/** @any-authority */
import { afterAll, describe, expect, it } from "vitest";
import { OVER_HTTPS } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, startSite } from "../../support/node/site.ts";

const [shop, blog, ads] = await Promise.all([startOrigin("shop"), startOrigin("blog"), startOrigin("ads")]);
const site = await startSite([], {
  pools: [
    { id: "shop", origins: [originConfig(shop)], session: { may: ["patch", "principal", "end"] } },
    { id: "blog", origins: [originConfig(blog)] },
    {
      id: "forum",
      origins: [originConfig(blog)],
      session: { see: ["theme"], write: ["theme", "draft"], may: ["patch"] },
    },
    { id: "news", origins: [originConfig(blog)], session: { see: ["theme"] } },
    { id: "ads", origins: [originConfig(ads)], session: { see: ["theme", "none"], may: [] } },
  ],
  routes: [
    { path: "/blog/*", pool: "blog" },
    { path: "/forum/*", pool: "forum" },
    { path: "/news/*", pool: "news" },
    { host: "ads.test", path: "/*", pool: "ads" },
    { path: "/*", pool: "shop" },
  ],
});
afterAll(async () => {
  await site.stop();
  await Promise.all([shop, blog, ads].map((origin) => origin.kill()));
});

const toAds = { headers: { Host: "ads.test" } };

/** Calls the session API with the handoff of a request to a pool. */
async function callApi(jwt: string | undefined, method: string, patch: object = { theme: "light" }) {
  const response = await fetch(`http://127.0.0.1:${site.moor.port}/.moor/session`, {
    method,
    headers: { ...OVER_HTTPS, Authorization: `Bearer ${jwt}` },
    ...(method === "PATCH" ? { body: JSON.stringify(patch) } : {}),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}

describe("a session that several pools serve", () => {
  it("is the same session for all pools, by a handoff that is meant for one pool", async () => {
    const client = site.client();
    await client.ask("/?login=alice&set=theme:dark", { method: "POST" });
    const told = [await client.ask("/"), await client.ask("/blog/"), await client.ask("/", toAds)].map(
      ({ told }) => told,
    );
    expect(told.map(({ server }) => server)).toEqual(["shop", "blog", "ads"]);
    expect(told.map(({ session }) => session.aud)).toEqual(["shop", "blog", "ads"]);
    expect(new Set(told.map(({ session }) => session.sid)).size).toBe(1);
    expect(new Set(told.map(({ headers }) => headers["moor-session"])).size).toBe(3);
  });

  it("may be patched by a pool that is given no permissions, and nothing else", async () => {
    const client = site.client();
    await client.ask("/blog/?set=theme:dark", { method: "POST" });
    expect((await client.ask("/")).told.session.data).toEqual({ theme: "dark" });
    for (const query of ["login=alice", "rotate", "end"]) {
      expect((await client.ask(`/blog/?${query}`, { method: "POST" })).status).toBe(502);
    }
    expect((await client.ask("/")).told.session).toMatchObject({ gen: 0, data: { theme: "dark" } });
  });
});

describe("a pool that may see some attributes", () => {
  it("writes these alone, unless session.write names others: by its responses and by the session API", async () => {
    const client = site.client();
    await client.ask("/?login=alice&set=user:alice&set=theme:dark", { method: "POST" });
    for (const [path, name, isRefused] of [
      ["/news/", "theme", false],
      ["/news/", "user", true],
      ["/news/", "draft", true],
      ["/forum/", "draft", false],
      ["/forum/", "user", true],
    ] as const) {
      const before = (await client.ask("/")).told.session.data;
      const answer = await client.ask(`${path}?set=${name}:${path}`, { method: "POST" });
      const { told } = await client.ask(path);
      const { status, body } = await callApi(told.headers["moor-session"], "PATCH", { [name]: path });
      expect([answer.status, status, body.code], `${path} ${name}`).toEqual(
        isRefused ? [502, 403, "forbidden"] : [200, 200, undefined],
      );
      const after = (await client.ask("/")).told.session.data;
      expect(after).toEqual(isRefused ? before : { ...before, [name]: path });
    }
    await expect.poll(() => site.moor.logged.join("\n")).toMatch(/origin_change_refused.*moor-patch.*session\.write/);
  });

  it("is told these alone, by the handoff and by the session API", async () => {
    const client = site.client();
    await client.ask("/?set=theme:dark&set=basket:apples", { method: "POST" });
    const { told } = await client.ask("/", toAds);
    expect(told.session.data).toEqual({ theme: "dark" });
    expect(JSON.stringify(told)).not.toContain("apples");
    const { status, body } = await callApi(told.headers["moor-session"], "GET");
    expect(status).toBe(200);
    expect(body.attributes).toEqual({ theme: "dark" });
  });

  it("may change nothing through the session API that it may not change in a response", async () => {
    const client = site.client();
    await client.ask("/?set=theme:dark", { method: "POST" });
    const toAdsJwt = (await client.ask("/", toAds)).told.headers["moor-session"];
    const toBlogJwt = (await client.ask("/blog/")).told.headers["moor-session"];
    expect((await callApi(toAdsJwt, "PATCH")).status).toBe(403);
    expect((await callApi(toAdsJwt, "DELETE")).status).toBe(403);
    expect((await callApi(toBlogJwt, "DELETE")).status).toBe(403);
    expect((await client.ask("/")).told.session).toMatchObject({ ver: 1, data: { theme: "dark" } });
    expect((await callApi(toBlogJwt, "PATCH")).status).toBe(200);
  });
});
