import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deriveIronKey } from "../../../src/old-formats/derive.ts";
import { describeWithInstalled } from "../../support/node/installed.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, type Site, startSite } from "../../support/node/site.ts";
import { testKeys } from "../../support/node/test-keys.ts";
import { TEST_MODULES } from "../../support/node/test-packages.ts";

const PASSWORD = "a password of at least thirty-two characters";
const LIBRARY = join(TEST_MODULES, "iron-session", "dist", "index.js");

describeWithInstalled(LIBRARY, "npm ci --prefix sdk/node/test-packages", () => {
  describe("a roll-out by weight, of sessions without an id", () => {
    let even: Site;
    let late: Site;
    let stop: () => Promise<void>;
    let sealFor: (user: string) => Promise<string>;
    beforeAll(async () => {
      const { sealData } = (await import(pathToFileURL(LIBRARY).href)) as {
        sealData(data: object, options: { password: string }): Promise<string>;
      };
      sealFor = (user) => sealData({ user }, { password: PASSWORD });
      const origins = [await startOrigin("old"), await startOrigin("new")];
      const keys = await testKeys();
      const start = (weight: number) =>
        startSite([], {
          pools: origins.map((origin) => ({ id: origin.name, origins: [originConfig(origin)] })),
          routes: [
            {
              path: "/*",
              pool: [
                { id: "old", weight: 100 - weight },
                { id: "new", weight },
              ],
            },
          ],
          adopt: [
            { from: "iron-session", cookies: ["shop"], principal: "user", pool: "old", until: "2090-01-01T00:00:00Z" },
          ],
          keys,
          texts: { MOOR_IRON_KEYS: `1:${deriveIronKey(PASSWORD)}` },
        });
      [even, late] = [await start(50), await start(100)];
      stop = async () => {
        await Promise.all([even.stop(), late.stop()]);
        await Promise.all(origins.map((origin) => origin.kill()));
      };
    });
    afterAll(() => stop?.());

    it("takes visitors to both sides, and the parallel first requests of each agree", async () => {
      const sides = new Set<string>();
      for (let nth = 0; nth < 24; nth++) {
        const seal = await sealFor(`visitor-${nth}`);
        const asked = Array.from({ length: 5 }, () => even.client([["shop", seal]]).ask("/"));
        const servers = (await Promise.all(asked)).map(({ told }) => told.server);
        expect(new Set(servers).size).toBe(1);
        sides.add(servers[0] as string);
      }
      expect([...sides].sort()).toEqual(["new", "old"]);
    });

    it("keeps each visitor on their side, and leaves the old cookie to visitors of the old side", async () => {
      for (let nth = 0; nth < 12; nth++) {
        const browser = even.client([["shop", await sealFor(`visitor-${nth}`)]]);
        const { server, session } = (await browser.ask("/")).told;
        expect(browser.cookies.has("shop")).toBe(server === "old");
        if (server === "new") expect(session).toMatchObject({ sub: `visitor-${nth}` });
        expect((await browser.ask("/")).told.server).toBe(server);
      }
    });

    it("moves a visitor of the old side with their login, when the weights lead to the new side alone", async () => {
      let moved = 0;
      for (let nth = 0; nth < 12; nth++) {
        const browser = even.client([["shop", await sealFor(`visitor-${nth}`)]]);
        if ((await browser.ask("/")).told.server === "new") continue;
        const { told } = await late.client(browser.cookies).ask("/");
        expect(told).toMatchObject({ server: "new", session: { sub: `visitor-${nth}` } });
        moved++;
      }
      expect(moved).toBeGreaterThan(0);
    });
  });
});
