/** @needs redis-server */
/** @quick */
import { afterAll, describe, expect, it } from "vitest";
import { run } from "../../bin/local-redis/rest.ts";
import type { Client } from "../../support/node/client.ts";
import { idOf } from "../../support/node/forge.ts";
import { startKeyRotation } from "../../support/node/key-rotation.ts";
import { explained, startStores } from "../../support/node/stores.ts";

const stores = await startStores({ stores: { backup: "sync", replicate: "always" } });
const { site, redis, shopper, journalLength, withoutObjects, withoutRedis } = stores;
const keys = await startKeyRotation(site.moor);
afterAll(() => Promise.all([stores.stop(), keys.stop()]));

const idOfClient = (client: Client) => idOf(client.token ?? "");
/** The key with which a copy was sealed: its second byte. */
const sealerOf = (sealed: string | undefined) => Buffer.from(sealed ?? "", "base64url")[1];

/** The keys that the copies of a client's session are sealed with. */
async function sealers(client: Client) {
  const id = idOfClient(client);
  const [, replica] = ((await site.moor.valueInKv(`s/${id}`)) ?? "").split(" ");
  const backup = String(await run(redis, "HGET", `moor:{${id}}:r`, "record"));
  return { replica: sealerOf(replica), backup: sealerOf(backup) };
}

/** A visitor whose session has a backup and a replica, and whose token says so. */
async function copied(basket: string): Promise<Client> {
  const client = await shopper(basket);
  await expect.poll(() => site.moor.valueInKv(`s/${idOfClient(client)}`)).toBeDefined();
  await client.ask("/strict/");
  return client;
}

/**
 * The session as the backup alone shows it, and as the replica alone shows it. The visitor keeps nothing of either
 * answer.
 */
async function shownByCopies(client: Client) {
  const ask = async () => {
    const answer = await site.client(client.cookies).send("/");
    const source = /^session=(\w+)/.exec(explained(answer))?.[1];
    return answer.status === 200 ? `${source}: ${JSON.stringify(answer.told.session.data)}` : String(answer.status);
  };
  const backup = await withoutObjects(ask);
  // Memory must not stand in for KV.
  await site.moor.crashAndRestart();
  const replica = await withoutRedis(() => withoutObjects(ask));
  return { backup, replica };
}

describe("the ring that seals copies is changed, while stores fail", () => {
  let ann: Client;
  let ben: Client;
  const shown = (basket: string) => ({
    backup: `redis: {"basket":"${basket}"}`,
    replica: `kv: {"basket":"${basket}"}`,
  });

  it("copies are sealed by the first key", async () => {
    ann = await copied("apples");
    expect(await sealers(ann)).toEqual({ replica: 1, backup: 1 });
    expect(await shownByCopies(ann)).toEqual(shown("apples"));
  });

  it("a new key is accepted, and seals nothing yet", async () => {
    await keys.rotate("new", "--ring", "store");
    expect(await shownByCopies(ann)).toEqual(shown("apples"));
    ben = await copied("pears");
    expect(await sealers(ben)).toEqual({ replica: 1, backup: 1 });
  });

  it("the old key retires: copies that it has sealed are still read, and the new key seals new copies", async () => {
    await withoutObjects(() => ben.ask("/?set=coupon:10", { method: "POST" }));
    expect(await journalLength(idOfClient(ben))).toBe(1);
    await keys.rotate("retire", "1", "--ring", "store");
    expect(await sealers(ann)).toEqual({ replica: 1, backup: 1 });
    expect(await shownByCopies(ann)).toEqual(shown("apples"));

    const cid = await copied("plums");
    expect(await sealers(cid)).toEqual({ replica: 2, backup: 2 });
    expect(await shownByCopies(cid)).toEqual(shown("plums"));
  });

  it("changes that the journal took under the old key are taken over, and sealed by the new key", async () => {
    expect((await ben.ask("/")).told.session.data).toEqual({ basket: "pears", coupon: "10" });
    expect(await journalLength(idOfClient(ben))).toBe(0);
    await expect.poll(() => sealers(ben)).toEqual({ replica: 2, backup: 2 });
  });

  it("the old key leaves: copies that only it opens are unavailable, never missing, and no visitor is logged out", async () => {
    await keys.rotate("retire", "1", "--ring", "store");
    expect(await sealers(ann)).toEqual({ replica: 1, backup: 1 });
    const { token } = ann;
    expect(await shownByCopies(ann)).toEqual({ backup: "503", replica: "503" });
    expect((await shownByCopies(ben)).backup).toBe('redis: {"basket":"pears","coupon":"10"}');

    expect((await ann.ask("/strict/")).told.session).toMatchObject({ data: { basket: "apples" } });
    expect(idOfClient(ann)).toBe(idOf(token ?? ""));
    expect((await ann.ask("/?set=basket:figs", { method: "POST" })).status).toBe(200);
    await expect.poll(() => sealers(ann)).toEqual({ replica: 2, backup: 2 });
    expect((await shownByCopies(ann)).backup).toBe('redis: {"basket":"figs"}');
  });

  it("and logs nothing of a key", () => {
    const secrets = keys.kept.MOOR_STORE_KEYS.split(",").map((entry) => entry.slice(entry.indexOf(":") + 1));
    expect(site.moor.logged.filter((line) => secrets.some((secret) => line.includes(secret)))).toEqual([]);
    expect(site.indiscretions("apples", "pears", "plums", "figs")).toEqual([]);
  });
});
