import { randomBytes } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { forgeToken } from "../../support/node/forge.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { originConfig, type Site, startSite } from "../../support/node/site.ts";

const VISITORS = 300;

const origins = await Promise.all(["blue", "green"].map(startLocalOrigin));
const pools = origins.map((origin) => ({ id: origin.name, origins: [originConfig(origin)] }));
const siteOf = (blue: number, green: number) => {
  const pool = [
    { id: "blue", weight: blue },
    { id: "green", weight: green },
  ];
  return startSite([], {
    pools,
    routes: [
      { path: "/assets/*", pool, session: false },
      { path: "/*", pool },
    ],
  });
};
const [before, after] = await Promise.all([siteOf(90, 10), siteOf(70, 30)]);
afterAll(async () => {
  await Promise.all([before.stop(), after.stop(), ...origins.map((origin) => origin.stop())]);
});

const keys = Array.from({ length: VISITORS }, () => randomBytes(16));

/** The side of each visitor. */
async function sidesOn(site: Site, path = "/"): Promise<string[]> {
  const visitor = site.client();
  const sides = [];
  for (const key of keys) {
    const Cookie = `__Host-moor=${forgeToken(site.moor.keys, { key })}`;
    sides.push((await visitor.send(path, { headers: { Cookie } })).text);
  }
  return sides;
}

describe("a route that is split between two pools", () => {
  it("gives each visitor one side, page after page and in assets too", async () => {
    const sides = await sidesOn(before);
    expect(new Set(sides)).toEqual(new Set(["blue", "green"]));
    expect(await sidesOn(before, "/other?page=2")).toEqual(sides);
    expect(await sidesOn(before, "/assets/a.css")).toEqual(sides);
  });

  it("keeps a new visitor on the side of their first request", async () => {
    for (let visitor = 0; visitor < 20; visitor++) {
      const client = before.client();
      const { text } = await client.ask("/");
      for (let page = 0; page < 3; page++) expect((await client.ask("/")).text).toBe(text);
    }
  });

  it("moves visitors only towards the side whose weight grows", async () => {
    const [then, now] = [await sidesOn(before), await sidesOn(after)];
    const moves = then.flatMap((side, i) => (side === now[i] ? [] : [`${side} to ${now[i]}`]));
    expect(new Set(moves)).toEqual(new Set(["blue to green"]));
    expect(then.filter((side) => side === "green").length + moves.length).toBe(
      now.filter((side) => side === "green").length,
    );
  });
});
