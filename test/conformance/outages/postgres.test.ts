/** @needs postgresql */
import { afterAll, describe, expect, it } from "vitest";
import { startOrigin } from "../../support/node/origins.ts";
import { startPostgres } from "../../support/node/postgres.ts";
import { startSite } from "../../support/node/site.ts";
import { startTcpLink } from "../../support/node/tcp-link.ts";

const [origin, server] = await Promise.all([startOrigin("a"), startPostgres()]);
const link = await startTcpLink(server.port);
const site = await startSite([origin], {
  stores: { authority: { type: "postgres" } },
  texts: { MOOR_POSTGRES: server.url.replace(`:${server.port}/`, `:${link.port}/`) },
  routes: [{ path: "/*", pool: "shop", freshness: "strict", onStale: "refuse" }],
});
afterAll(async () => {
  await site.stop();
  await link.stop();
  await Promise.all([origin.kill(), server.stop()]);
});

/** The calls of one request are given up after three seconds, and its two calls after six. */
const GIVEN_UP_MS = 8_000;

async function shopper() {
  const client = site.client();
  await client.ask("/");
  // The test before may have left the breaker open.
  await expect.poll(async () => (await client.ask("/?set=basket:tea", { method: "POST" })).status).toBe(200);
  return client;
}

/** The connections and the statements of one request. */
async function costOf(ask: () => Promise<{ status: number }>): Promise<{ connections: number; statements: number }> {
  await expect.poll(() => link.connections()).toBe(0);
  const [opened, { length }] = [link.opened(), link.sent()];
  expect((await ask()).status).toBe(200);
  await expect.poll(() => link.connections()).toBe(0);
  const statements =
    link
      .sent()
      .slice(length)
      .match(/SELECT r\.tag|INSERT INTO|UPDATE |DELETE FROM/g) ?? [];
  return { connections: link.opened() - opened, statements: statements.length };
}

describe("a Worker whose sessions are in Postgres", () => {
  it("opens one connection for a request, however often the request asks", async () => {
    const client = await shopper();
    expect(await costOf(() => client.ask("/"))).toEqual({ connections: 1, statements: 1 });
    const change = () => client.ask("/?set=basket:milk", { method: "POST" });
    expect(await costOf(change)).toEqual({ connections: 1, statements: 3 });
  });

  it("leaves no connection behind, whatever a request did", async () => {
    const client = await shopper();
    const paths = Array.from({ length: 30 }, (_, nth) => (nth % 3 === 0 ? `/?set=n:${nth}` : "/"));
    await Promise.all(paths.map((path) => client.ask(path, { method: path === "/" ? "GET" : "POST" })));
    // On a busy machine the burst may have opened the breaker.
    await expect.poll(async () => (await client.ask("/")).status).toBe(200);
    expect((await client.ask("/")).told.session.data).toMatchObject({ basket: "tea" });
    await expect.poll(() => link.connections()).toBe(0);
  });

  it("answers 503 while a live connection says nothing, logs nobody out, and goes on afterwards", async () => {
    const client = await shopper();
    link.silence();
    const began = Date.now();
    const read = await client.ask("/");
    expect(read.status).toBe(503);
    expect(read.setCookies).toEqual([]);
    expect(Date.now() - began).toBeLessThan(GIVEN_UP_MS);
    link.speak();
    await expect.poll(async () => (await client.ask("/")).status).toBe(200);
    expect((await client.ask("/")).told.session.data).toEqual({ basket: "tea" });
    await expect.poll(() => link.connections()).toBe(0);
  });

  it("tells of a missing table, and holds no secret in its log", async () => {
    await shopper();
    await server.sql.unsafe("ALTER TABLE moor_rows RENAME TO elsewhere");
    const client = site.client();
    expect((await client.ask("/?set=basket:milk", { method: "POST" })).status).toBe(503);
    await server.sql.unsafe("ALTER TABLE elsewhere RENAME TO moor_rows");
    const reasons = site.moor.logged.filter((line) => line.includes("session_unavailable")).join("\n");
    expect(reasons).toContain("the table moor_rows is missing");
    const { password } = new URL(server.url);
    expect(site.indiscretions(password, "milk")).toEqual([]);
  });
});
