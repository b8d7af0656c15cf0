/** @without-login */
/** @quick */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Region } from "../../../src/config/regions.ts";
import type { Client } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, type Site, startSite } from "../../support/node/site.ts";

const PLACES = {
  paris: { colo: "CDG", continent: "EU", longitude: "2.3" },
  newYork: { colo: "EWR", continent: "NA", longitude: "-74" },
  lagos: { colo: "LOS", continent: "AF", longitude: "3.4" },
};
type Place = keyof typeof PLACES;
const REGION: Record<string, Region> = {
  "eu-1": "weur",
  "eu-2": "weur",
  "us-1": "enam",
  "us-2": "enam",
};

const origins = await Promise.all(Object.keys(REGION).map((name) => startOrigin(name)));
let site: Site;
beforeAll(async () => {
  const pool = {
    id: "shop",
    origins: origins.map((origin) => ({ ...originConfig(origin), region: REGION[origin.name] as Region })),
    outlierDetection: { baseEjectionSeconds: 1, maxEjectionJitterSeconds: 0 },
  };
  site = await startSite(origins, {
    pools: [pool],
    routes: [
      { path: "/assets/*", pool: "shop", session: false },
      { path: "/*", pool: "shop" },
    ],
  });
});
afterAll(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.kill()));
});

const from = async (client: Client, place: Place, path = "/", method = "GET") =>
  (await client.ask(path, { method, headers: { "CF-Blob": JSON.stringify(PLACES[place]) } })).told.server;

/** So many that each of two origins is the home of some of them, but for a chance of 2 in 2^40. */
const VISITORS = 40;

/** Visitors who have come to a place, each with the origin that serves them there. */
async function bornIn(place: Place): Promise<[Client, string][]> {
  const clients = Array.from({ length: VISITORS }, () => site.client());
  return Promise.all(clients.map(async (client): Promise<[Client, string]> => [client, await from(client, place)]));
}

describe("visitors", () => {
  it("are served where they come from, or by the nearest region that serves", async () => {
    const servers = async (place: Place) => new Set((await bornIn(place)).map(([, server]) => server));
    expect(await servers("paris")).toEqual(new Set(["eu-1", "eu-2"]));
    expect(await servers("newYork")).toEqual(new Set(["us-1", "us-2"]));
    expect(await servers("lagos")).toEqual(new Set(["eu-1", "eu-2"]));
  });

  it("keep their origin when they travel, in pages, changes and assets, anonymous or stored", async () => {
    for (const [client, server] of await bornIn("paris")) {
      expect(await from(client, "newYork")).toBe(server);
      expect(await from(client, "newYork", "/assets/a.css")).toBe(server);
      expect(await from(client, "newYork", "/?set=cart:tea", "POST")).toBe(server);
      expect(await from(client, "lagos")).toBe(server);
    }
  });

  it("of a region that is down are served by the other regions, and no visitor there moves", async () => {
    const [european, american] = [await bornIn("paris"), await bornIn("newYork")];
    const ours = origins.filter(({ name }) => name.startsWith("eu"));
    await Promise.all(ours.map((origin) => origin.kill()));
    // A request goes to two origins. Both are down, so the first visitor gets 502, and Moor has met that the region is gone.
    const [[first] = []] = european;
    expect((await first?.send("/", { headers: { "CF-Blob": JSON.stringify(PLACES.paris) } }))?.status).toBe(502);
    await expect.poll(() => from(first as Client, "paris")).toMatch(/^us-/);
    const moved = new Set<string>();
    for (const [client] of european) moved.add(await from(client, "paris"));
    expect(moved).toEqual(new Set(["us-1", "us-2"]));
    for (const [client, server] of american) expect(await from(client, "newYork")).toBe(server);

    await Promise.all(ours.map((origin) => origin.restart()));
    // They had no stored session, so no token could tell that they had moved.
    for (const [client, server] of european) {
      await expect.poll(() => from(client, "paris"), { interval: 50 }).toBe(server);
    }
  });
});
