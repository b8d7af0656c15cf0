/** @any-runtime */
import { afterAll, describe, expect, it } from "vitest";
import { ADMIN_TOKEN } from "../../support/node/admin.ts";
import { inSeconds, startLivePool } from "../../support/node/live-pools.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, type Site } from "../../support/node/site.ts";

const origins = await Promise.all(["a", "b", "c"].map((name) => startOrigin(name)));
const sites: Site[] = [];
afterAll(async () => {
  await Promise.all(sites.map((site) => site.stop()));
  await Promise.all(origins.map((origin) => origin.kill()));
});

async function moor(pool: string, configured?: Parameters<typeof startLivePool>[2]) {
  const started = await startLivePool(pool, origins, configured);
  sites.push(started.site);
  return started;
}
const instead = (servers: string[], others: string[]) =>
  servers.map((server, at) => (server === "b" ? others[at] : server));
const seconds = (time: number) => Math.round((time - Date.now()) / 1000);

describe("an origin that an operator drains", async () => {
  const { servers, change, renew, site, admin } = await moor("drained");
  const before = await servers();
  const drained = await change("b/drain", { deadlineSeconds: 3_600 });

  it("stands as the answer says, from a time that is named", async () => {
    expect(drained).toMatchObject({
      status: 200,
      said: { pool: "drained", id: "b", state: "open", changed: true, published: true },
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
    const [pool] = JSON.parse(text).pools;
    expect(pool.origins.map(({ id, state }: { id: string; state: string }) => [id, state])).toEqual([
      ["a", "open"],
      ["b", "open"],
      ["c", "open"],
    ]);
    expect(JSON.parse((await admin.ask("/pools/drained")).text)).toEqual(pool);
    const line = { event: "admin", who: "token", action: "drain", status: 200, pool: "drained", origin: "b" };
    const logged = () =>
      site.moor.logged.filter((text) => text.includes('"event":"admin"')).map((text) => JSON.parse(text));
    await expect.poll(logged).toContainEqual(expect.objectContaining({ ...line, request: expect.any(String) }));
    expect(site.indiscretions(ADMIN_TOKEN)).toEqual([]);
  });
});

describe("an origin that an operator ejects at once", async () => {
  const { servers, change, renew, admin } = await moor("ejected");
  const before = await servers();
  const { status, said } = await change("b/eject", { at: "now" });

  it("has no sessions any more as soon as an isolate knows, and no other session moves", async () => {
    expect([status, said.state, said.next]).toEqual([200, "ejected", []]);
    await renew();
    const after = await servers();
    expect(after).not.toContain("b");
    expect(after).toEqual(instead(before, after));
    const [, b] = JSON.parse((await admin.ask("/pools/ejected")).text).origins;
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

describe("an operator", async () => {
  const { admin, change } = await moor("shop");

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
    const all = await moor("anyway");
    for (const name of ["a", "b", "c"]) {
      expect(await all.change(`${name}/eject`, { at: "now", anyway: true })).toMatchObject({ status: 200 });
    }
    await all.renew();
    expect(new Set(await all.servers(300))).toEqual(new Set(["a", "b", "c"]));
  });

  it("cannot count on an origin that the configuration has closed", async () => {
    const configured = origins.map((origin) => ({
      ...originConfig(origin),
      ...(origin.name === "b" ? {} : { open: [{ until: "2026-01-01T00:00:00Z" }] }),
    }));
    const closed = await moor("closed", configured);
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
