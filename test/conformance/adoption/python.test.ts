import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWithPython, python } from "../../sdk/python-tools.ts";
import { testEndpointOfStore } from "./endpoint.suite.ts";
import { forgedOf, type Move, sessionOf, startMove } from "./move.ts";

const shop = (kind: string) => (port: number) =>
  python(resolve("test/conformance/adoption/old-python.py"), kind, String(port));

describeWithPython(() => {
  describe("a visitor of a shop in Django, with its sessions in a database", () => {
    let move: Move;
    beforeAll(async () => {
      move = await startMove(shop("django"), "sessionid");
    });
    afterAll(() => move?.stop());

    it("sees their login and their basket on the first page through Moor", async () => {
      const session = await sessionOf(move.bringing(await move.visitor("alice")));
      expect(session).toMatchObject({ sub: expect.stringMatching(/^\d+$/), data: { basket: { apples: 2 } } });
      expect(session.data).toHaveProperty("_auth_user_hash");
    });

    testEndpointOfStore(() => move);

    it("has a value whose name is one of the drop-in's own under another name, and finds it again on the way back", async () => {
      const browser = move.bringing(await move.visitor("mona"));
      const { data } = await sessionOf(browser);
      expect(data).toMatchObject({ "other:$expires": "a value of the shop" });
      expect(data).not.toHaveProperty("$expires");
      await browser.ask(`/?patch=${encodeURIComponent('{"basket":{"pears":1}}')}`, { method: "POST" });
      const back = JSON.parse((await browser.ask("/only-old/")).text) as object;
      expect(back).toMatchObject({ basket: { apples: 2, pears: 1 }, expires: "a value of the shop" });
    });

    it("is not adopted if Django would refuse them now", async () => {
      const cookie = await move.visitor("carol");
      await move.atOld("/disable?user=carol", cookie);
      expect((await sessionOf(move.bringing(cookie))).sub).toBeUndefined();
    });
  });

  describe("a visitor of a shop in Flask, with its session in the cookie", () => {
    let move: Move;
    beforeAll(async () => {
      move = await startMove(shop("flask"), "session");
    });
    afterAll(() => move?.stop());

    it("sees their login and their values on the first page, and the browser forgets the old cookie", async () => {
      const browser = move.bringing(await move.visitor("alice"));
      const session = await sessionOf(browser);
      expect(session).toMatchObject({
        sub: "alice",
        data: { basket: { apples: 2 }, since: { $python: expect.any(String) } },
      });
      expect(session.data).toMatchObject({ "other:$key": "a value of the shop" });
      expect(session.data).not.toHaveProperty("$key");
      expect([...browser.cookies.keys()].filter((name) => name === "session")).toEqual([]);
      expect(await sessionOf(browser)).toMatchObject({ sid: session.sid, sub: "alice" });
    });

    it("shares no session with strangers whose sealed cookies are equal", async () => {
      const cookie = await move.visitor("");
      const strangers = await Promise.all(Array.from({ length: 5 }, () => sessionOf(move.bringing(cookie))));
      expect(strangers.map(({ data }) => data?.basket)).toEqual(Array.from({ length: 5 }, () => ({ apples: 2 })));
      expect(new Set(strangers.map(({ sid }) => sid)).size).toBe(5);
    });

    it("gets a fresh session with a forged cookie", async () => {
      const cookie = await move.visitor("bob");
      expect(await sessionOf(move.bringing(forgedOf(cookie)))).toMatchObject({ new: true });
    });
  });
});
