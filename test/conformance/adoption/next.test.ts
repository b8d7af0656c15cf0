import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deriveIronKey, deriveNextAuthKey } from "../../../src/old-formats/derive.ts";
import { describeWithInstalled } from "../../support/node/installed.ts";
import { buildNextApp, nextStart } from "../../support/node/next-app.ts";
import { TEST_MODULES } from "../../support/node/test-packages.ts";
import { testEndpoint, testSecrecy } from "./endpoint.suite.ts";
import { forgedOf, type Move, sessionOf, startMove } from "./move.ts";

/** The secrets of the shop, as its own `shop.js` has them. */
const NEXT_AUTH_SECRET = "of the old shop alone";
const IRON_PASSWORD = "of the old shop alone, and of no worth";

describeWithInstalled(join(TEST_MODULES, "next-auth", "package.json"), "npm ci --prefix sdk/node/test-packages", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await buildNextApp("test/conformance/adoption/old-next");
  }, 300_000);
  const shop = (kind: string) => (port: number) => {
    const { argv, env } = nextStart(folder, port);
    return { argv, env: { ...env, KIND: kind, NEXTAUTH_URL: `http://127.0.0.1:${port}` } };
  };

  describe("a visitor of a shop on Next.js, with its sessions in the tokens of next-auth", () => {
    let move: Move;
    beforeAll(async () => {
      move = await startMove(shop("next-auth"), "next-auth.session-token");
    }, 60_000);
    afterAll(() => move?.stop());

    it("sees their login and their basket on the first page through Moor", async () => {
      const session = await sessionOf(move.bringing(await move.visitor("alice")));
      expect(session).toMatchObject({ sub: "alice", data: { user: { name: "alice" }, basket: { apples: 2 } } });
    });

    testEndpoint(() => move);

    it("is not adopted if the callbacks of next-auth refuse them now", async () => {
      const cookie = await move.visitor("carol");
      await move.atOld("/disable?user=carol", cookie);
      expect(await sessionOf(move.bringing(cookie))).toMatchObject({ new: true });
    });

    it("is logged out by a logout at Moor, and their token opens no session again", async () => {
      const cookie = await move.visitor("dora");
      const browser = move.bringing(cookie);
      await sessionOf(browser);
      await browser.ask("/?end", { method: "POST" });
      expect(browser.cookies.has("next-auth.session-token")).toBe(false);
      expect(await sessionOf(move.bringing(cookie))).toMatchObject({ new: true });
    });

    it("has one session by every token of their login, and none by any of them after a logout", async () => {
      const first = await move.visitor("gesa");
      const second = await move.renewed("/api/auth/session", first);
      expect(second).not.toBe(first);
      const browser = move.bringing(second);
      const { sid, sub } = await sessionOf(browser);
      expect(await sessionOf(move.bringing(first))).toMatchObject({ sid, sub });
      await browser.ask("/?end", { method: "POST" });
      const third = await move.renewed("/api/auth/session", second);
      for (const token of [first, second, third])
        expect(await sessionOf(move.bringing(token))).toMatchObject({ new: true });
    });

    it("goes back with the login and the basket that they had", async () => {
      const browser = move.bringing(await move.visitor("erin"));
      await browser.ask("/?set=basket:1", { method: "POST" });
      const back = JSON.parse((await browser.ask("/only-old/")).text) as object;
      expect(back).toEqual({ server: "old", user: "erin", basket: { apples: 2 } });
    });

    it("gets a fresh session with a forged token", async () => {
      const cookie = await move.visitor("frida");
      expect(await sessionOf(move.bringing(forgedOf(cookie)))).toMatchObject({ new: true });
    });
  });

  describe("a visitor of a shop on Next.js, with its sessions in the cookies of iron-session", () => {
    let move: Move;
    beforeAll(async () => {
      move = await startMove(shop("iron-session"), "shop", { path: "/iron/moor-adopt" });
    }, 60_000);
    afterAll(() => move?.stop());

    it("sees their login and their basket on the first page, and the browser forgets the old cookie", async () => {
      const browser = move.bringing(await move.visitor("alice"));
      const session = await sessionOf(browser);
      expect(session).toMatchObject({ sub: "alice", data: { user: { id: "alice" }, basket: { apples: 2 } } });
      expect(browser.cookies.has("shop")).toBe(false);
      expect(await sessionOf(browser)).toMatchObject({ sid: session.sid, sub: "alice" });
    });

    testSecrecy(() => move);

    it("shares no session with strangers whose sealed cookies are equal", async () => {
      const cookie = await move.visitor("bob");
      const strangers = await Promise.all(Array.from({ length: 5 }, () => sessionOf(move.bringing(cookie))));
      expect(new Set(strangers.map(({ sid, sub }) => `${sid} ${sub}`)).size).toBe(5);
    });

    it("gets a fresh session with a forged cookie", async () => {
      const cookie = await move.visitor("dora");
      expect(await sessionOf(move.bringing(forgedOf(cookie)))).toMatchObject({ new: true });
    });
  });

  const forgedAt = (cookie: string, at: number) =>
    cookie.slice(0, at) + (cookie[at] === "a" ? "b" : "a") + cookie.slice(at + 1);
  const everyPlace = (cookie: string) =>
    Array.from({ length: cookie.length }, (_, at) => at).filter((at) => at % 12 === 0);

  /** The promises for cookies that hold a whole session without an id. */
  function testSealedCookie(moveNow: () => Move): void {
    it("has the old cookie forgotten with the first response, and keeps their session", async () => {
      const move = moveNow();
      const browser = move.bringing(await move.visitor("bob"));
      const { sid } = await sessionOf(browser);
      expect(browser.cookies.has(move.cookie)).toBe(false);
      expect(await sessionOf(browser)).toMatchObject({ sid, sub: "bob" });
      await browser.ask("/?end", { method: "POST" });
      expect(await sessionOf(browser)).toMatchObject({ new: true });
    });

    it("shares no session with strangers whose sealed cookies are equal", async () => {
      const move = moveNow();
      const cookie = await move.visitor("carol");
      const strangers = Array.from({ length: 5 }, () => move.bringing(cookie));
      const sessions = await Promise.all(strangers.map(sessionOf));
      expect(new Set(sessions.map(({ sid, sub }) => `${sid} ${sub}`)).size).toBe(5);
      await strangers[0]!.ask("/?set=basket:pears", { method: "POST" });
      for (const stranger of strangers.slice(1)) {
        expect((await sessionOf(stranger)).data).toMatchObject({ basket: { apples: 2 } });
      }
    });
  }

  describe("a visitor whose token of next-auth Moor opens by itself", () => {
    let move: Move;
    beforeAll(async () => {
      const MOOR_NEXT_AUTH_KEYS = `1:${await deriveNextAuthKey(NEXT_AUTH_SECRET)}`;
      const reading = { from: "next-auth", principal: "sub", keys: { MOOR_NEXT_AUTH_KEYS } };
      move = await startMove(shop("next-auth"), "next-auth.session-token", { reading });
    }, 60_000);
    afterAll(() => move?.stop());

    it("sees their login and their basket on the first page through Moor", async () => {
      const cookie = await move.visitor("alice");
      const session = await sessionOf(move.bringing(cookie));
      expect(session).toMatchObject({ sub: "alice", data: { name: "alice", sub: "alice", basket: { apples: 2 } } });
      for (const name of ["exp", "iat", "jti"]) expect(session.data).not.toHaveProperty(name);
      expect(move.site.indiscretions(cookie)).toEqual([]);
    });

    testSealedCookie(() => move);

    it("gets a fresh session with a forged token", async () => {
      const cookie = await move.visitor("frida");
      for (const at of everyPlace(cookie)) {
        expect(await sessionOf(move.bringing(forgedAt(cookie, at))), `character ${at}`).toMatchObject({ new: true });
      }
    });
  });

  describe("a visitor whose seal of iron-session Moor opens by itself", () => {
    let move: Move;
    beforeAll(async () => {
      const MOOR_IRON_KEYS = `1:${deriveIronKey(IRON_PASSWORD)}`;
      const reading = { from: "iron-session", principal: "user.id", keys: { MOOR_IRON_KEYS } };
      move = await startMove(shop("iron-session"), "shop", { reading });
    }, 60_000);
    afterAll(() => move?.stop());

    it("sees their login and their basket on the first page through Moor", async () => {
      const session = await sessionOf(move.bringing(await move.visitor("alice")));
      expect(session).toMatchObject({ sub: "alice", data: { user: { id: "alice" }, basket: { apples: 2 } } });
    });

    testSealedCookie(() => move);

    it("gets a fresh session with a forged cookie", async () => {
      const cookie = await move.visitor("dora");
      for (const at of everyPlace(cookie)) {
        const session = await sessionOf(move.bringing(forgedAt(cookie, at)));
        // The version behind the tilde is not authentic, and counts for nothing.
        const isVersion = at > cookie.lastIndexOf("~") || (cookie.includes("%7E") && at > cookie.lastIndexOf("%7E"));
        expect(session, `character ${at}`).toMatchObject(isVersion ? { sub: "dora" } : { new: true });
      }
    });
  });
});
