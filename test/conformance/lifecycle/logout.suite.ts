import { afterAll, describe, expect, it } from "vitest";
import type { Asking } from "../../support/node/client.ts";
import { HeaderClient } from "../../support/node/header-client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";
import type { Role } from "../../support/node/workerd.ts";

/** The promises about logouts, for either Worker that Moor is in. */
export async function describeLogout(role: Role) {
  const origin = await startOrigin("a");
  const [site, open] = await Promise.all([
    startSite([origin], { role, carriers: [{ type: "cookie" }, { type: "header" }] }),
    startSite([origin], { role, carriers: [{ type: "cookie", sameSite: "none" }, { type: "header" }] }),
  ]);
  afterAll(async () => {
    await Promise.all([site.stop(), open.stop()]);
    await origin.kill();
  });

  const LOGOUT = "/.moor/logout";
  const post = (headers: Asking["headers"] = {}): Asking => ({ method: "POST", headers });
  const OWN = { "Sec-Fetch-Site": "same-origin", Origin: "https://shop.test" };

  async function alice(where = site) {
    const client = where.client();
    await client.ask("/?login=alice&set=basket:apples", { method: "POST" });
    await client.ask("/");
    return client;
  }

  describe("logging out", () => {
    it("ends the session for good, and has the browser forget it", async () => {
      const client = await alice();
      const thief = site.client(client.cookies);
      const answer = await client.ask(LOGOUT, post(OWN));
      expect(answer.status).toBe(204);
      expect(answer.headers["cache-control"]).toContain("no-store");
      expect([...client.cookies.keys()].filter((name) => !name.startsWith("__Host-moor-mark-"))).toEqual([]);
      expect((await thief.ask("/")).told.session).toMatchObject({ new: true });
      expect((await client.ask("/")).told.session).toMatchObject({ new: true });
    });

    it("may be repeated, and done without a session", async () => {
      const client = await alice();
      const again = site.client(client.cookies);
      for (const each of [client, again, client, site.client(), site.client([["__Host-moor", "A".repeat(84)]])]) {
        expect((await each.ask(LOGOUT, post(OWN))).status).toBe(204);
      }
    });

    it("does not clear the token of a client whose token does not open: another tab may have a valid token", async () => {
      for (const cookies of [[], [["__Host-moor", "A".repeat(84)] as [string, string]]]) {
        expect((await site.client(cookies).ask(LOGOUT, post(OWN))).setCookies).toEqual([]);
      }
    });

    it("of a session that is stored nowhere has the browser forget it", async () => {
      const client = site.client();
      await client.ask("/");
      expect((await client.ask(LOGOUT, post(OWN))).setCookies[0]).toContain("__Host-moor=; Max-Age=0");
    });

    it("ends a session whose first change is stored, although the response that tells the client is still on its way", async () => {
      const client = site.client();
      await client.ask("/");
      const thief = site.client([...client.cookies, ["__Host-moor-mark-xx", "-"]]);
      const late = await client.send("/?set=address:home", { method: "POST" });
      expect((await client.ask(LOGOUT, post(OWN))).status).toBe(204);
      expect((await thief.ask("/")).told.session).toEqual(expect.objectContaining({ new: true }));
      client.keep(late);
      expect((await client.ask("/")).told.session).toEqual(expect.objectContaining({ new: true }));
    });

    it("ends a session whose first change is under way: that change is refused, and its response brings nothing back", async () => {
      const client = site.client();
      await client.ask("/");
      await client.ask("/");
      const late = await origin.hold((hold) => client.send(`/?set=address:home&${hold}`, { method: "POST" }));
      expect((await client.ask(LOGOUT, post(OWN))).status).toBe(204);
      const answer = await late.release();
      expect([answer.status, JSON.parse(answer.text).code]).toEqual([409, "session_ended"]);
      client.keep(answer);
      expect((await client.ask("/")).told.session).toEqual(expect.objectContaining({ new: true }));
    });

    it("asks nothing of an origin", async () => {
      const client = await alice();
      const { served } = (await client.ask("/")).told;
      await client.ask(LOGOUT, post(OWN));
      expect((await client.ask("/")).told.served).toBe(served + 1);
    });

    it("works for a client of a header", async () => {
      const client = new HeaderClient(site.client());
      await client.ask("/?login=alice", { method: "POST" });
      const { held } = client;
      const answer = await client.ask(LOGOUT, post());
      expect([answer.status, client.held]).toEqual([204, ""]);
      client.held = held;
      expect((await client.ask("/")).told.session).toMatchObject({ new: true });
    });

    it("leaves the victim's session alone when a planted token is logged out", async () => {
      const attacker = site.client();
      await attacker.ask("/?set=bait:worm", { method: "POST" });
      const victim = site.client(attacker.cookies);
      await victim.ask("/?login=victim", { method: "POST" });
      await attacker.ask(LOGOUT, post(OWN));
      expect((await victim.ask("/")).told.session).toMatchObject({ sub: "victim" });
    });
  });

  describe("a post of another site (ASVS 3.5.3)", () => {
    it.each([
      ["says that it is cross-site", { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.test" }],
      ["comes from a sibling host", { "Sec-Fetch-Site": "same-site", Origin: "https://a.shop.test" }],
      ["comes from an old browser", { Origin: "https://evil.test" }],
      ["comes from an opaque origin", { Origin: "null" }],
      ["comes from the same host on plain http", { Origin: "http://shop.test" }],
      ["comes from the same host on another port", { Origin: "https://shop.test:8443" }],
      ["names itself as the host with more behind it", { Origin: "https://shop.test.evil.test" }],
      [
        "lies in Origin, where fetch metadata does not",
        { "Sec-Fetch-Site": "cross-site", Origin: "https://shop.test" },
      ],
    ])("ends nothing, if it %s", async (_how, headers) => {
      const client = await alice();
      const answer = await client.ask(LOGOUT, post(headers));
      expect([answer.status, answer.setCookies]).toEqual([403, []]);
      expect((await client.ask("/")).told.session.sub).toBe("alice");
    });

    it("that says nothing ends the session where the cookie is kept back from other sites, and not elsewhere", async () => {
      expect((await (await alice()).ask(LOGOUT, post())).status).toBe(204);
      const client = await alice(open);
      expect((await client.ask(LOGOUT, post())).status).toBe(403);
      expect((await client.ask("/")).told.session.sub).toBe("alice");
      expect((await client.ask(LOGOUT, post(OWN))).status).toBe(204);
    });

    it("is asked for by POST alone: an image or a link ends nothing", async () => {
      const client = await alice();
      for (const method of ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]) {
        const { status, headers } = await client.ask(LOGOUT, { method });
        expect([status, headers.allow]).toEqual([405, "POST"]);
      }
      expect((await client.ask("/")).told.session.sub).toBe("alice");
    });
  });

  describe("where it leads", () => {
    it.each([
      ["/", "/"],
      ["/bye?from=shop#top", "/bye?from=shop#top"],
      ["/a/../b", "/b"],
    ])("is a path of the site: %s", async (to, location) => {
      const { status, headers } = await (await alice()).ask(`${LOGOUT}?to=${encodeURIComponent(to)}`, post(OWN));
      expect([status, headers.location]).toEqual([303, location]);
    });

    it.each([
      "https://evil.test/",
      "//evil.test/",
      "/\\evil.test/",
      "\\\\evil.test",
      "/.//evil.test",
      "/..//evil.test",
      "/\t/evil.test",
      "javascript:alert(1)",
      "bye",
      "",
      "/%0d%0aSet-Cookie: a=1\r\nX: y\t/",
      " /bye",
    ])("is never elsewhere: %o", async (to) => {
      const client = await alice();
      const answer = await client.ask(`${LOGOUT}?to=${encodeURIComponent(to)}`, post(OWN));
      if (answer.status === 303) {
        const location = String(answer.headers.location);
        expect(new URL(location, "https://shop.test/x").origin).toBe("https://shop.test");
        expect(location).toMatch(/^\/[^/\\]/);
        expect(location).not.toMatch(/[\r\n\t]/);
      } else expect([answer.status, answer.setCookies]).toEqual([400, []]);
    });
  });
}
