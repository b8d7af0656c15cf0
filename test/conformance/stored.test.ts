/** @needs redis-server */
/** @quick */
import { readFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { deserialize } from "node:v8";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parseKeyRing } from "../../src/inbound/token/key-ring.ts";
import { createSeal, type Seal } from "../../src/store/seal.ts";
import { run } from "../bin/local-redis/rest.ts";
import type { Client } from "../support/node/client.ts";
import { idOf } from "../support/node/forge.ts";
import { startStores } from "../support/node/stores.ts";

type Json = Record<string, unknown>;

const DAY_SECONDS = 86_400;
const ABSOLUTE_SECONDS = 3 * DAY_SECONDS;
const stores = await startStores({
  stores: { backup: "sync", replicate: "always" },
  session: { absoluteSeconds: ABSOLUTE_SECONDS },
});
const { redis, site } = stores;
const document = await readFile("docs/reference/storage-schema.md", "utf8");
afterAll(() => stores.stop());

/** A visitor who has logged in, whose session has a replica, a backup and, since the last outage, a journal. */
let client: Client;
let id: string;
let seal: Seal;
const cookies = new Map<string, string>();

beforeAll(async () => {
  client = await stores.shopper();
  id = idOf(client.token ?? "");
  seal = createSeal(parseKeyRing(site.moor.keys.store, "MOOR_STORE_KEYS"));
  const post = async (query: string) => {
    const { status, setCookies } = await client.ask(`/?${query}`, { method: "POST" });
    expect(status).toBe(200);
    for (const line of setCookies) cookies.set(line.slice(0, line.indexOf("=")), line);
  };
  await post("login=alice");
  await client.ask("/strict/");
  await vi.waitFor(async () => expect(await site.moor.valueInKv(`s/${id}`)).toBeDefined(), { timeout: 60_000 });
  await site.moor.objects.meet({ kind: "down" });
  await post("set=coupon:10");
});

/** The example of the document that has this member. */
function documented(member: string): Json {
  const blocks = Array.from(document.matchAll(/```json\n([\s\S]*?)```/g), ([, text]) => JSON.parse(text ?? "") as Json);
  const [block] = blocks.filter((candidate) => member in candidate);
  if (!block) throw new Error(`no example has ${member}`);
  return block;
}

const fieldsOf = (record: unknown) => Object.keys(record as Json).sort();
const without = (record: Json, ...fields: string[]) => fieldsOf(record).filter((field) => !fields.includes(field));
const opened = async (purpose: "backup" | "journal" | "replica", version: number, sealed = "") =>
  JSON.parse((await seal.open({ id, version, purpose }, sealed)) ?? "null") as Json;
/** Seconds until a key is gone; a journal's and a backup's outlive the session, and at least a day. */
const secondsLeft = async (key: string) => Number(await run(redis, "TTL", key));

describe("the stored data that docs/reference/storage-schema.md describes", () => {
  it("in Redis are these keys and no others", async () => {
    const keys = (await run(redis, "KEYS", "*")) as string[];
    const names = keys.map((key) => key.replace(/\{.{22}\}/, "{<id>}").replace(/\d+$/, "<0..63>"));
    expect([...new Set(names)].sort()).toEqual(
      ["moor:pending:<0..63>", "moor:pending:sets", "moor:{<id>}:j", "moor:{<id>}:r"].sort(),
    );
    for (const name of names) expect(document).toContain(`\`${name}\``);
  });

  it("in Redis' backup is the record without the view before the rotation, until the absolute deadline", async () => {
    const key = `moor:{${id}}:r`;
    const flat = (await run(redis, "HGETALL", key)) as string[];
    const fields = Object.fromEntries(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]]] : [])));
    expect(fields).toMatchObject({ version: "2", ended: "0", generation: "1" });
    expect(fieldsOf(fields)).toEqual(["ended", "generation", "record", "touched", "version"]);
    const record = await opened("backup", 2, fields.record);
    expect(fieldsOf(record)).toEqual(fieldsOf(documented("recentChanges")));
    expect(record).toMatchObject({ principal: "alice", attributes: { basket: "tea" } });
    expect(ABSOLUTE_SECONDS - (await secondsLeft(key))).toBeLessThan(60);
  });

  it("in Redis' journal are the accepted changes, as long as the backup", async () => {
    const key = `moor:{${id}}:j`;
    const entries = (await run(redis, "LRANGE", key, 0, -1)) as string[];
    expect(entries).toEqual([expect.stringMatching(/^[\w-]{22} - 1 [\w-]+$/)]);
    const entry = await opened("journal", 0, entries[0]?.split(" ")[3]);
    expect(fieldsOf(entry)).toEqual(["change", "ref"]);
    const { ref, change } = documented("ref") as { ref: Json; change: Json };
    expect(fieldsOf(ref)).toEqual(expect.arrayContaining(fieldsOf(entry.ref)));
    expect(fieldsOf(change)).toEqual(expect.arrayContaining(fieldsOf(entry.change)));
    expect(Math.abs(ABSOLUTE_SECONDS - (await secondsLeft(key)))).toBeLessThan(60);
  });

  it("in Redis' index is the session, in the set of its id's first byte, and that set, with times to come", async () => {
    const set = (Buffer.from(id, "base64url")[0] as number) % 64;
    const noted = async (key: string) =>
      Object.fromEntries([(await run(redis, "ZRANGE", key, 0, -1, "WITHSCORES")) as string[]]);
    expect(Number((await noted(`moor:pending:${set}`))[id])).toBeGreaterThan(Date.now());
    expect(Number((await noted("moor:pending:sets"))[set])).toBeGreaterThan(Date.now());
    expect(await Promise.all([`moor:pending:${set}`, "moor:pending:sets"].map(secondsLeft))).toEqual([-1, -1]);
  });

  it("in KV is a copy, until the absolute deadline", async () => {
    const [version, sealed] = (await site.moor.valueInKv(`s/${id}`))?.split(" ") ?? [];
    const copy = await opened("replica", Number(version), sealed);
    const left = without(
      documented("recentChanges"),
      "schema",
      "rotatedAt",
      "rotations",
      "foundingDeadline",
      "recentChanges",
    );
    const own = ["vouchedAt", "journalSeenAt", "replicated", "mayBeKept"];
    // These two are there once the login has been published.
    const fields = [...fieldsOf(copy), "principal", "loggedInAt"];
    expect(new Set(fields)).toEqual(new Set([...left, ...own]));
    const expiration = (await site.moor.expirationInKv(`s/${id}`)) ?? 0;
    expect(expiration).toBe(Math.ceil(Number(copy.absoluteDeadline) / 1000));
  });

  it("in the object are these rows and no others", async () => {
    let rows: Record<string, Json> = {};
    await site.moor.crashAndRestart(async () => {
      for (const file of await site.moor.storedSessions()) {
        const found = rowsOf(file);
        if (found.record?.id === id) rows = found;
      }
    });
    expect(fieldsOf(rows)).toEqual(["outside", "record"]);
    const { before, ...record } = rows.record ?? {};
    expect(fieldsOf(record)).toEqual(fieldsOf(documented("recentChanges")));
    expect(fieldsOf(rows.outside)).toEqual(
      expect.arrayContaining(["backedUpVersion", "journalEmptyAt", "journalSeenAt", "replica"]),
    );
    expect(fieldsOf(documented("backedUpVersion"))).toEqual(expect.arrayContaining(fieldsOf(rows.outside)));
    expect(fieldsOf(documented("backedUpVersion").replica)).toEqual(fieldsOf(rows.outside?.replica));
    expect(fieldsOf(documented("graceSeconds"))).toEqual(fieldsOf(before as Json));
    for (const row of Object.keys(rows)) expect(document).toContain(`\`${row}\``);
  });

  it("in the client are these cookies, of these sizes and lives", () => {
    const markName = `__Host-moor-mark-${id.slice(0, 2)}`;
    expect([...client.cookies.keys()].sort()).toEqual(["__Host-moor", "__Host-moor-gen", markName]);
    const bytes = (name: string) => Buffer.from(client.cookies.get(name) ?? "", "base64url").length;
    expect([bytes("__Host-moor"), bytes("__Host-moor-gen")]).toEqual([63, 42]);
    expect(cookies.get("__Host-moor-gen")).toContain(`Max-Age=${400 * DAY_SECONDS};`);
    expect(cookies.get(markName)).toContain(`Max-Age=${ABSOLUTE_SECONDS};`);
    for (const name of ["__Host-moor", "__Host-moor-gen", "__Host-moor-mark-XX"])
      expect(document).toContain(`\`${name}\``);
  });

  it("is nowhere in clear outside of the object", async () => {
    const keys = (await run(redis, "KEYS", `moor:{${id}}:*`)) as string[];
    const dumps = await Promise.all(
      keys.map(async (key) =>
        JSON.stringify(await run(redis, ...(key.endsWith("r") ? ["HGETALL", key] : ["LRANGE", key, 0, -1]))),
      ),
    );
    const all = [...dumps, await site.moor.valueInKv(`s/${id}`)].join("\n");
    for (const value of ["basket", "coupon", "alice"]) expect(all).not.toContain(value);
    // Three letters alone are found in base64 by chance.
    expect(all).not.toMatch(/tea\\?"/);
  });
});

/** The rows that a Durable Object's `storage.kv` has written. */
function rowsOf(file: string): Record<string, Json> {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = database.prepare("SELECT key, value FROM _cf_KV").all() as { key: string; value: Uint8Array }[];
    return Object.fromEntries(rows.map(({ key, value }) => [key, deserialize(value) as Json]));
  } finally {
    database.close();
  }
}
