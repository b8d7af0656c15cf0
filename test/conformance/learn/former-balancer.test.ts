/** @needs haproxy tomcat10-common */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { PoolConfig } from "../../../src/config/pool-types.ts";
import { type Application, startTomcat } from "../../support/node/applications.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { freePort } from "../../support/node/ports.ts";
import { originConfig, type Site, startSite } from "../../support/node/site.ts";
import { type StartedServer, startServer } from "../../support/node/started.ts";

/** So many that each of three servers is the home of some of them, but for a chance of 1e-10. */
const VISITORS = 60;
const NAMES = ["a", "b", "c"];

/** A server that answers its name, and gives each visitor a cookie of its own. */
async function startServerNamed(name: string) {
  const server = await startLocalOrigin(name);
  server.answers((request, response) => {
    if (!request.headers.cookie?.includes("shop=")) response.setHeader("Set-Cookie", "shop=visitor; Path=/");
    response.end(name);
  });
  const { url, port, stop } = server;
  return { config: { id: `server-${name}`, url, route: `route-${name}` }, address: `127.0.0.1:${port}`, stop };
}

async function startHaproxy(cookie: string, addresses: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), "moor-haproxy-"));
  const port = await freePort();
  const file = join(folder, "haproxy.cfg");
  const servers = addresses.map((address, nth) => `  server s${nth} ${address} cookie route-${NAMES[nth]}\n`).join("");
  await writeFile(
    file,
    `defaults
  mode http
  timeout connect 5s
  timeout client 50s
  timeout server 50s
listen shop
  bind 127.0.0.1:${port}
  balance roundrobin
  cookie ${cookie}
${servers}`,
  );
  const haproxy: StartedServer = await startServer(["haproxy", "-db", "-f", file], port, { needs: "haproxy" });
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      await haproxy.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A new visitor of a balancer: their server, and their cookies. */
async function visitorOf(url: string) {
  const answer = await fetch(`${url}/`);
  const cookies = answer.headers.getSetCookie().map((line) => line.split(";")[0]?.split("=") as [string, string]);
  return { server: await answer.text(), cookies };
}

describe.each([
  { mode: "SERVERID insert indirect nocache", cookie: "SERVERID" },
  { mode: "SERVERID insert indirect nocache maxidle 30m maxlife 8h", cookie: "SERVERID" },
  { mode: "shop prefix", cookie: "shop" },
])("visitors of HAProxy with its cookie, as it sets it by: cookie $mode", ({ mode, cookie }) => {
  let servers: Awaited<ReturnType<typeof startServerNamed>>[];
  let haproxy: Awaited<ReturnType<typeof startHaproxy>>;
  let site: Site;
  const on = async (client: ReturnType<Site["client"]>) => (await client.ask("/")).text;

  beforeAll(async () => {
    servers = await Promise.all(NAMES.map(startServerNamed));
    haproxy = await startHaproxy(
      mode,
      servers.map(({ address }) => address),
    );
    const origins = servers.map(({ config }) => config);
    const formerBalancer: PoolConfig["formerBalancer"] = { type: "haproxy", cookie };
    const elsewhere = { id: "elsewhere", url: origins[0]?.url ?? "" };
    site = await startSite([], {
      pools: [
        { id: "shop", origins, formerBalancer },
        { id: "new", origins: [elsewhere] },
      ],
      routes: [
        {
          path: "/split/*",
          pool: [
            { id: "shop", weight: 1 },
            { id: "new", weight: 1 },
          ],
        },
        { path: "/bare/*", pool: "shop", session: false },
        { path: "/*", pool: "shop" },
      ],
      isolates: 2,
    });
  });
  afterAll(async () => {
    await site?.stop();
    await haproxy?.stop();
    await Promise.all(servers.map((server) => server.stop()));
  });

  it("stay on the servers that HAProxy chose, also when its cookie is gone", async () => {
    const seen = new Set<string>();
    for (let nth = 0; nth < VISITORS; nth++) {
      const { server, cookies } = await visitorOf(haproxy.url);
      seen.add(server);
      const browser = site.client(cookies);
      expect([await on(browser), await on(browser)]).toEqual([server, server]);
      browser.cookies.delete(cookie);
      expect(await on(browser)).toBe(server);
    }
    expect(seen).toEqual(new Set(NAMES));
  });

  it("agree on the server in parallel first requests, and on routes without a session", async () => {
    for (let nth = 0; nth < VISITORS / 4; nth++) {
      const { server, cookies } = await visitorOf(haproxy.url);
      const ports = site.moor.ports;
      const asked = [0, 1, 2, 3].map((each) => site.client(cookies).ask("/", { port: ports[each % 2] }));
      expect((await Promise.all(asked)).map(({ text }) => text)).toEqual(Array(4).fill(server));
      expect((await site.client(cookies).ask("/bare/")).text).toBe(server);
    }
  });

  it("keep Moor's own choice, whatever the cookie says later", async () => {
    for (const name of NAMES) {
      const browser = site.client();
      const own = await on(browser);
      browser.cookies.set(cookie, `route-${name}`);
      expect(await on(browser)).toBe(own);
    }
  });

  it("go by Moor's own affinity with a value that names no server", async () => {
    const homes = new Set<string>();
    for (let nth = 0; nth < VISITORS; nth++) homes.add(await on(site.client([[cookie, "route-x"]])));
    expect(homes).toEqual(new Set(NAMES));
  });
});

describe("visitors of a server that is dead", () => {
  it("go to another server, and stay there", async () => {
    const servers = await Promise.all(NAMES.map(startServerNamed));
    onTestFinished(async () => {
      await Promise.all(servers.map((server) => server.stop()));
    });
    const origins = servers.map(({ config }) => config);
    const site = await startSite([], {
      pools: [{ id: "shop", origins, formerBalancer: { type: "haproxy", cookie: "SERVERID" } }],
      routes: [{ path: "/*", pool: "shop" }],
    });
    onTestFinished(() => site.stop());
    await servers[1]?.stop();
    const browser = site.client([["SERVERID", "route-b"]]);
    const first = await browser.ask("/");
    expect(first.status).toBe(200);
    for (let nth = 0; nth < 3; nth++) expect((await browser.ask("/")).text).toBe(first.text);
  });
});

describe("visitors of Tomcat, whose JSESSIONID names its jvmRoute", () => {
  let tomcats: Application[];
  let site: Site;
  beforeAll(async () => {
    tomcats = await Promise.all(["node1", "node2"].map(startTomcat));
    site = await startSite([], {
      pools: [
        { id: "app", origins: tomcats.map(originConfig), formerBalancer: { type: "tomcat", cookie: "JSESSIONID" } },
      ],
      routes: [{ path: "/*", pool: "app" }],
    });
  }, 180_000);
  afterAll(async () => {
    await site?.stop();
    await Promise.all(tomcats?.map((tomcat) => tomcat.stop()) ?? []);
  });

  it("find their sessions in the memory of the server that has them", async () => {
    for (const { name, url } of tomcats) {
      for (let nth = 0; nth < 6; nth++) {
        const answer = await fetch(url);
        const value = /JSESSIONID=([^;]+)/.exec(answer.headers.get("Set-Cookie") ?? "")?.[1] ?? "";
        expect(await answer.json()).toMatchObject({ server: name, count: 1 });
        const browser = site.client([["JSESSIONID", value]]);
        for (const count of [2, 3])
          expect(JSON.parse((await browser.ask("/")).text)).toMatchObject({ server: name, count });
      }
    }
  });
});
