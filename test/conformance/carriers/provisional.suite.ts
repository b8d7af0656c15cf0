import { afterAll, describe, expect, it } from "vitest";
import type { Asking } from "../../support/node/client.ts";
import { forgeToken } from "../../support/node/forge.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";
import type { Role } from "../../support/node/workerd.ts";

/** The promises about provisional tokens, for either Worker that Moor is in. Most of them are attacks. */
export async function describeProvisional(role: Role) {
  const origin = await startOrigin("a");
  const [site, strict, open, shared] = await Promise.all([
    startSite([origin], { role, carriers: [{ type: "cookie" }, { type: "header" }] }),
    startSite([origin], { role, carriers: [{ type: "cookie", sameSite: "strict" }] }),
    startSite([origin], { role, carriers: [{ type: "cookie", sameSite: "none" }] }),
    startSite([origin], {
      role,
      carriers: [{ type: "cookie", prefix: "__Secure-", domain: "shop.test" }],
      hosts: ["api.shop.test"],
    }),
  ]);
  const sites = [site, strict, open, shared];
  afterAll(async () => {
    await Promise.all(sites.map((each) => each.stop()));
    await origin.kill();
  });

  const CREDENTIALED = "header=Access-Control-Allow-Credentials:true";
  /** A script's request of a page of the same host, as browsers send it. */
  const OWN = { "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty" };
  /** A script's request of a page of a sibling host. */
  const SIBLING = { ...OWN, "Sec-Fetch-Site": "same-site", Origin: "https://www.shop.test" };
  const FOREIGN = { ...OWN, "Sec-Fetch-Site": "cross-site", Origin: "https://evil.test" };
  const POLL = `/?${CREDENTIALED}`;
  const from = (headers: Asking["headers"] = SIBLING, method = "GET"): Asking => ({ method, headers });
  const namesOf = (cookies: readonly string[]) => cookies.map((line) => line.split("=", 1)[0]);

  /** A visitor whom a script's first request has given a provisional token. */
  async function newcomer() {
    const client = site.client();
    await client.ask(POLL, from());
    expect([...client.cookies.keys()]).toEqual(["__Host-moor-new"]);
    return client;
  }

  describe("a first request without a token", () => {
    it.each<[string, string, Asking]>([
      ["of a sibling host's script, if the answer lets it send cookies", POLL, from()],
      ["by POST as well", POLL, from(SIBLING, "POST")],
      ["of a script of the same host", "/", from(OWN)],
      [
        "for a page, by POST",
        "/",
        from({ ...OWN, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" }, "POST"),
      ],
      [
        "for a page whose answer took longer than two seconds",
        "/?delayMs=2100",
        from({ "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" }),
      ],
    ])("gets a provisional token, and no token that could replace another: %s", async (_what, path, asking) => {
      const { setCookies, headers } = await site.client().send(path, asking);
      expect(namesOf(setCookies)).toEqual(["__Host-moor-new"]);
      expect(setCookies[0]).toMatch(/=[\w-]{84}; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
      expect(headers["cache-control"]).toBe("private, no-store");
    });

    it.each<[string, string, Asking]>([
      ["of a sibling host's script that sends no cookies", "/", from()],
      ["a preflight", POLL, from({ ...SIBLING, "Access-Control-Request-Method": "PUT" }, "OPTIONS")],
      ["of another site's script", POLL, from(FOREIGN)],
      ["of another site's script, by POST", POLL, from(FOREIGN, "POST")],
      ["of another site's form", "/", from({ ...FOREIGN, "Sec-Fetch-Mode": "navigate" }, "POST")],
      ["for an image or a font", POLL, from({ ...SIBLING, "Sec-Fetch-Dest": "font" })],
      ["of a POST of a client that is no browser", POLL, from({}, "POST")],
    ])("gets none, and may be cached as its origin says: %s", async (_what, path, asking) => {
      const cached = `${path}${path.includes("?") ? "&" : "?"}header=Cache-Control:max-age=60`;
      const { setCookies, headers } = await site.client().send(cached, asking);
      expect(setCookies).toEqual([]);
      expect(headers["cache-control"]).toBe("max-age=60");
    });

    it("of another site's script gets one where the cookie is for all sites", async () => {
      expect(namesOf((await open.client().send(POLL, from(FOREIGN))).setCookies)).toEqual(["__Host-moor-new"]);
    });

    it("of another site's link gets none with SameSite=Strict, whose token the browser may have kept back", async () => {
      const link = from({ "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" });
      expect((await strict.client().send("/?delayMs=2100", link)).setCookies).toEqual([]);
    });

    it("gets the token itself for a page that is navigated to, as ever", async () => {
      const page = from({ "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" });
      expect(namesOf((await site.client().send("/", page)).setCookies)).toEqual(["__Host-moor"]);
    });

    it("shares it with the hosts of the cookie's domain", async () => {
      const { setCookies } = await shared.client().send(POLL, from({ ...SIBLING, Host: "api.shop.test" }));
      expect(setCookies).toEqual([expect.stringMatching(/^__Secure-moor-new=.*; Domain=shop\.test;/)]);
    });
  });

  describe("a client with a provisional token", () => {
    it("is given no other one, and no store is asked about it", async () => {
      const client = await newcomer();
      const calls = (await site.moor.storedSessions()).length;
      for (const method of ["GET", "POST", "GET"]) {
        const { setCookies, told } = await client.send(POLL, from(SIBLING, method));
        expect([setCookies, told.session.new]).toEqual([[], true]);
      }
      expect((await site.moor.storedSessions()).length).toBe(calls);
    });

    it("keeps it on pages, so that no late page can replace a token", async () => {
      const client = await newcomer();
      const page = { "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" };
      expect((await client.send("/", from(page))).setCookies).toEqual([]);
    });

    it("is given the token with its first change, and forgets the provisional token", async () => {
      const client = await newcomer();
      const { setCookies } = await client.ask("/?set=cart:apple", from(SIBLING, "POST"));
      expect(namesOf(setCookies)).toEqual(["__Host-moor", "__Host-moor-new"]);
      expect([...client.cookies.keys()]).toEqual(["__Host-moor"]);
      expect((await client.ask("/")).told.session).toMatchObject({ data: { cart: "apple" } });
    });

    it("is given a proof with a login, so that the provisional token opens nothing of it", async () => {
      const client = await newcomer();
      const planted = site.client(client.cookies);
      await client.ask("/?login=alice", from(SIBLING, "POST"));
      expect((await client.ask("/")).told.session).toMatchObject({ gen: 1, sub: "alice" });
      expect((await planted.ask("/")).told.session).not.toHaveProperty("sub");
      await planted.ask("/?set=cart:worm", { method: "POST" });
      expect((await planted.ask("/")).told.session).not.toHaveProperty("sub");
      expect((await client.ask("/")).told.session).toMatchObject({ sub: "alice" });
      expect((await client.ask("/")).told.session.data ?? {}).not.toHaveProperty("cart");
    });

    it("has one session for first changes that two tabs make at the same time", async () => {
      const client = await newcomer();
      const first = await origin.hold((hold) => client.send(`/?set=a:1&${hold}`, from(SIBLING, "POST")));
      await client.ask("/?set=b:2", from(SIBLING, "POST"));
      client.keep(await first.release());
      await client.ask("/?set=c:3", { method: "POST" });
      expect((await client.ask("/")).told.session.data).toEqual({ a: "1", b: "2", c: "3" });
    });

    it("can log out, and a first change that was under way brings nothing back", async () => {
      const client = await newcomer();
      const first = await origin.hold((hold) => client.send(`/?set=a:1&${hold}`, from(SIBLING, "POST")));
      expect((await client.ask("/.moor/logout", from(OWN, "POST"))).status).toBe(204);
      expect([...client.cookies.keys()].filter((name) => !name.includes("-mark-"))).toEqual([]);
      const late = await first.release();
      expect(late.status).toBe(409);
      client.keep(late);
      expect((await client.ask("/")).told.session).toMatchObject({ new: true });
    });

    it("asks for a token in a header if it prefers that", async () => {
      const client = await newcomer();
      const { headers, setCookies } = await client.send("/", from({ ...OWN, Authorization: "Bearer new" }));
      expect([headers["moor-token"], setCookies]).toEqual([expect.stringMatching(/^[\w-]{84}/), []]);
    });
  });

  describe("a late answer of a poll that was sent without a token", () => {
    it.each([
      ["a first change", "/?set=user:alice"],
      ["a login", "/?login=alice"],
    ])("does not replace the token of %s", async (_what, path) => {
      const client = site.client();
      const late = await client.send(POLL, from());
      await client.ask(path, from(SIBLING, "POST"));
      const { sid } = (await client.ask("/")).told.session;
      expect(sid).toBeDefined();
      client.keep(late);
      expect(client.provisional).toBeDefined();
      expect((await client.ask("/")).told.session.sid).toBe(sid);
    });

    it("leaves a provisional token that the next new token takes away", async () => {
      const client = site.client();
      const late = await client.send(POLL, from());
      await client.ask("/?set=a:1", from(SIBLING, "POST"));
      client.keep(late);
      await client.ask("/?set=b:2", from(SIBLING, "POST"));
      expect(client.provisional).toBe(undefined);
      expect((await client.ask("/")).told.session.data).toEqual({ a: "1", b: "2" });
    });

    it("brings nothing back after a logout", async () => {
      const client = site.client();
      const late = await client.send(POLL, from());
      await client.ask("/?login=alice", from(SIBLING, "POST"));
      await client.ask("/.moor/logout", from(OWN, "POST"));
      client.keep(late);
      expect((await client.ask("/")).told.session).toMatchObject({ new: true });
    });

    it("replaces at most another provisional token, of which nothing is stored", async () => {
      const client = site.client();
      const [one, other] = [await client.send(POLL, from()), await client.send(POLL, from())];
      client.keep(one);
      client.keep(other);
      await client.ask("/?set=a:1", from(SIBLING, "POST"));
      client.keep(one);
      expect((await client.ask("/")).told.session.data).toEqual({ a: "1" });
    });
  });

  describe("the cookie of a provisional token", () => {
    it("never reaches an origin, and no origin can set it", async () => {
      const client = await newcomer();
      client.cookies.set("own", "1");
      const { told } = await client.send("/");
      expect(told.headers.cookie).toBe("own=1");
      const set = encodeURIComponent("Set-Cookie:__Host-moor-new=planted; Path=/; Secure");
      const { setCookies } = await client.send(`/?header=${set}`);
      expect(setCookies).toEqual([]);
    });

    it.each<[string, (client: Awaited<ReturnType<typeof newcomer>>) => Promise<string> | string]>([
      ["forged", () => forgeToken(site.moor.keys, { secret: Buffer.alloc(32, 9) })],
      ["cut", ({ provisional = "" }) => provisional.slice(0, -1)],
      ["expired", () => forgeToken(site.moor.keys, { bornAt: Date.now() - 7_200_000 })],
      [
        "the token of a stored session",
        (client) => client.ask("/?set=bait:worm", from(SIBLING, "POST")).then(() => client.token ?? ""),
      ],
    ])("counts as none if it is %s, and another one is given", async (_what, make) => {
      const text = await make(await newcomer());
      const client = site.client([["__Host-moor-new", text]]);
      const { told, setCookies } = await client.ask(POLL, from());
      expect(told.session).toMatchObject({ new: true });
      expect(namesOf(setCookies)).toEqual(["__Host-moor-new"]);
      await client.ask("/?set=cart:apple", from(SIBLING, "POST"));
      expect((await client.ask("/")).told.session.data).toEqual({ cart: "apple" });
    });

    it("opens no logged-in session, not even with the proof of that session beside it", async () => {
      const attacker = await newcomer();
      const planted = attacker.provisional ?? "";
      await attacker.ask("/?login=mallory", from(SIBLING, "POST"));
      const proof = attacker.cookies.get("__Host-moor-gen") ?? "";
      const victim = site.client([
        ["__Host-moor-new", planted],
        ["__Host-moor-gen", proof],
      ]);
      expect((await victim.ask("/?set=card:4711", from(SIBLING, "POST"))).status).toBe(409);
      await victim.ask("/?login=alice&set=card:4711", from(SIBLING, "POST"));
      expect((await victim.ask("/")).told.session).toMatchObject({ sub: "alice", data: { card: "4711" } });
      expect((await attacker.ask("/")).told.session).toMatchObject({ sub: "mallory" });
      expect((await attacker.ask("/")).told.session.data ?? {}).toEqual({});
    });

    it("serves a visitor whose token has expired, until their next change", async () => {
      const expired = forgeToken(site.moor.keys, { bornAt: Date.now() - 7_200_000 });
      const client = site.client([["__Host-moor", expired]]);
      await client.ask(POLL, from());
      const kept = client.provisional;
      expect((await client.ask(POLL, from())).setCookies).toEqual([]);
      expect(client.provisional).toBe(kept);
      await client.ask("/?set=cart:apple", from(SIBLING, "POST"));
      expect([...client.cookies.keys()]).toEqual(["__Host-moor"]);
      expect((await client.ask("/")).told.session.data).toEqual({ cart: "apple" });
    });

    it("does not let another site's form found a session: a token may have been kept back", async () => {
      const client = await newcomer();
      const form = from({ ...FOREIGN, "Sec-Fetch-Mode": "navigate" }, "POST");
      expect((await client.send("/?login=mallory", form)).status).toBe(403);
    });

    it("is kept out of the log", () => {
      for (const each of sites) expect(each.indiscretions("worm", "alice", "mallory")).toEqual([]);
    });
  });
}
