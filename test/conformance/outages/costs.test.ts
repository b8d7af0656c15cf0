/** @needs redis-server */
/** @any-fallback */
import { afterAll, describe, expect, it } from "vitest";
import type { Asking, Client } from "../../support/node/client.ts";
import { idOf } from "../../support/node/forge.ts";
import { watchCommands } from "../../support/node/redis.ts";
import { explained, startStores } from "../../support/node/stores.ts";

const EUROPE = { "CF-Blob": JSON.stringify({ colo: "FRA", continent: "EU", longitude: "8" }) };
const ASIA = { "CF-Blob": JSON.stringify({ colo: "NRT", continent: "AS", longitude: "139" }) };
const POST = { method: "POST" };
const NOTHING = { objects: [], redis: [], kv: [] };

type Backup = "async" | "sync" | "off";

/** A site, with the operations that its stores see of a request. */
async function start(backup: Backup) {
  const stores = await startStores({ stores: { backup } });
  const watch = await watchCommands(stores.redis);
  const { site, backedUpVersion, stop } = stores;
  const { moor } = site;

  /** Resolves when the version that the client has seen is backed up. */
  async function backedUp(client: Client): Promise<void> {
    const token = client.token ?? "";
    await expect.poll(() => backedUpVersion(idOf(token))).toBe(Buffer.from(token, "base64url").readUInt32BE(18));
  }

  return {
    moor,
    /** A client in Europe, as all are unless they say otherwise, that has asked for these. */
    async client(...paths: string[]): Promise<Client> {
      const client = site.client();
      for (const path of paths) await client.ask(path, { headers: EUROPE });
      return client;
    },
    /** Calls of objects, commands that Redis gets, and operations of KV, including the work after the response. */
    async costOf(client: Client, path = "/", { headers, ...asking }: Asking = {}) {
      const [calls, operations] = [await moor.objects.calls(), await moor.operationsInKv()];
      const redis = await watch.during(async () => {
        const { status } = await client.ask(path, { headers: { ...EUROPE, ...headers }, ...asking });
        expect(status).toBe(200);
        if (path.includes("set=") && backup === "async") await backedUp(client);
      });
      return {
        objects: (await moor.objects.calls()).slice(calls.length),
        // The test itself sends HGET to wait for the backup.
        redis: redis.filter((command) => command !== "HGET"),
        kv: (await moor.operationsInKv()).slice(operations.length),
      };
    },
    async stop() {
      watch.stop();
      await stop();
    },
  };
}

const sites = { async: await start("async"), sync: await start("sync"), off: await start("off") };
afterAll(() => Promise.all(Object.values(sites).map(({ stop }) => stop())));

describe.each<[Backup, string[]]>([
  ["async", ["EVAL"]],
  ["sync", ["EVAL"]],
  ["off", []],
])("with backup %s, as the stores see it,", (backup, written) => {
  const { client, costOf } = sites[backup];

  it(`a change costs one call of the object, ${written.length} command of Redis, and no KV`, async () => {
    const visitor = await client("/");
    expect(await costOf(visitor, "/?set=a:1", POST)).toEqual({ objects: ["commit"], redis: written, kv: [] });
    // The copy in memory is too young for the token, so the session is read first.
    expect(await costOf(visitor, "/?set=a:2", POST)).toEqual({ objects: ["read", "commit"], redis: written, kv: [] });
    expect(await costOf(visitor)).toEqual({ ...NOTHING, objects: ["read"] });
  });
});

describe("as the stores see it,", () => {
  const { client, costOf, moor } = sites.async;

  it("an anonymous visitor costs nothing, however often and from wherever they come", async () => {
    const visitor = await client();
    for (const headers of [EUROPE, EUROPE, ASIA]) expect(await costOf(visitor, "/", { headers })).toEqual(NOTHING);
    expect(await costOf(visitor, "/strict/")).toEqual(NOTHING);
  });

  it("a returning clean read that memory answers costs nothing, and a change at the same time one call", async () => {
    const visitor = await client("/", "/?set=basket:tea", "/");
    const source = async () => explained(await visitor.ask("/", { headers: EUROPE }));
    await expect.poll(source, { interval: 100 }).toContain("session=memory");
    expect(await costOf(visitor)).toEqual(NOTHING);
    expect(await costOf(visitor, "/?set=a:1", POST)).toEqual({ objects: ["commit"], redis: ["EVAL"], kv: [] });
    expect(await costOf(visitor, "/strict/")).toEqual({ ...NOTHING, objects: ["read"] });
  });

  it("KV is written once when a session travels, by its object, and not asked before its token says so", async () => {
    const visitor = await client("/", "/?set=basket:tea", "/");
    const key = `s/${idOf(visitor.token ?? "")}`;
    const operations = async () => (await moor.operationsInKv()).filter((operation) => operation.endsWith(key));
    expect(await operations()).toEqual([]);
    await visitor.ask("/", { headers: ASIA });
    await expect.poll(operations).toEqual([`GET ${key}`, `PUT ${key}`]);
    await visitor.ask("/strict/?set=a:1", { headers: ASIA, ...POST });
    expect(await operations()).toHaveLength(2);
  });
});
