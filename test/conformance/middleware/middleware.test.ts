/** @quick */
import { afterAll, describe, expect, it } from "vitest";
import { idOf } from "../../support/node/forge.ts";
import type { SiteOptions } from "../../support/node/site.ts";
import { codeIn, cookiesOf, LIMITED, logged, middleware, POST, STRICT, shopper } from "./worker.ts";

const [site, limited] = await Promise.all([middleware(STRICT), middleware(LIMITED)]);
afterAll(async () => {
  await Promise.all([site, limited].map((each) => each.stop()));
});

describe("a session in the user's own Worker", () => {
  it("keeps the changes that handlers make, and a session without changes is not stored", async () => {
    const before = await site.moor.storedSessions();
    const client = site.client();
    for (let visit = 0; visit < 3; visit++) expect((await client.ask("/")).told.session).toMatchObject({ new: true });
    expect(await site.moor.storedSessions()).toEqual(before);
    await client.ask("/?set=basket:apples", POST);
    expect((await client.ask("/")).told.session).toMatchObject({ ver: 1, data: { basket: "apples" } });
    await client.ask("/?delete=basket&set=coupon:10", POST);
    expect((await client.ask("/")).told.session).toMatchObject({ ver: 2, data: { coupon: "10" } });
    expect(await site.moor.storedSessions()).toHaveLength(before.length + 1);
  });

  it("keeps every change of parallel requests, nested changes too", async () => {
    const client = await shopper(site);
    const names = Array.from({ length: 12 }, (_, index) => `n${index}`);
    const patches = names.map((name) => `/?set=${name}:1&patch=${encodeURIComponent(`{"nested":{"${name}":2}}`)}`);
    await Promise.all(patches.map((path) => client.send(path, POST)));
    const { session } = (await client.ask("/strict/")).told;
    expect(session.data).toEqual({
      basket: "tea",
      ...Object.fromEntries(names.map((name) => [name, "1"])),
      nested: Object.fromEntries(names.map((name) => [name, 2])),
    });
  });

  it("keeps its id through a login, which raises the generation; an end is for good", async () => {
    const client = await shopper(site);
    const { sid } = (await client.ask("/")).told.session;
    expect(sid).toBe(idOf(client.token ?? ""));
    const login = await client.ask("/?login=alice", POST);
    expect(login.setCookies.map((cookie) => cookie.split("=")[0])).toEqual(["__Host-moor", "__Host-moor-gen"]);
    expect(login.headers["cache-control"]).toBe("private, no-store");
    expect((await client.ask("/")).told.session).toMatchObject({ sid, gen: 1, sub: "alice", data: { basket: "tea" } });
    const thief = site.client(client.cookies);
    await client.ask("/?end", POST);
    expect(client.token).toBeUndefined();
    for (const each of [client, thief]) expect((await each.ask("/")).told.session).toMatchObject({ new: true });
  });

  it("leaves the next page the flash that is for it alone, and polls do not take it", async () => {
    const client = await shopper(site);
    await client.ask(`/?flash=${encodeURIComponent('{"notice":"Saved."}')}`, POST);
    expect((await client.ask("/polls/")).told.session).not.toHaveProperty("flash");
    expect((await client.ask("/")).told.session.flash).toEqual({ notice: "Saved." });
    expect((await client.ask("/")).told.session).not.toHaveProperty("flash");
  });

  it("is renewed by a returning visitor, and not by polls", async () => {
    const client = site.client();
    await client.ask("/?set=basket:tea", POST);
    // The first return of a token prolongs the session.
    expect((await client.ask("/polls/")).setCookies).toEqual([]);
    expect((await client.ask("/")).setCookies).toHaveLength(1);
    expect((await client.ask("/")).setCookies).toEqual([]);
  });

  it("survives a crash of the Worker", async () => {
    const client = await shopper(site);
    await site.moor.crashAndRestart();
    expect((await client.ask("/")).told.session.data).toEqual({ basket: "tea" });
  });
});

describe("the middleware in a request's way", () => {
  it("of several the first counts, and the others pass it on: the session is opened and committed once", async () => {
    const client = await shopper(site);
    const before = (await site.moor.objects.calls()).length;
    await client.ask("/strict/?set=coupon:10", POST);
    expect((await site.moor.objects.calls()).slice(before)).toEqual(["read", "commit"]);
  });

  it("has no session where it is ignored", async () => {
    const client = site.client();
    const answer = await client.ask("/assets/a.css");
    expect([answer.status, answer.told.session, answer.setCookies]).toEqual([200, undefined, []]);
  });

  it("is sent on to https, or refused, as before origins", async () => {
    const insecure = await site.client().send("/a?b", { headers: { "X-Forwarded-Proto": "http" } });
    expect([insecure.status, insecure.headers.location]).toEqual([308, "https://shop.test/a?b"]);
    expect((await site.client().send("/", { headers: { Host: "shop.test@evil.test" } })).status).toBe(400);
  });

  it("shows handlers a request without token and proof, though its body was read before", async () => {
    const client = await shopper(site);
    await client.ask("/?login=alice", POST);
    for (const path of ["/", "/read-first/"]) {
      const headers = { "Content-Length": "5", Cookie: `${cookiesOf(client)}; own=1` };
      const { told } = await client.ask(path, { ...POST, body: "hello", headers });
      expect(told).toMatchObject({ method: "POST", body: "hello", session: { sub: "alice" } });
      expect(told.headers.cookie).toBe("own=1");
    }
  });

  it("shows handlers an address without the token in it", async () => {
    const client = limited.client();
    await client.ask("/?set=basket:tea", POST);
    const answer = await limited.client().send(`/a%20b?x=%20&moor=${client.token}&y`);
    expect(answer.told).toMatchObject({ url: "/a%20b?x=%20&y", session: { data: { basket: "tea" } } });
  });

  it("is no place for another to set Moor's cookies", async () => {
    const client = await shopper(site);
    expect((await client.ask("/own-cookie")).setCookies).toEqual(["own=1; Path=/"]);
    await expect.poll(() => logged(site, "origin_cookie_dropped")).toHaveLength(1);
  });

  it("gives no fresh token to a post of another site", async () => {
    const headers = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors" };
    expect((await site.client().ask("/", { ...POST, headers })).setCookies).toEqual([]);
    expect((await site.client().ask("/")).setCookies).toHaveLength(1);
  });

  it("keeps shared caches from a response that says nothing of them", async () => {
    const client = await shopper(site);
    expect((await client.ask("/")).headers["cache-control"]).toBe("private");
    expect((await client.ask("/?header=Cache-Control:max-age=60")).headers["cache-control"]).toBe("max-age=60");
  });
});

it("is answered by 500 if the Worker's keys are wrong, and the log says which", async () => {
  const broken = await middleware({ keys: { token: "1:short" }, broken: true } as SiteOptions);
  const answer = await broken.client().ask("/");
  expect([answer.status, codeIn(answer)]).toEqual([500, "not_configured"]);
  await expect.poll(() => broken.moor.logged.join("\n")).toContain("MOOR_TOKEN_KEYS, entry 1");
  await broken.stop();
});

it("keeps keys, tokens, principals and attributes out of the log", () => {
  for (const each of [site, limited]) expect(each.indiscretions("alice", "apples", "pears")).toEqual([]);
});
