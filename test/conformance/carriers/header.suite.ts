import { afterAll, describe, expect, it } from "vitest";
import { HeaderClient } from "../../support/node/header-client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";
import type { Role } from "../../support/node/workerd.ts";

/** The promises about tokens in a header, for either Worker that Moor is in. */
export async function describeHeaderCarrier(role: Role) {
  const origin = await startOrigin("a");
  const [both, api, custom] = await Promise.all([
    startSite([origin], { role, carriers: [{ type: "cookie" }, { type: "header" }], session: { graceSeconds: 0 } }),
    startSite([origin], { role, carriers: [{ type: "header" }] }),
    startSite([origin], { role, carriers: [{ type: "header", name: "X-Auth-Token" }] }),
  ]);
  afterAll(async () => {
    await Promise.all([both, api, custom].map((site) => site.stop()));
    await origin.kill();
  });

  const TEXT = /^[\w-]{84}(\.[\w-]{56})?$/;

  describe.each([
    ["Authorization", both],
    ["Authorization", api],
    ["X-Auth-Token", custom],
  ])("a client of the header %s", (header, site) => {
    const visitor = () => new HeaderClient(site.client(), header);

    it("is given a token in a response header, and no cookie", async () => {
      const client = visitor();
      const { setCookies, headers } = await client.ask("/");
      expect(client.held).toMatch(TEXT);
      expect(setCookies).toEqual([]);
      expect(headers["cache-control"]).toBe("private, no-store");
    });

    it("keeps its session, through a login and touches", async () => {
      const client = visitor();
      await client.ask("/?set=basket:apples", { method: "POST" });
      await client.ask("/?login=alice", { method: "POST" });
      expect(client.held.split(".")).toHaveLength(2);
      for (let visit = 0; visit < 3; visit++) {
        const { session } = (await client.ask(`/?set=visit:${visit}`, { method: "POST" })).told;
        expect(session).toMatchObject({ gen: 1, sub: "alice", data: { basket: "apples" } });
      }
      expect((await client.ask("/")).told.session.data).toEqual({ basket: "apples", visit: "2" });
    });

    it("is told that its session has ended", async () => {
      const client = visitor();
      await client.ask("/?login=alice", { method: "POST" });
      const ended = await client.ask("/?end", { method: "POST" });
      expect(ended.headers[header === "Authorization" ? "moor-token" : "x-auth-token"]).toBe("");
      expect(client.held).toBe("");
      expect((await client.ask("/")).told.session).toMatchObject({ new: true });
    });

    it("loses nothing by a slow response of a request from before its login", async () => {
      const client = visitor();
      await client.ask("/?set=basket:apples", { method: "POST" });
      const sent = client.held;
      const slow = await origin.hold((hold) => client.send(`/?set=slow:1&${hold}`, { method: "POST" }));
      await client.ask("/?login=alice", { method: "POST" });
      client.keep(await slow.release(), sent);
      expect((await client.ask("/")).told.session).toMatchObject({ gen: 1, sub: "alice", data: { basket: "apples" } });
    });

    it("tells the origin nothing of the token, whether it is genuine or forged", async () => {
      const client = visitor();
      await client.ask("/?login=alice", { method: "POST" });
      const genuine = await client.ask("/");
      const forged = new HeaderClient(site.client(), header);
      forged.held = `${"A".repeat(84)}.${"A".repeat(56)}.123`;
      for (const { told } of [genuine, await forged.send("/"), await visitor().send("/")]) {
        expect(told.headers).not.toHaveProperty(header.toLowerCase());
        expect(JSON.stringify(told.rawHeaders)).not.toContain(client.held);
      }
    });

    it("shows nothing to an attacker who plants a token: after the login it needs the proof", async () => {
      const attacker = visitor();
      await attacker.ask("/?set=bait:worm", { method: "POST" });
      const victim = visitor();
      victim.held = attacker.held;
      await victim.ask("/?login=victim", { method: "POST" });
      await victim.ask("/?set=address:harbour", { method: "POST" });
      const { session } = (await attacker.ask("/")).told;
      expect(session).not.toHaveProperty("sub");
      expect(session.data ?? {}).not.toHaveProperty("address");
      expect(attacker.held).not.toContain(victim.held.split(".")[1]);
    });
  });

  describe("a site with cookie and header, in this order", () => {
    it("gives a client that does not ask a cookie, and never the token in a header that scripts could read", async () => {
      const browser = both.client();
      for (const path of ["/", "/?set=basket:apples", "/?login=alice"]) {
        const { headers, setCookies } = await browser.ask(path, { method: path === "/" ? "GET" : "POST" });
        expect(headers).not.toHaveProperty("moor-token");
        expect(setCookies.length).toBeGreaterThan(0);
      }
    });

    it("gives a script that asks no token of the cookie's session", async () => {
      const browser = both.client();
      await browser.ask("/?login=alice", { method: "POST" });
      const { headers, told } = await browser.send("/?set=a:1", {
        method: "POST",
        headers: { Authorization: "Bearer new" },
      });
      expect(told.session.sub).toBe("alice");
      expect(headers).not.toHaveProperty("moor-token");
    });

    it("takes the cookie's session if both bring a session: the carrier that is declared first", async () => {
      const browser = both.client();
      await browser.ask("/?login=alice", { method: "POST" });
      const app = new HeaderClient(both.client());
      await app.ask("/?login=bob", { method: "POST" });
      const { told, headers } = await browser.send("/?set=a:1", {
        method: "POST",
        headers: { Authorization: `Bearer ${app.held}` },
      });
      expect(told.session.sub).toBe("alice");
      expect(told.headers).not.toHaveProperty("authorization");
      expect(headers).not.toHaveProperty("moor-token");
    });

    it("takes the header's if the cookie is no token any more", async () => {
      const app = new HeaderClient(both.client([["__Host-moor", "A".repeat(84)]]));
      await app.ask("/?login=bob", { method: "POST" });
      expect(app.held).toMatch(TEXT);
      expect((await app.ask("/")).told.session.sub).toBe("bob");
    });

    it("leaves an origin's own bearer tokens, and other schemes, as they are", async () => {
      for (const value of ["Bearer own-token", `Bearer ${"A".repeat(83)}`, "Basic bmV3", `Bearer ${"A".repeat(84)}!`]) {
        const { told } = await both.client().send("/", { headers: { Authorization: value } });
        expect(told.headers.authorization).toBe(value);
      }
    });
  });

  describe("a site without the cookie", () => {
    it("reads no cookie, and gives every client the header", async () => {
      const browser = both.client();
      await browser.ask("/?login=alice", { method: "POST" });
      const { told, headers, setCookies } = await api.client(browser.cookies).send("/");
      expect(told.session).toMatchObject({ new: true });
      expect(headers["moor-token"]).toMatch(TEXT);
      expect(setCookies).toEqual([]);
    });

    it("refuses an origin's word for its own", async () => {
      const { headers, status } = await custom.client().send("/?header=X-Auth-Token:stolen", {
        headers: { "Sec-Fetch-Site": "same-origin" },
      });
      expect(status).toBe(200);
      expect(headers).not.toHaveProperty("x-auth-token");
      const token = await api.client().send("/?header=Moor-Token:stolen", {
        headers: { "Sec-Fetch-Site": "same-origin" },
      });
      // An unknown header of an origin that begins with Moor- is refused. Handlers ask for changes by methods.
      expect(token.status).toBe(role === "proxy" ? 502 : 200);
      expect(token.headers).not.toHaveProperty("moor-token");
    });
  });

  it("keeps tokens and the principal out of the log", () => {
    for (const site of [both, api, custom]) expect(site.indiscretions("alice", "victim", "harbour")).toEqual([]);
  });
}
