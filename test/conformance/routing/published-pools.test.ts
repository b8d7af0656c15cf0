import { readFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { deserialize, serialize } from "node:v8";
import { afterAll, describe, expect, it } from "vitest";
import { inSeconds, startLivePool } from "../../support/node/live-pools.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { type Site, startSite } from "../../support/node/site.ts";

const origins = await Promise.all(["a", "b", "c"].map((name) => startOrigin(name)));
const sites: Site[] = [];
afterAll(async () => {
  await Promise.all(sites.map((site) => site.stop()));
  await Promise.all(origins.map((origin) => origin.kill()));
});

async function moor() {
  const started = await startLivePool("shop", origins);
  sites.push(started.site);
  return started;
}

describe("the state of a pool", () => {
  it("is a single value in KV, which does not expire", async () => {
    const { site, change } = await moor();
    await change("b/drain", { deadlineSeconds: 3_600 });
    await change("b/restore", { at: inSeconds(400) });
    const value = JSON.parse((await site.moor.valueInKv("p/shop")) ?? "");
    expect(value).toMatchObject({ schema: 1, version: 2, origins: [{ id: "b", closures: [{ kind: "drain" }] }] });
    const document = await readFile("docs/reference/storage-schema.md", "utf8");
    const [, example = ""] = /```json\n(\{\n {2}"schema": 1,\n {2}"version": 3,[\s\S]*?)```/.exec(document) ?? [];
    const documented = JSON.parse(example);
    expect(Object.keys(documented)).toEqual(Object.keys(value));
    const closure = (state: { origins: { closures: object[] }[] }) =>
      Object.keys(state.origins[0]?.closures[0] ?? {}).sort();
    expect(closure(documented)).toEqual(expect.arrayContaining(closure(value)));
    expect(document).toContain("`p/<pool>`");
    expect(await site.moor.expirationInKv("p/shop")).toBeGreaterThan(Date.now() / 1000 + 1e9);
  });
});

describe("the sessions of an origin that drains", async () => {
  const { servers, change, renew, admin, site, keys } = await moor();
  // Another Moor knows as well where they go. This Moor has not seen them yet.
  const before = await (await moor()).servers(-3_000);
  const shown = async () => {
    const { origins: all } = JSON.parse((await admin.ask("/pools/shop")).text);
    return all.map(({ bound }: { bound?: number }) => bound);
  };

  it("are counted, and only there", async () => {
    await change("b/drain");
    await change("c/drain", { at: inSeconds(80_000) });
    expect(await shown()).toEqual([undefined, undefined, undefined]);
    // As if this had been ten minutes ago, which KV learns with the next change.
    await site.moor.crashAndRestart(() => shiftPool(site, -600_000));
    await change("c/restore", { at: inSeconds(90_000) });
    await renew();
    expect(await shown()).toEqual([undefined, 0, undefined]);
    const ofB = keys.filter((_, at) => before[at] === "b");
    expect(ofB.length).toBeGreaterThan(3);
    // A new isolate reports the first session that it sees at once, behind the answer.
    for (const [at, session] of ofB.entries()) {
      await renew();
      expect(await servers(-3_000, [session])).toEqual(["b"]);
      await expect.poll(async () => (await shown())[1]).toBeGreaterThan(at);
    }
    expect(await shown()).toEqual([undefined, ofB.length, undefined]);
    expect(await servers(-3_000)).toEqual(before);
  });
});

describe("without admins", () => {
  it("nothing is asked of KV", async () => {
    const site = await startSite(origins);
    sites.push(site);
    await site.client().ask("/");
    expect((await site.moor.operationsInKv()).filter((operation) => operation.includes("p/"))).toEqual([]);
  });
});

/** Moves all times in the pool's object, while Moor is down. */
async function shiftPool(site: Site, byMs: number): Promise<void> {
  for (const file of await site.moor.storedSessions()) {
    const database = new DatabaseSync(file);
    const row = database.prepare("SELECT value FROM _cf_KV WHERE key = 'pool'").get() as
      | { value: Uint8Array }
      | undefined;
    if (row) {
      const shifted = (value: unknown): unknown => {
        if (typeof value === "number") return value > 1e12 ? value + byMs : value;
        if (Array.isArray(value)) return value.map(shifted);
        if (typeof value !== "object" || value === null) return value;
        return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, shifted(held)]));
      };
      database
        .prepare("UPDATE _cf_KV SET value = ? WHERE key = 'pool'")
        .run(serialize(shifted(deserialize(row.value))));
    }
    database.close();
  }
}
