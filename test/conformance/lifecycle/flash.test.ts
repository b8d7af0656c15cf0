/** @any-runtime */
/** @any-authority */
import { afterAll, describe, expect, it } from "vitest";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, startSite } from "../../support/node/site.ts";

const origin = await startOrigin("a");
const site = await startSite([], {
  pools: [
    { id: "shop", origins: [originConfig(origin)], session: { may: ["patch", "principal", "end"] } },
    { id: "blog", origins: [originConfig(origin)], session: { see: ["theme"], may: [] } },
  ],
  routes: [
    { path: "/poll", pool: "shop", touch: false },
    { path: "/blog/*", pool: "blog" },
    { path: "/*", pool: "shop" },
  ],
  session: { graceSeconds: 5 },
});
afterAll(async () => {
  await site.stop();
  await origin.kill();
});

const flash = (value: object) => `/?flash=${encodeURIComponent(JSON.stringify(value))}`;
const flashIn = async (asked: Promise<{ told: { session: { flash?: unknown } } }>) => (await asked).told.session.flash;

describe("a flash", () => {
  it("is shown to the next page, and to no other", async () => {
    const client = site.client();
    expect(await flashIn(client.ask(flash({ notice: "Saved." }), { method: "POST" }))).toBeUndefined();
    expect(await flashIn(client.ask("/"))).toEqual({ notice: "Saved." });
    expect(await flashIn(client.ask("/"))).toBeUndefined();
    expect((await client.ask("/")).told.session.data).toEqual({});
  });

  it("may be left by several responses, which merge, and together with attributes", async () => {
    const client = site.client();
    await client.ask(`${flash({ a: 1, b: { c: 1 } })}&set=basket:apples`, { method: "POST" });
    await client.ask(flash({ b: { d: 2 }, a: null }), { method: "POST" });
    const { session } = (await client.ask("/")).told;
    expect(session).toMatchObject({ flash: { b: { c: 1, d: 2 } }, data: { basket: "apples" } });
    expect(session.flash).not.toHaveProperty("a");
  });

  it("is shown to exactly one of many requests that race for it", async () => {
    const client = site.client();
    for (let round = 0; round < 10; round++) {
      await client.ask(flash({ round }), { method: "POST" });
      const shown = await Promise.all(Array.from({ length: 8 }, () => flashIn(client.send("/"))));
      expect(shown.filter(Boolean)).toEqual([{ round }]);
    }
  });

  it("waits for a page that shows it: parts of a page, polls, posts and prefetched pages do not take it", async () => {
    const client = site.client();
    await client.ask(flash({ notice: "Saved." }), { method: "POST" });
    const asked = [
      client.ask("/", { headers: { "Sec-Fetch-Dest": "image" } }),
      client.ask("/", { headers: { "Sec-Fetch-Dest": "script" } }),
      client.ask("/", { headers: { "Sec-Fetch-Dest": "document", "Sec-Purpose": "prefetch;prerender" } }),
      client.ask("/", { method: "POST" }),
      client.ask("/poll"),
    ];
    for (const shown of await Promise.all(asked.map(flashIn))) expect(shown).toBeUndefined();
    expect(await flashIn(client.ask("/", { headers: { "Sec-Fetch-Dest": "document" } }))).toEqual({ notice: "Saved." });
  });

  it("that a login leaves is shown only to the visitor who has logged in", async () => {
    const client = site.client();
    await client.ask("/?set=a:1", { method: "POST" });
    const planted = site.client(client.cookies);
    await client.ask(`/?login=alice&flash=${encodeURIComponent('{"hello":"alice"}')}`, { method: "POST" });
    expect(await flashIn(planted.ask("/"))).toBeUndefined();
    expect(await flashIn(client.ask("/"))).toEqual({ hello: "alice" });
  });

  it("that was there before a login stays for the page after it", async () => {
    const client = site.client();
    await client.ask(flash({ notice: "Saved." }), { method: "POST" });
    const planted = site.client(client.cookies);
    await client.ask("/?login=alice", { method: "POST" });
    expect(await flashIn(planted.ask("/"))).toBeUndefined();
    expect(await flashIn(client.ask("/"))).toEqual({ notice: "Saved." });
  });

  it("goes along where a login as another starts a session anew", async () => {
    const client = site.client();
    await client.ask("/?login=alice", { method: "POST" });
    await client.ask(`/?login=bob&flash=${encodeURIComponent('{"hello":"bob"}')}`, { method: "POST" });
    expect((await client.ask("/")).told.session).toMatchObject({ sub: "bob", flash: { hello: "bob" } });
  });

  it("shows a pool the attributes that it may see, and then is gone", async () => {
    const client = site.client();
    await client.ask(flash({ theme: "dark", secret: 1 }), { method: "POST" });
    expect(await flashIn(client.ask("/blog/"))).toEqual({ theme: "dark" });
    expect(await flashIn(client.ask("/"))).toBeUndefined();
  });

  it.each([
    ["that is too large", { notice: "x".repeat(3_000) }, 502],
    ["that grows too large", { notice: "x".repeat(1_500) }, 502],
  ])("%s is refused, and what was there stays", async (_what, value, status) => {
    const client = site.client();
    await client.ask(flash({ kept: "y".repeat(1_000) }), { method: "POST" });
    expect((await client.ask(flash(value), { method: "POST" })).status).toBe(status);
    expect(Object.keys((await flashIn(client.ask("/"))) as object)).toEqual(["kept"]);
  });

  it("is not for a pool to leave that may not patch", async () => {
    const client = site.client();
    expect((await client.ask(`/blog${flash({ a: 1 })}`, { method: "POST" })).status).toBe(502);
  });
});
