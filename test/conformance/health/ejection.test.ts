/** @quick */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Answer, Client } from "../../support/node/client.ts";
import { type RawOrigin, rawResponse, startRawOrigin } from "../../support/node/raw-origin.ts";
import { type Site, type SiteOptions, startSite } from "../../support/node/site.ts";
import { explained } from "../../support/node/stores.ts";

let origins: RawOrigin[];
let site: Site;
beforeEach(async () => {
  origins = await Promise.all(["a", "b", "c", "d"].map(startRawOrigin));
});
afterEach(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

const start = async (pool: NonNullable<SiteOptions["pool"]>) => {
  site = await startSite(origins, { explain: true, watched: true, pool });
};
const named = (name: string) => origins.find((origin) => origin.name === name) as RawOrigin;
const get = (client: Client) => client.ask("/");
const post = (client: Client) => client.ask("/", { method: "POST", body: "one order" });
const breaks = (origin: RawOrigin) => origin.answers((_, socket) => socket.destroy());
const errs = (origin: RawOrigin) =>
  origin.answers((_, socket) => socket.write("HTTP/1.1 500 Broken\r\nContent-Length: 3\r\n\r\n500"));
const mends = (origin: RawOrigin) => origin.answers((_, socket) => socket.write(rawResponse(origin.name)));
const events = () =>
  site.moor.logged
    .filter((line) => /"event":"(origin_(ejected|returned)|panic_)/.test(line))
    .map((line) => JSON.parse(line) as Record<string, string>);

/** A visitor of each origin. */
async function visitors(): Promise<{ client: Client; home: RawOrigin }[]> {
  const found = new Map<string, Client>();
  while (found.size < origins.length) {
    const client = site.client();
    found.set((await get(client)).text, client);
  }
  return [...found].map(([name, client]) => ({ client, home: named(name) }));
}

describe("an origin that answers every request with an error", () => {
  it("keeps its sessions by default: an error is its own to give", async () => {
    await start({});
    const [first] = await visitors();
    if (!first) throw new Error("no visitor");
    errs(first.home);
    for (let request = 0; request < 10; request++) expect((await get(first.client)).status).toBe(500);
    expect(events()).toEqual([]);
  });

  it("is ejected after as many in a row as the pool says, logged, and comes back when it answers well again", async () => {
    await start({
      outlierDetection: { consecutive5xx: 3, baseEjectionSeconds: 30, maxEjectionJitterSeconds: 0 },
    });
    const all = await visitors();
    const { client, home } = all[0] as (typeof all)[number];
    errs(home);
    const statuses = [];
    for (let request = 0; request < 5; request++) statuses.push((await get(client)).status);
    expect(statuses).toEqual([500, 500, 500, 200, 200]);
    // The sessions of the others have not moved, and a change goes to the living origin as well.
    for (const other of all.slice(1)) expect((await get(other.client)).text).toBe(other.home.name);
    expect((await post(client)).text).not.toBe("500");

    mends(home);
    await site.moor.elapse(30);
    await expect.poll(async () => (await get(client)).text).toBe(home.name);
    await expect.poll(events).toEqual([
      {
        event: "origin_ejected",
        pool: "shop",
        origin: home.name,
        cause: "errors",
        reason: "3 consecutive server errors; for 30000 ms",
      },
      { event: "origin_returned", pool: "shop", origin: home.name },
    ]);
  });
});

describe("an origin that is killed", () => {
  it("costs its sessions no GET; another origin also serves their changes, and no other session moves", async () => {
    await start({});
    const all = await visitors();
    const { client, home } = all[0] as (typeof all)[number];
    await home.stop();
    const { text } = await get(client);
    expect(text).not.toBe(home.name);
    for (let request = 0; request < 3; request++) expect((await post(client)).text).toBe(text);
    for (const other of all.slice(1)) expect((await get(other.client)).text).toBe(other.home.name);
    await expect.poll(events).toMatchObject([{ event: "origin_ejected", origin: home.name }]);
  });
});

describe("a pool of which too much is down", () => {
  /** The answers to a visitor of a broken origin, first origin first, and the lines of the log. */
  async function withBroken(count: number, pool: NonNullable<SiteOptions["pool"]>) {
    await start(pool);
    const all = await visitors();
    const broken = all.slice(0, count);
    for (const { home } of broken) breaks(home);
    for (const { client } of broken) await get(client);
    // An origin is checked and ejected behind the response.
    const ejected = () => events().filter(({ event }) => event === "origin_ejected");
    await expect.poll(() => ejected().length).toBe(count);
    for (const origin of origins) origin.requests.length = 0;
    const posts: Answer[] = [];
    for (const { client } of broken) posts.push(await post(client));
    return { broken, posts };
  }

  it("keeps every visitor at their own origin: requests that cannot be sent again meet it, although it is down", async () => {
    const { broken, posts } = await withBroken(3, { panicThresholdPercent: 50 });
    expect(posts.map(({ status }) => status)).toEqual([502, 502, 502]);
    for (const { home } of broken) expect(home.requests.map(({ method }) => method)).toEqual(["POST"]);
    expect(explained(posts[0] as Answer)).toMatch(/; attempts=1; panic$/);
    const kinds = () => events().map(({ event }) => event);
    await expect.poll(kinds).toEqual([...Array(3).fill("origin_ejected"), "panic_began"]);

    // The visitor's own origin is asked first, so Moor notices at once that it answers again. With it, enough origins are healthy.
    const [first] = broken as [(typeof broken)[number]];
    mends(first.home);
    expect((await get(first.client)).text).toBe(first.home.name);
    expect(explained(await get(first.client))).not.toContain("panic");
    await expect.poll(() => events().filter(({ event }) => event === "panic_over")).toHaveLength(1);
  });

  it("moves their sessions as long as enough are healthy", async () => {
    const { broken, posts } = await withBroken(2, { panicThresholdPercent: 50 });
    expect(posts.map(({ status }) => status)).toEqual([200, 200]);
    for (const { home } of broken) expect(home.requests).toEqual([]);
    expect(events().map(({ event }) => event)).toEqual(["origin_ejected", "origin_ejected"]);
  });
});
