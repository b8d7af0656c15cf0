import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWithInstalled } from "../../support/node/installed.ts";
import { buildNextApp, nextStart } from "../../support/node/next-app.ts";
import { TEST_MODULES } from "../../support/node/test-packages.ts";
import { testEndpoint, testSecrecy } from "./endpoint.suite.ts";
import { forgedOf, type Move, sessionOf, startMove } from "./move.ts";

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
      move = await startMove(shop("iron-session"), "shop", "/iron/moor-adopt");
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
});
