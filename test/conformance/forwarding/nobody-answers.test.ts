import { readFile, writeFile } from "node:fs/promises";
import { afterAll, describe, expect, it } from "vitest";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { freePort } from "../../support/node/ports.ts";
import { originConfig, startSite } from "../../support/node/site.ts";

const [silent, answering] = await Promise.all([
  startLocalOrigin("origin-silent"),
  startLocalOrigin("origin-answering"),
]);
silent.answers(() => {});
answering.answers((request, response) => {
  if (request.url === "/set") response.setHeader("Moor-Patch", '{"basket":"apples"}');
  response.end(String(request.headers["moor-session"]).split(".")[1]);
});
const refusing = { name: "origin-refusing", url: `http://127.0.0.1:${await freePort()}` };

const origins = { silent, answering, refusing };
const site = await startSite([], {
  pools: Object.entries(origins).map(([id, origin]) => ({
    id: `pool-${id}`,
    origins: [originConfig(origin)],
    attemptDeadlineMs: id === "silent" ? 100 : 5_000,
  })),
  routes: [
    { path: "/silent", pool: "pool-silent" },
    { path: "/refused", pool: "pool-refusing" },
    { path: "/*", pool: "pool-answering" },
  ],
});
afterAll(async () => {
  await site.stop();
  await Promise.all([silent.stop(), answering.stop()]);
});

/**
 * A visitor whose session's database has been destroyed. `unsaved` is the visitor before the session was stored, and
 * `repair` repairs the database.
 */
async function withBrokenStore() {
  const client = site.client();
  await client.ask("/");
  const unsaved = site.client(client.cookies);
  await client.ask("/set");
  const contents = new Map<string, Buffer>();
  await site.moor.crashAndRestart(async () => {
    const databases = await site.moor.storedSessions();
    for (const file of databases.flatMap((database) => [database, `${database}-wal`])) {
      contents.set(file, await readFile(file));
      await writeFile(file, "no database at all. ".repeat(1000));
    }
  });
  const repair = () =>
    site.moor.crashAndRestart(async () => {
      for (const [file, bytes] of contents) await writeFile(file, bytes);
    });
  return { client, unsaved, repair };
}

const failures = [
  { what: "an origin that refuses the connection", path: "/refused", status: 502, code: "origin_unreachable" },
  { what: "an origin that never answers", path: "/silent", status: 504, code: "origin_timeout" },
  { what: "a session whose store fails", path: "/", status: 503, code: "session_unavailable" },
];

describe.each(failures)("$what", ({ path, status, code }) => {
  const fail = async (accept: string, method = "GET") => {
    const broken = status === 503 ? await withBrokenStore() : undefined;
    const client = broken?.client ?? site.client();
    const answer = await client.send(path, { method, headers: { Accept: accept } });
    await broken?.repair();
    return answer;
  };

  it(`is answered by ${status}, and when to try again`, async () => {
    const answer = await fail("*/*");
    expect(answer.status).toBe(status);
    expect(answer.headers["retry-after"]).toMatch(/^\d+$/);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(JSON.parse(answer.text)).toMatchObject({ status, code });
  });

  it("is a page for a client that accepts HTML", async () => {
    const answer = await fail("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(answer.text).toMatch(/<h1>[^<]+<\/h1>/);
  });

  it("shows nothing of the origins behind Moor, and takes no token away", async () => {
    for (const accept of ["text/html", "application/json"]) {
      const answer = await fail(accept);
      const said = JSON.stringify(answer.headers) + answer.text;
      const ports = Object.values(origins).map(({ url }) => new URL(url).port);
      for (const secret of [...ports, "127.0.0.1", "localhost", "origin-", "pool-", "apples", "sqlite"]) {
        expect(said).not.toContain(secret);
      }
      expect(answer.setCookies).toEqual([]);
    }
  });

  it("is in the log", async () => {
    const before = site.moor.logged.length;
    await fail("*/*");
    const event = status === 503 ? "session_unavailable" : "origin_failed";
    await expect.poll(() => site.moor.logged.slice(before).join("\n")).toContain(`"event":"${event}"`);
  });

  it("is no body for HEAD", async () => {
    const answer = await fail("text/html", "HEAD");
    expect(answer).toMatchObject({ status, text: "" });
  });
});

describe("an origin that never answers", () => {
  it.each(["GET", "POST"])(
    "sees the connection of a %s closed once another server has answered for it",
    async (method) => {
      const closed = Promise.withResolvers<void>();
      silent.answers((request) => request.socket.on("close", closed.resolve));
      expect((await site.client().send("/silent", { method })).status).toBe(504);
      await closed.promise;
    },
  );
});

describe("while the store of a session fails", () => {
  it("nothing of it is taken for missing: when the store is back, so is the session", async () => {
    const { client, repair } = await withBrokenStore();
    expect((await client.ask("/")).status).toBe(503);
    expect((await client.ask("/", { method: "POST" })).status).toBe(503);
    await repair();
    const claims = JSON.parse(Buffer.from((await client.ask("/")).text, "base64url").toString());
    expect(claims).toMatchObject({ ver: 1, data: { basket: "apples" } });
  });

  it("no change of it is acknowledged, though the origin has answered", async () => {
    const { unsaved, repair } = await withBrokenStore();
    expect((await unsaved.ask("/")).status).toBe(200);
    expect((await unsaved.ask("/set", { method: "POST" })).status).toBe(503);
    await repair();
  });

  it("no other session notices", async () => {
    const { repair } = await withBrokenStore();
    const other = site.client();
    await other.ask("/set");
    expect((await other.ask("/")).status).toBe(200);
    await repair();
  });
});

describe("Moor", () => {
  it("answers 404 for a path without a route, and 405 for methods that it cannot send", async () => {
    const [bare, none] = [await startLocalOrigin("bare"), { path: "/only", pool: "shop" }];
    const narrow = await startSite([bare], { routes: [none] });
    expect((await narrow.client().ask("/else")).status).toBe(404);
    expect((await narrow.client().ask("/only", { method: "TRACE" })).status).toBe(405);
    expect((await narrow.client().ask("/only")).status).toBe(200);
    await narrow.stop();
    await bare.stop();
  });
});

it("keeps keys, tokens and attributes out of the log", () => {
  expect(site.indiscretions("apples")).toEqual([]);
});
