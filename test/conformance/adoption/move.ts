import type { Command } from "../../sdk/conformance/drop-in.ts";
import type { Client } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { freePort } from "../../support/node/ports.ts";
import { originConfig, type Site, startSite } from "../../support/node/site.ts";
import { type StartedServer, startServer } from "../../support/node/started.ts";
import { testKeys } from "../../support/node/test-keys.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";

/**
 * Moor between an old shop and a new origin, which shows what it is handed.
 *
 * @param commandAt the command that runs the shop at a port. Its environment also has `PORT`.
 * @param cookie the name of the shop's cookie.
 */
export async function startMove(commandAt: (port: number) => Command, cookie: string) {
  const keys = await testKeys();
  const port = await freePort();
  const { argv, env } = commandAt(port);
  const old: StartedServer = await startServer(argv, port, {
    needs: argv[0] ?? "",
    env: { ...process.env, ...env, PORT: String(port), MOOR_ISSUER: TEST_ISSUER, MOOR_CONFIRM_KEYS: keys.confirm },
  });
  const origin = await startOrigin("new");
  const url = `http://127.0.0.1:${port}`;
  const site: Site = await startSite([], {
    pools: [
      { id: "new", origins: [originConfig(origin)], session: { may: ["patch", "principal", "end"] } },
      { id: "old", origins: [{ id: "old", url }], session: { may: [] } },
    ],
    routes: [
      { path: "/only-old/*", pool: "old" },
      { path: "/*", pool: "new" },
    ],
    adopt: [
      {
        from: "app",
        cookies: [cookie],
        confirm: { pool: "old", path: "/moor-adopt" },
        until: "2090-01-01T00:00:00Z",
      },
    ],
    keys,
  });
  return {
    site,
    cookie,
    /** Logs a visitor in at the old shop. Returns its cookie. */
    async visitor(name: string): Promise<string> {
      const answer = await fetch(`${url}/login?user=${name}`);
      return new RegExp(`${cookie}=([^;]+)`).exec(answer.headers.get("Set-Cookie") ?? "")?.[1] ?? "";
    },
    bringing: (value: string) => site.client([[cookie, value]]),
    atOld: async (path: string, value: string) =>
      (await fetch(url + path, { headers: { Cookie: `${cookie}=${value}` } })).text(),
    async stop() {
      await site.stop();
      await old.kill();
      await origin.kill();
    },
  };
}

export type Move = Awaited<ReturnType<typeof startMove>>;
/** The session that the new origin is handed. */
export const sessionOf = async (browser: Client) => (await browser.ask("/")).told.session;
