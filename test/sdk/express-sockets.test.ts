/** @needs chromium */
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../demo/visitor.ts";
import { startExample } from "../examples/running-example.ts";
import { buildPackage } from "../support/node/built-package.ts";
import { freePort } from "../support/node/ports.ts";
import { type Site, startSite } from "../support/node/site.ts";
import { describeWithTestPackages, TEST_MODULES } from "../support/node/test-packages.ts";
import { TEST_ISSUER } from "../support/node/workerd.ts";

/** A change of the session, and the method that stores it. */
interface Message {
  readonly said?: string;
  readonly call: "save" | "destroy";
}

/** The ways of a browser to send a message over a WebSocket, and to get its answer. */
const libraries: Readonly<Record<string, (page: Page, message: Message) => Promise<string>>> = {
  ws: (page, message) =>
    page.evaluate(`new Promise((resolve, reject) => {
      const socket = new WebSocket("ws://" + location.host + "/ws");
      socket.onopen = () => socket.send(${JSON.stringify(JSON.stringify(message))});
      socket.onmessage = ({ data }) => resolve(data);
      socket.onclose = ({ code }) => reject(new Error("the socket was closed: " + code));
    })`),
  "Socket.IO with the transport websocket alone": (page, message) =>
    // The page has loaded the client of Socket.IO from the server.
    page.evaluate(`io({ transports: ["websocket"] }).timeout(15000).emitWithAck("act", ${JSON.stringify(message)})`),
};

describeWithTestPackages(() => {
  let browser: Browser;
  let site: Site;
  const ending: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "moor-express-sockets-"));
    ending.push(() => rm(folder, { recursive: true, force: true }));
    await buildPackage(join(folder, "node_modules"), "express");
    for (const name of ["socket.io", "ws"]) await symlink(join(TEST_MODULES, name), join(folder, "node_modules", name));
    await cp("test/sdk/express-sockets/server.cjs", join(folder, "server.cjs"));
    const port = await freePort();
    site = await startSite([{ name: "a", url: `http://127.0.0.1:${port}` }]);
    ending.push(() => site.stop());
    const env = { MOOR_ISSUER: TEST_ISSUER, MOOR_AUDIENCE: "shop", MOOR_URL: `http://127.0.0.1:${site.moor.port}` };
    const server = await startExample([process.execPath, join(folder, "server.cjs")], port, env);
    ending.push(() => server.stop());
    browser = await launchBrowser();
    ending.push(() => browser.close());
  });
  afterAll(async () => {
    for (const end of ending.reverse()) await end();
  });

  describe.each(Object.entries(libraries))("req.session of a WebSocket in Chromium, with %s", (_, send) => {
    /** A visitor who has logged in on a page. */
    async function visit(user: string): Promise<{ page: Page; stored: () => Promise<unknown> }> {
      const page = await (await browser.newContext()).newPage();
      const at = `http://localhost:${site.moor.port}`;
      await page.goto(`${at}/login?user=${user}`);
      const stored = () => page.evaluate(async () => (await fetch("/stored")).json());
      expect(await stored()).toEqual({ user });
      return { page, stored };
    }

    it("is stored when save calls back, with all that its visitor has stored before", async () => {
      const { page, stored } = await visit("alice");
      expect(await send(page, { said: "hello", call: "save" })).toBe("save: done");
      expect(await stored()).toEqual({ user: "alice", said: "hello" });
      expect(await send(page, { said: "again", call: "save" })).toBe("save: done");
      expect(await stored()).toEqual({ user: "alice", said: "again" });
    });

    it("is destroyed when destroy calls back", async () => {
      const { page, stored } = await visit("bob");
      expect(await send(page, { call: "destroy" })).toBe("destroy: done");
      expect(await stored()).toHaveProperty("error");
    });
  });
});
