import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { deserialize, serialize } from "node:v8";
import { afterAll, describe, expect, it } from "vitest";
import { ADMIN_TOKEN, adminOf } from "../../support/node/admin.ts";
import { forgeToken } from "../../support/node/forge.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, type Site, startSite } from "../../support/node/site.ts";

const origins = await Promise.all(["a", "b", "c"].map((name) => startOrigin(name)));
const sites: Site[] = [];
afterAll(async () => {
  await Promise.all(sites.map((site) => site.stop()));
  await Promise.all(origins.map((origin) => origin.kill()));
});

/** A Moor whose operators may change its pools, with visitors who were born at a time, in seconds from now. */
async function moor(options: Parameters<typeof startSite>[1] = {}) {
  const site = await startSite(origins, { admin: {}, adminToken: ADMIN_TOKEN, ...options });
  sites.push(site);
  const admin = adminOf(site);
  const keys = Array.from({ length: 30 }, (_, at) => createHash("sha256").update(`${at}`).digest().subarray(0, 16));
  const send = async (path: string, body?: object) => {
    const answer = await admin.ask(`/pools/shop/origins/${path}`, {
      method: "POST",
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, said: JSON.parse(answer.text) };
  };
  return {
    site,
    admin,
    /** The origin that serves each of the sessions. Default: thirty. */
    async servers(bornInSeconds = -60, sessions: readonly Buffer[] = keys): Promise<string[]> {
      const asked = sessions.map(async (key) => {
        const token = forgeToken(site.moor.keys, { key, bornAt: Date.now() + bornInSeconds * 1000 });
        const { status, text, told } = await site.client([["__Host-moor", token]]).send("/");
        if (status !== 200) throw new Error(text);
        return told.server;
      });
      return Promise.all(asked);
    },
    /** The thirty sessions. */
    keys,
    /** Makes a change, and resolves when KV has it. The later of two changes within a second has to wait. */
    async change(path: string, body?: object) {
      const changed = await send(path, body);
      if (changed.said.published === false)
        await expect.poll(async () => (await send(path, body)).said.published).toBe(true);
      return changed;
    },
    /** The isolates that serve from now on are new, so they know the published state. */
    renew: () => site.moor.crashAndRestart(),
  };
}
const instead = (servers: string[], others: string[]) =>
  servers.map((server, at) => (server === "b" ? others[at] : server));
const seconds = (time: number) => Math.round((time - Date.now()) / 1000);

describe("an origin that an operator drains", async () => {
  const { servers, change, renew, site, admin } = await moor();
  const before = await servers();
  const drained = await change("b/drain", { deadlineSeconds: 3_600 });

  it("stands as the answer says, from a time that is named", async () => {
    expect(drained).toMatchObject({
      status: 200,
      said: { pool: "shop", id: "b", state: "open", changed: true, published: true },
    });
    const [draining, ended] = drained.said.next;
    expect([draining.state, ended.state]).toEqual(["draining", "drained"]);
    expect(seconds(draining.at)).toBeGreaterThan(120);
    expect(ended.at - draining.at).toBe(3_600_000);
  });

  it("keeps its sessions, in isolates that know of the drain and in isolates that do not", async () => {
    expect(await servers()).toEqual(before);
    await renew();
    expect(await servers()).toEqual(before);
  });

  it("gets none of the sessions that are born after that time, and no other session moves", async () => {
    const born = await servers(300);
    expect(born).not.toContain("b");
    for (const [at, server] of born.entries()) if (before[at] !== "b") expect(server).toBe(before[at]);
  });

  it("gets again the sessions that are born after it was restored, and no other sessions", async () => {
    const born = await servers(300);
    const { said } = await change("b/restore", { at: inSeconds(400) });
    expect(said.next.map(({ state }: { state: string }) => state)).toEqual(["draining", "open"]);
    await renew();
    expect(await servers()).toEqual(before);
    expect(await servers(300)).toEqual(born);
    expect(await servers(500)).toEqual(before);
  });

  it("is in an admin's view, and nothing of the admin's token is in the log", async () => {
    const { status, text } = await admin.ask("/pools");
    expect(status).toBe(200);
    const [shop] = JSON.parse(text).pools;
    expect(shop.origins.map(({ id, state }: { id: string; state: string }) => [id, state])).toEqual([
      ["a", "open"],
      ["b", "open"],
      ["c", "open"],
    ]);
    expect(JSON.parse((await admin.ask("/pools/shop")).text)).toEqual(shop);
    const line = { event: "admin", who: "token", action: "drain", status: 200, pool: "shop", origin: "b" };
    const logged = () =>
      site.moor.logged.filter((text) => text.startsWith('{"event":"admin"')).map((text) => JSON.parse(text));
    await expect.poll(logged).toContainEqual({ ...line, request: expect.any(String) });
    expect(site.indiscretions(ADMIN_TOKEN)).toEqual([]);
  });

  it("leaves a single value in KV, which does not expire", async () => {
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

describe("an origin that an operator ejects at once", async () => {
  const { servers, change, renew, admin } = await moor();
  const before = await servers();
  const { status, said } = await change("b/eject", { at: "now" });

  it("has no sessions any more as soon as an isolate knows, and no other session moves", async () => {
    expect([status, said.state, said.next]).toEqual([200, "ejected", []]);
    await renew();
    const after = await servers();
    expect(after).not.toContain("b");
    expect(after).toEqual(instead(before, after));
    const [, b] = JSON.parse((await admin.ask("/pools/shop")).text).origins;
    expect(b).toMatchObject({ id: "b", state: "ejected" });
  });

  it("stays away from the sessions that were there, when it is restored", async () => {
    const after = await servers();
    await change("b/restore");
    await renew();
    expect(await servers()).toEqual(after);
    expect(await servers(300)).toEqual(before);
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

describe("an operator", async () => {
  const { admin, change } = await moor();

  it.each<[string, string, object | string | undefined, number, string]>([
    ["of a pool that there is not", "/pools/nope/origins/b/drain", undefined, 404, "unknown_pool"],
    ["of an origin that there is not", "/pools/shop/origins/nope/drain", undefined, 404, "unknown_origin"],
    ["with a time that is none", "/pools/shop/origins/b/drain", { at: "tomorrow" }, 400, "bad_change"],
    ["with a drain at once", "/pools/shop/origins/b/drain", { at: "now" }, 400, "bad_change"],
    ["with a time that is too soon", "/pools/shop/origins/b/drain", { at: inSeconds(100) }, 400, "too_soon"],
    ["with a deadline that is none", "/pools/shop/origins/b/drain", { deadlineSeconds: 0 }, 400, "bad_change"],
    ["with a deadline for what has none", "/pools/shop/origins/b/eject", { deadlineSeconds: 5 }, 400, "bad_change"],
    ["with what is not known", "/pools/shop/origins/b/drain", { when: 1 }, 400, "bad_change"],
    ["with an anyway that is no boolean", "/pools/shop/origins/b/drain", { anyway: "yes" }, 400, "bad_change"],
    ["with an anyway for what needs none", "/pools/shop/origins/b/restore", { anyway: true }, 400, "bad_change"],
    ["with what is no JSON", "/pools/shop/origins/b/drain", "{", 400, "bad_change"],
  ])("is told of their mistake: %s", async (_what, path, body, status, code) => {
    const sent = typeof body === "string" ? body : body && JSON.stringify(body);
    const answer = await admin.ask(path, { method: "POST", ...(sent === undefined ? {} : { body: sent }) });
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([status, code]);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
  });

  it("cannot leave new sessions without an origin", async () => {
    expect((await change("a/drain")).status).toBe(200);
    expect((await change("b/eject", { at: "now" })).status).toBe(200);
    for (const action of ["drain", "eject"]) {
      const { status, said } = await change(`c/${action}`);
      expect([status, said.code]).toEqual([409, "last_origin"]);
      expect(said.title).toMatch(
        /^No healthy origin would be open to new sessions: found a \(open, draining from 20[-\d]+T[:.\d]+Z\), b \(ejected\); accepted: another origin, open and healthy\. Restore or repair one, or say "anyway"\.$/,
      );
      expect(said.origins.map(({ id }: { id: string }) => id)).toEqual(["a", "b"]);
    }
    expect(await change("b/drain")).toMatchObject({ status: 409, said: { code: "ejected" } });
  });

  it("may say anyway, and then their changes are ignored while no origin would be left", async () => {
    const all = await moor();
    for (const name of ["a", "b", "c"]) {
      expect(await all.change(`${name}/eject`, { at: "now", anyway: true })).toMatchObject({ status: 200 });
    }
    await all.renew();
    expect(new Set(await all.servers(300))).toEqual(new Set(["a", "b", "c"]));
  });

  it("cannot count on an origin that the configuration has closed", async () => {
    const pool = {
      id: "shop",
      origins: origins.map((origin) => ({
        ...originConfig(origin),
        ...(origin.name === "b" ? {} : { open: [{ until: "2026-01-01T00:00:00Z" }] }),
      })),
    };
    const closed = await moor({ pools: [pool] });
    const { status, said } = await closed.change("b/drain");
    expect([status, said.code, said.title]).toEqual([
      409,
      "last_origin",
      expect.stringContaining("found no other origin;"),
    ]);
  });

  it("gets 404 without a valid token", async () => {
    for (const method of ["GET", "POST"]) {
      const path = method === "GET" ? "/pools" : "/pools/shop/origins/b/drain";
      const { status, text } = await admin.ask(path, { method, headers: { Authorization: "Bearer nobody" } });
      expect([status, JSON.parse(text).code]).toEqual([404, "no_route"]);
    }
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

/** A time so far ahead, as admins name it. */
function inSeconds(ahead: number): string {
  return `${new Date(Date.now() + ahead * 1000).toISOString().slice(0, 19)}Z`;
}

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
