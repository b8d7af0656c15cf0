import { expect } from "vitest";
import { startServer } from "../../sdk/conformance/drop-in.ts";
import { freePort } from "../../support/node/ports.ts";
import { startSite } from "../../support/node/site.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";
import type { Prepared } from "./application.ts";
import { createBrowser } from "./browser.ts";

/** Two servers of an application behind a real Moor. */
export type Pair = Awaited<ReturnType<typeof startPair>>;

/** Starts Moor before two servers, a and b, of an application. */
export async function startPair(name: string, { command }: Pick<Prepared, "command">) {
  const ports = { a: await freePort(), b: await freePort() };
  const site = await startSite([], {
    // It names the server and the version of the session in `Server-Timing`.
    explain: true,
    pools: [
      {
        id: "app",
        origins: Object.entries(ports).map(([id, port]) => ({ id, url: `http://127.0.0.1:${port}` })),
        outlierDetection: { baseEjectionSeconds: 1 },
      },
    ],
  });
  const settings = { MOOR_ISSUER: TEST_ISSUER, MOOR_AUDIENCE: "app", MOOR_URL: `http://127.0.0.1:${site.moor.port}` };
  const start = async (server: "a" | "b") => {
    const port = ports[server];
    const started = await command(port, server);
    return startServer({ name, command: () => started }, "", settings, { name: server, port });
  };
  const [a, b] = await Promise.all([start("a"), start("b")]);
  const servers = { a, b };

  return {
    /** The text that the servers have written since they were started last. */
    output: () =>
      Object.entries(servers)
        .map(([name, server]) => `server ${name}:\n${server.output()}`)
        .join("\n"),
    /** A browser of a new visitor. */
    browser: () => createBrowser(site.client()),
    /** Kills a server, runs `meanwhile`, starts the server again, and waits until Moor uses it. */
    async without(server: "a" | "b", page: string, meanwhile: () => Promise<void>) {
      await servers[server].kill();
      await meanwhile();
      servers[server] = await start(server);
      // A new visitor meets either server, unless Moor has ejected one of them.
      await expect.poll(async () => (await createBrowser(site.client()).open(page)).server).toBe(server);
    },
    async stop() {
      await Promise.all([servers.a.kill(), servers.b.kill(), site.stop()]);
    },
  };
}
