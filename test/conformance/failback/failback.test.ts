/** @needs redis-server */
/** @quick */
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { startRedis } from "../../bin/local-redis/rest.ts";
import type { Client } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, type Site, type SiteOptions, startSite } from "../../support/node/site.ts";
import { explained } from "../../support/node/stores.ts";

const origins = await Promise.all(["a", "b", "c"].map((name) => startOrigin(name)));
let site: Site;
afterEach(() => site.stop());
afterAll(() => Promise.all(origins.map((origin) => origin.kill())));

/** Longer than a step of a test takes. Tests move the clock to the end of an ejection. */
const EJECTION_SECONDS = 30;
const OUTLIERS = { outlierDetection: { baseEjectionSeconds: EJECTION_SECONDS, maxEjectionJitterSeconds: 0 } };
const a = origins[0] as (typeof origins)[number];
const served = async (client: Client, path = "/", method = "GET") => (await client.ask(path, { method })).told.server;

/** A visitor whose origin is known. `known`: they have a stored session. */
interface Visitor {
  readonly client: Client;
  readonly known: boolean;
  readonly home: string;
}

async function start(options: SiteOptions): Promise<void> {
  site = await startSite(origins, { watched: true, ...options });
}

/** Four visitors of each origin. Every other visitor has a stored session. */
async function visitors(): Promise<Visitor[]> {
  const all: Visitor[] = [];
  while (all.length < 4 * origins.length) {
    const client = site.client();
    const home = await served(client);
    const there = all.filter((other) => other.home === home).length;
    if (there === 4) continue;
    const known = there % 2 === 0;
    if (known) await client.ask("/?set=cart:tea", { method: "POST" });
    // A token that comes back for the first time is given a longer life.
    await client.ask("/");
    all.push({ client, known, home });
  }
  return all;
}

/** The pools that have ejected the origin, once for each ejection. */
const ejections = () =>
  site.moor.logged.flatMap((line) => /"event":"origin_ejected","pool":"(\w+)","origin":"a"/.exec(line)?.[1] ?? []);

const PATHS: Readonly<Record<string, string>> = { shop: "/", blog: "/blog/" };

/** Has the origin fail to prove itself when its ejection is over in these pools. Then every visitor asks again. */
async function stayAway(askAll: () => Promise<unknown>, pools = ["shop"]): Promise<void> {
  await expect.poll(() => [...ejections()].sort()).toEqual(pools);
  await site.moor.elapse(EJECTION_SECONDS);
  // A request of a visitor who has not yet met the dead origin has it prove itself.
  const askedByOthers = async () => {
    for (const pool of pools) await served(site.client(), PATHS[pool]);
    return [...ejections()].sort();
  };
  await expect.poll(askedByOthers).toEqual(pools.flatMap((pool) => [pool, pool]));
  await askAll();
}

/** Restarts the origin, moves the clock past its ejection, and resolves when it serves again in these pools. */
async function comeBack(pools = ["shop"]): Promise<void> {
  await a.restart();
  // The second ejection in a row lasts twice as long.
  await site.moor.elapse(2 * EJECTION_SECONDS);
  for (const pool of pools) {
    await expect.poll(() => served(site.client(), PATHS[pool]), { interval: 20 }).toBe("a");
  }
}

/**
 * Kills the origin, has every visitor ask, and restarts the origin, after or before it has failed to prove itself.
 * Resolves when it serves again.
 */
async function loseAndReturn(all: readonly Visitor[], isForGood = true): Promise<Map<Visitor, string>> {
  await a.kill();
  const meanwhile = new Map<Visitor, string>();
  const askAll = async () => {
    for (const visitor of all) meanwhile.set(visitor, await served(visitor.client));
  };
  await askAll();
  if (isForGood) await stayAway(askAll);
  await comeBack();
  return meanwhile;
}

describe("an origin that dies and comes back", () => {
  it("by default finds none of its stored sessions: they stay where they were rebuilt", async () => {
    await start({
      pool: OUTLIERS,
      routes: [
        { path: "/assets/*", pool: "shop", session: false },
        { path: "/*", pool: "shop" },
      ],
    });
    const all = await visitors();
    const meanwhile = await loseAndReturn(all);
    const moved = all.filter(({ home }) => home === "a");
    expect(moved.some(({ known }) => known) && moved.some(({ known }) => !known)).toBe(true);
    expect([...meanwhile.values()]).not.toContain("a");
    for (const visitor of all) {
      const { client, home, known } = visitor;
      // An anonymous token is written once, so it cannot tell that its visitor has moved.
      const stays = known || home !== "a" ? meanwhile.get(visitor) : "a";
      expect(await served(client)).toBe(stays);
      expect(await served(client, "/", "POST")).toBe(stays);
      expect(await served(client, "/assets/a.css")).toBe(stays);
      if (home !== "a") expect(stays).toBe(home);
    }
  });

  it("within its first ejection finds all of them: the moves were for a moment", async () => {
    await start({ pool: OUTLIERS });
    const all = await visitors();
    await loseAndReturn(all, false);
    for (const { client, home } of all) expect(await served(client)).toBe(home);
  });

  it('with failback: "immediate" finds all of them', async () => {
    await start({ pool: { ...OUTLIERS, failback: "immediate" } });
    const all = await visitors();
    await loseAndReturn(all);
    for (const { client, home } of all) expect(await served(client)).toBe(home);
  });

  it("costs each stored session one token, and no other session any token", async () => {
    await start({ pool: OUTLIERS });
    const all = await visitors();
    await a.kill();
    for (const { client, known, home } of all) {
      const written = [];
      for (let request = 0; request < 3; request++) written.push((await client.ask("/")).setCookies.length);
      expect(written).toEqual([known && home === "a" ? 1 : 0, 0, 0]);
    }
    await a.restart();
  });

  it("loses for good the sessions that have moved, and when their new origin dies they move on", async () => {
    await start({ pool: OUTLIERS });
    const all = (await visitors()).filter(({ known, home }) => known && home === "a");
    const [first] = all as [Visitor];
    const rebuilt = (await loseAndReturn(all)).get(first);
    const next = origins.find(({ name }) => name === rebuilt);
    await next?.kill();
    // The visitor's own origin is healthy, so they go there, and are no longer pinned.
    expect(await served(first.client)).toBe("a");
    await next?.restart();
    await site.moor.elapse(EJECTION_SECONDS);
    await expect.poll(async () => (await site.client().ask("/")).told.server).toBe(rebuilt);
    expect(await served(first.client)).toBe("a");
  });
});

describe("a move while the sessions' objects cannot be reached", () => {
  it("is not told by itself: a new token would put every copy out of use; it is as soon as they can", async () => {
    const redis = await startRedis({ survivesKill: true });
    await start({ pool: OUTLIERS, explain: true, watched: true, redis });
    const [first] = (await visitors()).filter(({ known, home }) => known && home === "a") as [Visitor];
    const { client } = first;
    const held = client.token;
    await site.moor.objects.meet({ kind: "down" });
    await a.kill();
    await expect.poll(async () => explained(await client.ask("/"))).toMatch(/^session=redis;/);
    expect((await client.ask("/")).told.server).not.toBe("a");
    expect(client.token).toBe(held);

    await site.moor.objects.meet(undefined);
    await expect.poll(async () => explained(await client.ask("/"))).toMatch(/^session=object;/);
    expect(client.token).not.toBe(held);
    await a.restart();
    await redis.stop();
  });
});

describe("an origin that a session comes to from another", () => {
  const movedFrom = async (client: Client) => (await client.ask("/")).told.headers["moor-moved"];

  it.each(["pin", "immediate"] as const)(
    "is told so once, %s: who was there, and not what a client says",
    async (failback) => {
      await start({ pool: { ...OUTLIERS, failback } });
      const [first] = (await visitors()).filter(({ known, home }) => known && home === "a") as [Visitor];
      const { client } = first;
      const lie = await client.ask("/", { headers: { "Moor-Moved": "z" } });
      expect(lie.told.headers).not.toHaveProperty("moor-moved");
      await a.kill();
      const rebuilt = await client.ask("/");
      expect(rebuilt.told.headers["moor-moved"]).toBe("a");
      expect(await movedFrom(client)).toBeUndefined();
      await comeBack();
      expect(await movedFrom(client)).toBe(rebuilt.told.server);
      expect(await movedFrom(client)).toBeUndefined();
    },
  );

  it("is told nothing of visitors without a stored session", async () => {
    await start({ pool: OUTLIERS });
    const anonymous = (await visitors()).filter(({ known, home }) => !known && home === "a");
    await a.kill();
    for (const { client } of anonymous) expect(await movedFrom(client)).toBeUndefined();
    await a.restart();
  });
});

describe("a session in two pools", () => {
  it("has a single pin, of the pool in which it moved last; in the other pool it goes home", async () => {
    const pool = (id: string) => ({ id, origins: origins.map(originConfig), ...OUTLIERS });
    await start({
      pools: [pool("shop"), pool("blog")],
      routes: [
        { path: "/blog/*", pool: "blog" },
        { path: "/*", pool: "shop" },
      ],
    });
    // Both pools hash the same id among the same names, so a visitor has the same own origin in both pools.
    const [visitor] = (await visitors()).filter(({ known, home }) => known && home === "a") as [Visitor];
    const { client } = visitor;
    expect(await served(client, "/blog/")).toBe("a");
    await a.kill();
    const askBoth = async () => [await served(client), await served(client, "/blog/")];
    await askBoth();
    await stayAway(askBoth, ["blog", "shop"]);
    const [inShop, inBlog] = await askBoth();
    expect([inShop, inBlog]).not.toContain("a");
    await comeBack(["blog", "shop"]);
    expect(await served(client, "/blog/")).toBe(inBlog);
    expect(await served(client)).toBe("a");
    expect(await served(client, "/blog/")).toBe(inBlog);
  });
});

describe("a pin that a client has written itself", () => {
  it("is not a token, and does not overwrite the visitor's own token", async () => {
    await start({ pool: OUTLIERS });
    const [{ client }] = (await visitors()).filter(({ known }) => known) as [Visitor];
    const bytes = Buffer.from(client.token ?? "", "base64url");
    bytes.writeUInt32BE(0x12345678, 43);
    const { told } = await site.client([["__Host-moor", bytes.toString("base64url")]]).send("/");
    expect(told.session).toMatchObject({ new: true });
    expect((await client.ask("/")).told.session).toMatchObject({ data: { cart: "tea" } });
  });
});
