import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Server, startServer } from "../../sdk/conformance/drop-in.ts";
import { freePort } from "../../support/node/ports.ts";
import { type Site, startSite } from "../../support/node/site.ts";
import { testKeys } from "../../support/node/test-keys.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";
import type { Application, Prepared } from "./application.ts";
import { createBrowser } from "./browser.ts";

/** An application that keeps its sessions by itself, with the endpoint by which they move in. */
export interface Old {
  /** The name of its cookie. */
  readonly cookie: string;
  /** The path of the endpoint. */
  readonly path: string;
  /** Prepares the old and the new application on the same data. `out` is an empty folder. */
  prepare(out: string): Promise<Pick<Prepared, "stop"> & Record<"old" | "fresh", Prepared["command"]>>;
}

const LIMIT_MS = 300_000;
/** All visitors are on one side. The other side is named, because sessions move in there. */
const allAt = (side: "old" | "app") => {
  const pool = (["old", "app"] as const).map((id) => ({ id, weight: id === side ? 1 : 0 }));
  return [{ path: "/*", pool }];
};

/** Moves an application from its own sessions to those of Moor and back, under a visitor who is logged in and has a form open. */
export function describeMove(
  application: Pick<Application, "id" | "name" | "page" | "logIn" | "knows" | "openForm" | "logOut">,
  old: Old,
) {
  const { id, name, page, logIn, knows, openForm, logOut } = application;

  describe(`${name}, which moves in`, { timeout: LIMIT_MS }, () => {
    let out: string;
    let site: Site;
    let stopShared: Prepared["stop"];
    const servers: Server[] = [];

    beforeAll(async () => {
      out = await mkdtemp(join(tmpdir(), `moor-move-${id}-`));
      const keys = await testKeys();
      const ports = { old: await freePort(), fresh: await freePort() };
      const prepared = await old.prepare(out);
      stopShared = prepared.stop;
      site = await startSite([], {
        explain: true,
        keys,
        pools: [
          { id: "old", origins: [{ id: "a", url: `http://127.0.0.1:${ports.old}` }], session: { may: [] } },
          {
            id: "app",
            origins: [{ id: "b", url: `http://127.0.0.1:${ports.fresh}` }],
            session: { may: ["patch", "principal", "end"] },
          },
        ],
        routes: allAt("old"),
        adopt: [
          {
            from: "app",
            cookies: [old.cookie],
            confirm: { pool: "old", path: old.path },
            until: "2090-01-01T00:00:00Z",
          },
        ],
      });
      const settings = {
        MOOR_ISSUER: TEST_ISSUER,
        MOOR_AUDIENCE: "app",
        MOOR_URL: `http://127.0.0.1:${site.moor.port}`,
      };
      for (const role of ["old", "fresh"] as const) {
        const started = await prepared[role](ports[role], role);
        const env = { ...started.env, ...(role === "old" && { MOOR_CONFIRM_KEYS: keys.confirm }) };
        const own = { name, command: () => ({ ...started, env }) };
        servers.push(await startServer(own, "", settings, { name: role, port: ports[role] }));
      }
    }, LIMIT_MS);
    afterAll(async () => {
      await site?.stop();
      for (const server of servers) await server.kill();
      await stopShared?.();
      await rm(out, { recursive: true, force: true });
    });

    const moveTo = (side: "old" | "app") => site.moor.deployConfig({ routes: allAt(side) });

    it("logs nobody out, takes the form that was open, and ends both sessions at a logout, there and back", async () => {
      const browser = createBrowser(site.client());
      await logIn(browser);
      expect(await browser.open(page)).toMatchObject({ server: "a", version: 0 });
      const send = await openForm(browser);

      await moveTo("app");
      const moved = await browser.open(page);
      expect(moved).toSatisfy(knows);
      expect(moved.server).toBe("b");
      expect(moved.version).toBeGreaterThan(0);
      expect((await send("words from the old side")).text).toContain("words from the old side");
      const again = await openForm(browser);

      await moveTo("old");
      const back = await browser.open(page);
      expect(back).toSatisfy(knows);
      expect(back.server).toBe("a");
      expect((await again("words from the new side")).text).toContain("words from the new side");

      await moveTo("app");
      expect(await browser.open(page)).toSatisfy(knows);
      await logOut(browser);
      expect(await browser.open(page)).not.toSatisfy(knows);
      await moveTo("old");
      expect(await browser.open(page)).not.toSatisfy(knows);
    });
  });
}
