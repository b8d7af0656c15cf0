import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPackage } from "../support/node/built-package.ts";
import { freePort } from "../support/node/ports.ts";
import { type Site, startSite } from "../support/node/site.ts";
import { TEST_ISSUER } from "../support/node/workerd.ts";
import { startExample } from "./running-example.ts";

/**
 * Two servers of each application, so that a value on the second server has come through Moor and not through a
 * process.
 */
const apps = {
  counter: ["documented.cjs", "View counter"],
  login: ["documented.cjs", "User login"],
  expiring: ["documented.cjs", "req.session"],
  probe: ["express-probe.cjs"],
};
/** The name of an application. */
export type App = keyof typeof apps;

const packages = ["express", "express-session", "parseurl", "escape-html", "ws"];
export const servers = await Promise.all(
  Object.entries(apps).flatMap(([pool, argv]) =>
    ["a", "b"].map(async (id) => ({ pool, argv, id, port: await freePort() })),
  ),
);
/** The functions that end servers after the tests. */
export const ending: (() => Promise<unknown>)[] = [];
/** Moor in front of the applications. */
export let site: Site;

/** Starts Moor, and two servers of each application. */
export async function startApps(): Promise<void> {
  site = await startSite([], {
    handoff: { dataBytes: 256 },
    pools: Object.keys(apps).map((pool) => ({
      id: pool,
      origins: servers.flatMap(({ id, port, ...server }) =>
        server.pool === pool ? [{ id, url: `http://127.0.0.1:${port}` }] : [],
      ),
      // Each request goes wherever the query says.
      hashPolicy: [{ type: "query", name: "to" }, { type: "session-id" }],
      session: { may: ["patch", "principal", "end"] },
    })),
    routes: Object.keys(apps).map((pool) => ({ host: `${pool}.test`, path: "/*", pool })),
  });
  const folder = await mkdtemp(join(tmpdir(), "moor-express-"));
  ending.push(
    () => site.stop(),
    () => rm(folder, { recursive: true, force: true }),
  );
  await buildPackage(join(folder, "node_modules"), ...packages);
  for (const script of ["documented.cjs", "express-probe.cjs"])
    await cp(join("test/examples", script), join(folder, script));
  await Promise.all(
    servers.map(async ({ pool, argv: [script = "", ...args], port }) => {
      const env = {
        MOOR_ISSUER: TEST_ISSUER,
        MOOR_AUDIENCE: pool,
        MOOR_URL: `http://127.0.0.1:${site.moor.port}`,
        NODE_ENV: "test",
      };
      const server = await startExample([process.execPath, join(folder, script), ...args], port, env);
      ending.push(() => server.stop());
    }),
  );
}

/** Ends everything that was started. */
export async function endApps(): Promise<void> {
  await Promise.all(ending.map((end) => end()));
}

/** A visitor of an application. */
export function visitor(app: App, client = site.client()) {
  const headers = { Host: `${app}.test` };
  return {
    client,
    get: (path: string) => client.ask(path, { headers }),
    post(path: string, form: Record<string, string>) {
      const body = String(new URLSearchParams(form));
      const type = { "Content-Type": "application/x-www-form-urlencoded", "Content-Length": String(body.length) };
      return client.ask(path, { method: "POST", headers: { ...headers, ...type }, body });
    },
  };
}
