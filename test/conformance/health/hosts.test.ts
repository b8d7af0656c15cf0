import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, expect, it } from "vitest";
import { startSite } from "../../support/node/site.ts";

const OWN_NAMES = /^[a-d]\.example\.com$/;

/** Stands for Cloudflare and four servers behind it. They close the connection of a request for a host that they do not know. */
const network = createServer({ requireHostHeader: false }, (request, response) => {
  const { hostname, pathname } = new URL(request.url ?? "");
  const { resolveOverride = hostname } = JSON.parse(String(request.headers["cf-blob"] ?? "{}"));
  const isKnown = hostname === "www.example.com" || OWN_NAMES.test(hostname);
  if (!isKnown || pathname === "/drop") request.socket.destroy();
  else response.end(resolveOverride);
}).listen(0, "127.0.0.1");
await once(network, "listening");
const site = await startSite([], {
  pools: [
    {
      id: "shop",
      host: "client",
      zone: "example.com",
      origins: ["a", "b", "c", "d"].map((id) => ({ id, url: `http://${id}.example.com` })),
    },
  ],
  routes: [{ host: "*.example.com", path: "/*", pool: "shop" }],
  around: { proxy: `127.0.0.1:${(network.address() as AddressInfo).port}` },
});
afterAll(async () => {
  await site.stop();
  network.close();
  network.closeAllConnections();
});

const ask = async (host: string, path = "/", client = site.client()) =>
  (await client.ask(path, { headers: { Host: host } })).text;

it("An origin is checked by its own name, so a client that asks for a host which origins drop harms nobody", async () => {
  const visitors = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const client = site.client();
      return { client, home: await ask("www.example.com", "/", client) };
    }),
  );
  // From now on checks are answered, so silence would count.
  await ask("www.example.com", "/drop");
  for (let attempt = 0; attempt < 4; attempt++) await ask(`unknown-${attempt}.example.com`);
  for (const { client, home } of visitors) expect(await ask("www.example.com", "/", client)).toBe(home);
  expect(site.moor.logged.filter((line) => line.includes("origin_ejected"))).toEqual([]);
});
