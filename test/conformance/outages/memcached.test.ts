/** @needs memcached */
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { startMemcached } from "../../support/node/memcached.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";
import { startTcpLink } from "../../support/node/tcp-link.ts";

const [origin, server] = await Promise.all([startOrigin("a"), startMemcached()]);
const link = await startTcpLink(server.port);
const siteAt = (port: number) =>
  startSite([origin], {
    stores: { authority: { type: "memcached" }, replicate: "off" },
    handoff: { dataBytes: 16_384 },
    texts: { MOOR_MEMCACHED: `memcached://127.0.0.1:${port}` },
    routes: [{ path: "/*", pool: "shop", freshness: "strict", onStale: "refuse" }],
  });
const site = await siteAt(link.port);
afterAll(async () => {
  await site.stop();
  await link.stop();
  await Promise.all([origin.kill(), server.stop()]);
});

async function shopper(of = site, basket = "tea") {
  const client = of.client();
  await client.ask("/");
  const { status } = await client.ask(`/?set=basket:${basket}`, { method: "POST" });
  return { client, status };
}

describe("a Worker whose sessions are in memcached", () => {
  it("keeps parallel changes of a session, and leaves no connection behind", async () => {
    const { client } = await shopper();
    const names = Array.from({ length: 20 }, (_, nth) => `n${nth}`);
    const answers = await Promise.all(names.map((name) => client.ask(`/?set=${name}:1`, { method: "POST" })));
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 200));
    const { data } = (await client.ask("/")).told.session;
    expect(data).toEqual({ basket: "tea", ...Object.fromEntries(names.map((name) => [name, "1"])) });
    await expect.poll(() => link.connections()).toBe(0);
  });

  it("answers 503 while a live connection says nothing, logs nobody out, and goes on afterwards", async () => {
    const { client } = await shopper();
    link.silence();
    const read = await client.ask("/");
    expect([read.status, read.setCookies]).toEqual([503, []]);
    link.speak();
    await expect.poll(async () => (await client.ask("/")).status).toBe(200);
    expect((await client.ask("/")).told.session.data).toEqual({ basket: "tea" });
  });

  it("loses its sessions with a restart, says so, and gives visitors new sessions", async () => {
    const { client } = await shopper();
    const { sid } = (await client.ask("/")).told.session;
    await server.restart();
    const { session } = (await client.ask("/")).told;
    expect(session).toMatchObject({ ver: 0, new: true });
    await expect
      .poll(() => site.moor.logged.filter((line) => line.includes('"event":"authority_lost"')))
      .toEqual([expect.stringContaining(`"session":"${sid?.slice(0, 8)}"`)]);
    expect((await client.ask("/?set=basket:milk", { method: "POST" })).status).toBe(200);
    expect((await client.ask("/")).told.session.data).toEqual({ basket: "milk" });
  });

  it("refuses changes when it is full, and loses none that it has acknowledged", async () => {
    const small = await startMemcached(["-M", "-m", "2", "-I", "64k", "-o", "slab_chunk_max=16384"]);
    const full = await siteAt(small.port);
    onTestFinished(async () => {
      await full.stop();
      await small.stop();
    });
    const text = "x".repeat(6_000);
    const kept: Awaited<ReturnType<typeof shopper>>["client"][] = [];
    let refused = 0;
    for (let nth = 0; nth < 2_000 && refused < 3; nth++) {
      const { client, status } = await shopper(full, text);
      if (status === 200) kept.push(client);
      else refused++;
      expect([200, 503]).toContain(status);
    }
    expect(refused).toBe(3);
    expect(kept.length).toBeGreaterThan(20);
    for (const client of kept) expect((await client.ask("/")).told.session.data).toEqual({ basket: text });
    const reasons = full.moor.logged.filter((line) => line.includes("session_unavailable"));
    expect(reasons.join("\n")).toContain("memcached: out of memory");
  });
});
