/** @needs maven */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RouteConfig } from "../../src/config/types.ts";
import type { Client } from "../support/node/client.ts";
import { freePort } from "../support/node/ports.ts";
import { type Site, startSite } from "../support/node/site.ts";
import { TEST_ISSUER } from "../support/node/workerd.ts";
import { type Server, startServer } from "./conformance/drop-in.ts";
import { buildJava, type JavaBuild } from "./java-build.ts";

// The last request waits for all others.
const lockWaitMs = 30_000;
const strict = { pool: "app", freshness: "strict" } as const;
/** The routes that sdk/java/memcached-session-manager.md gives for non-sticky sessions. `/incr` has a lock in each of them. */
const MODES: Readonly<Record<string, readonly RouteConfig[]>> = {
  all: [{ ...strict, path: "/*", locking: "all", lockWaitMs }],
  auto: [{ ...strict, path: "/*", locking: "writes", lockWaitMs }],
  "uriPattern:/incr.*": [
    { ...strict, path: "/incr", locking: "all", lockWaitMs },
    { ...strict, path: "/*" },
  ],
};
const REQUESTS = 20;

let built: JavaBuild;
const ports: number[] = [];
const servers: Server[] = [];

beforeAll(async () => {
  built = await buildJava("conformance/tomcat");
  for (let index = 0; index < 2; index++) ports.push(await freePort());
}, 480_000);
afterAll(() => built?.remove());

describe.each(Object.entries(MODES))("Tomcat with the routes of the lockingMode %s", (_mode, routes) => {
  let site: Site;

  beforeAll(async () => {
    const origins = ports.map((port, index) => ({ id: `o${index}`, url: `http://127.0.0.1:${port}` }));
    // A request with `to` goes to the server that its value chooses.
    const hashPolicy = [{ type: "query", name: "to" } as const, { type: "session-id" } as const];
    site = await startSite([], {
      pools: [{ id: "app", origins, hashPolicy }],
      routes: [...routes],
      ignore: [{ path: "/flash" }],
    });
    const settings = { MOOR_ISSUER: TEST_ISSUER, MOOR_AUDIENCE: "app", MOOR_URL: `http://127.0.0.1:${site.moor.port}` };
    const argv = ["java", "-Xmx192m", "-cp", built.classPath("conformance/tomcat"), "moor.session.conformance.Main"];
    const command = () => ({ argv });
    const start = (port: number) => startServer({ name: "Tomcat", command }, "", settings, { port });
    servers.push(...(await Promise.all(ports.map(start))));
  }, 240_000);
  afterAll(async () => {
    await Promise.all([...servers.splice(0).map((server) => server.kill()), site?.stop()]);
  });

  it("counts all requests that both servers count at once", async () => {
    const client = site.client();
    await json(client, "/set?k=n", "0");
    const counts = Array.from({ length: REQUESTS }, (_, index) => json(client, `/incr?k=n&to=${index}`, ""));
    const values = (await Promise.all(counts)).map(({ value }) => value);
    expect(values.toSorted((a, b) => Number(a) - Number(b))).toEqual(values.map((_, index) => index + 1));
  });

  it("keeps no change of a request that the ignore pattern names", async () => {
    const client = site.client();
    await json(client, "/set?k=n", "1");
    await json(client, "/flash?m=dropped", "");
    expect(JSON.parse((await client.ask("/read")).text).attributes).toEqual({ n: 1 });
  });
});

/** Sends a POST that succeeds, and resolves to the JSON of its answer. */
async function json(client: Client, path: string, body: string): Promise<Record<string, unknown>> {
  const headers = { "Content-Type": "application/json", "Content-Length": String(body.length) };
  const { status, text } = await client.ask(path, { method: "POST", headers, body });
  expect(status, text).toBe(200);
  return JSON.parse(text);
}
