/** @needs redis-server */
import { afterAll, describe, expect, it } from "vitest";
import { ADMIN_TOKEN } from "../../support/node/admin.ts";
import type { Asking, Client } from "../../support/node/client.ts";
import { forgeMark, forgeToken, idOf } from "../../support/node/forge.ts";
import { watchCommands } from "../../support/node/redis.ts";
import { withoutEvents } from "../../support/node/site.ts";
import { startStores } from "../../support/node/stores.ts";

const stores = await startStores({
  stores: { backup: "off" },
  session: { graceSeconds: 0, maxAttributeBytes: 1_024 },
  principals: { limit: { sessions: 1, onTooMany: "refuse" } },
  admin: {},
  adminToken: ADMIN_TOKEN,
});
const { site, redis, shopper } = stores;
const { moor } = site;
const watch = await watchCommands(redis);
afterAll(async () => {
  watch.stop();
  await stores.stop();
});

const POST = { method: "POST" };
const OWN = { "Sec-Fetch-Site": "same-origin" };
const SECRET = Buffer.alloc(32, 9);
const cookie = (text: string): Asking => ({ headers: { Cookie: text } });
const bearer = (jwt: string) => ({ Authorization: `Bearer ${jwt}` });

/** The costs of a request: its status, its lines in the log, and its store operations. */
async function comesTo(client: Client, path: string, asking: Asking = {}) {
  const [from, calls, operations] = [moor.logged.length, await moor.objects.calls(), await moor.operationsInKv()];
  let status = 0;
  const commands = await watch.during(async () => {
    status = (await client.send(path, asking)).status;
  });
  const asked = [
    ...(await moor.objects.calls()).slice(calls.length),
    ...commands,
    ...(await moor.operationsInKv()).slice(operations.length),
  ];
  return { status, log: await loggedSince(from), stores: asked };
}

/**
 * The lines of the log up to now. They come through a pipe in order, so the line of another request comes after them.
 */
async function loggedSince(from: number): Promise<string[]> {
  const other = site.client();
  await other.ask("/?set=a:1", POST);
  const mark = `"session":"${idOf(other.token ?? "").slice(0, 8)}"`;
  const marked = () => moor.logged.findIndex((line, index) => index >= from && line.includes(mark));
  await expect.poll(marked).toBeGreaterThan(-1);
  return withoutEvents(moor.logged.slice(from, marked())).map((line) => {
    const { event, reason } = JSON.parse(line) as Record<string, string>;
    return reason === undefined ? `${event}` : `${event}: ${reason}`;
  });
}

/** The cookies that a visitor held before their session ended. */
async function ended(): Promise<Client> {
  const client = await shopper();
  const before = site.client(client.cookies);
  await client.ask("/?end", POST);
  return before;
}

/** The cookies that a visitor held before they logged in. */
async function planted(): Promise<Client> {
  const client = await shopper();
  const before = site.client(client.cookies);
  await client.ask("/?login=victim", POST);
  await client.ask("/strict/");
  return before;
}

type Attack = readonly [what: string, status: number, log: string[], attack: () => ReturnType<typeof comesTo>];
const stranger = (path: string, asking?: Asking) => () => comesTo(site.client(), path, asking);
const forged = () => forgeToken(moor.keys, { secret: SECRET, version: 1 });

describe("a client's own actions cost no store operation, and leave one line where they are refused", () => {
  it.each<Attack>([
    ["a forged token", 200, ["token_refused: forged"], stranger("/", cookie(`__Host-moor=${forged()}`))],
    ["a cut token", 200, ["token_refused: malformed"], stranger("/", cookie(`__Host-moor=${forged().slice(9)}`))],
    [
      "a token of a key that has left the ring",
      200,
      ["token_refused: unknown-key"],
      stranger("/", cookie(`__Host-moor=${forgeToken(moor.keys, { signingKey: 9 })}`)),
    ],
    [
      "an oversized cookie",
      200,
      ["token_refused: malformed"],
      stranger("/", cookie(`__Host-moor=${"A".repeat(60_000)}`)),
    ],
    [
      "several cookies of one name",
      200,
      ["token_refused: forged"],
      stranger("/", cookie(`__Host-moor=${forged()}; __Host-moor=${forgeToken(moor.keys)}`)),
    ],
    [
      "a cookie without the prefix",
      200,
      [],
      stranger("/", cookie(`moor=${forgeToken(moor.keys, { version: 1 })}; __host-moor=${forged()}`)),
    ],
    [
      "an expired token",
      200,
      [],
      stranger("/", cookie(`__Host-moor=${forgeToken(moor.keys, { version: 1, bornAt: Date.now() - 7_200_000 })}`)),
    ],
    [
      "headers in Moor's name",
      200,
      [],
      stranger("/", { headers: { "Moor-Session": "x", moor_principal: "admin", "X-Forwarded-For": "10.0.0.1" } }),
    ],
    [
      "a Host that is none",
      400,
      ["request_refused: malformed address"],
      stranger("/", { headers: { Host: "shop@test" } }),
    ],
    [
      "a GET with a body",
      400,
      ["request_refused: GET with a body"],
      stranger("/", { headers: { "Content-Length": "1" }, body: "x" }),
    ],
    ["a path that dots lead out of", 404, ["request_refused: no_route"], stranger("/x/../.moor/session/..%2f")],
    [
      "a logout by another site",
      403,
      ["request_refused: logout: cross_site"],
      stranger("/.moor/logout", { ...POST, headers: { "Sec-Fetch-Site": "cross-site" } }),
    ],
    [
      "a form of another site that would found a session",
      403,
      ["request_refused: another site's page would found a session"],
      stranger("/?login=mallory", { ...POST, headers: { "Sec-Fetch-Site": "cross-site" } }),
    ],
    [
      "a logout that leads to another site",
      400,
      ["request_refused: logout: bad_request"],
      stranger("/.moor/logout?to=//evil.test", { ...POST, headers: OWN }),
    ],
    [
      "the session API without a handoff",
      401,
      ["request_refused: session API: unauthorised"],
      stranger("/.moor/session"),
    ],
    [
      "the session API with a forged handoff",
      401,
      ["request_refused: session API: unauthorised"],
      stranger("/.moor/sessions", { method: "DELETE", headers: bearer("a.b.c") }),
    ],
    [
      "the session API from a page",
      403,
      ["request_refused: session API: browser_refused"],
      stranger("/.moor/session", { headers: { ...bearer("a.b.c"), Origin: "https://shop.test" } }),
    ],
    [
      "the admin API with a wrong token",
      404,
      ["admin_refused: the token is wrong"],
      stranger("/.moor/admin/sessions?principal=alice", { headers: bearer(`${ADMIN_TOKEN}x`) }),
    ],
  ])("%s: %i", async (_what, status, log, attack) => {
    expect(await attack()).toEqual({ status, log, stores: [] });
  });
});

describe("an origin's response that is refused costs no store operation, and leaves one line", () => {
  const deep = `${'{"a":'.repeat(33)}1${"}".repeat(33)}`;
  it.each<[string, string, RegExp]>([
    ["a patch that nests too deep", `patch=${encodeURIComponent(deep)}`, /32|deep|levels/],
    ["a patch that is none", `patch=${encodeURIComponent("[1]")}`, /object/],
    ["a change from a cache, which would be replayed to the next visitor", "set=a:1&header=Age:1", /cache/],
    ["a login from a cache", "login=alice&header=CF-Cache-Status:HIT", /cache/],
    ["a principal that is malformed", `login=${encodeURIComponent("a b")}`, /visible/],
  ])("%s", async (_what, query, reason) => {
    const { status, log, stores: asked } = await comesTo(site.client(), `/?${query}`, POST);
    expect({ status, asked, lines: log.length }).toEqual({ status: 502, asked: [], lines: 1 });
    expect(log[0]).toMatch(/^origin_change_refused: /);
    expect(log[0]).toMatch(reason);
  });
});

describe("a mark together with a token whose session is not stored", () => {
  const token = forgeToken(moor.keys);
  const marked = (mark: string) =>
    comesTo(site.client(), "/", cookie(`__Host-moor=${token}; __Host-moor-mark-XX=${mark}`));

  it.each([
    ["a hyphen", "-"],
    ["a time", String(Date.now())],
    ["signed by another secret", forgeMark(moor.keys, idOf(token), SECRET)],
    ["a genuine one of another session", forgeMark(moor.keys, idOf(forgeToken(moor.keys)))],
  ])("that is %s counts for nothing and asks no store, however often it comes", async (_what, mark) => {
    for (let times = 0; times < 5; times++) {
      expect(await marked(mark)).toEqual({ status: 200, log: [], stores: [] });
    }
  });

  it("that is the session's own has the object look into the journal", async () => {
    expect((await marked(forgeMark(moor.keys, idOf(token)))).stores).toEqual(["read", "EVAL"]);
  });
});

describe("a mark together with the token of a stored session", () => {
  it("has the object look into the journal only if it is the session's own", async () => {
    const client = await shopper();
    const strictly = (mark: string) => {
      const own = [...client.cookies].map((pair) => pair.join("=")).join("; ");
      return comesTo(site.client(), "/strict/", cookie(`${own}; __Host-moor-mark-XX=${mark}`));
    };
    expect((await strictly("-")).stores).toEqual(["read"]);
    expect((await strictly(forgeMark(moor.keys, idOf(forgeToken(moor.keys))))).stores).toEqual(["read"]);
    expect((await strictly(forgeMark(moor.keys, idOf(client.token ?? "")))).stores).toEqual(["read", "EVAL"]);
  });
});

describe("a question that only a store can answer costs one operation of one store, and leaves one line", () => {
  const REPLAYED = "token_refused: ended or superseded";

  it("a token that is replayed after the end of its session", async () => {
    expect(await comesTo(await ended(), "/strict/")).toEqual({ status: 200, log: [REPLAYED], stores: ["read"] });
  });

  it("a token whose session has ended, and the visitor who holds it is anonymous from then on, without a mark", async () => {
    const client = await ended();
    await client.ask("/strict/");
    expect([...client.cookies.keys()]).toEqual(["__Host-moor"]);
    expect(await comesTo(client, "/")).toEqual({ status: 200, log: [], stores: [] });
  });

  it("a token that was planted before a login", async () => {
    expect(await comesTo(await planted(), "/strict/")).toEqual({ status: 200, log: [REPLAYED], stores: ["read"] });
  });

  it("attributes that would be too large, all together", async () => {
    const { status, log, stores: asked } = await comesTo(site.client(), `/?set=a:${"x".repeat(1_100)}`, POST);
    expect({ status, log, asked }).toEqual({
      status: 502,
      log: ["origin_change_refused: the attributes would pass 1024 bytes"],
      asked: ["commit"],
    });
  });

  it("any number of attributes may be named like properties of a prototype: they are mere names, and no change is refused", async () => {
    const patch = '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}';
    const path = `/?patch=${encodeURIComponent(patch)}`;
    expect(await comesTo(site.client(), path, POST)).toEqual({ status: 200, log: [], stores: ["commit"] });
    const client = site.client();
    await client.ask(path, POST);
    expect((await client.ask("/")).text).toContain(`"data":${patch}`);
  });
});

it("a login above the principal's limit is 403, with one line", async () => {
  await site.client().ask("/?login=carol", POST);
  const { status, log } = await comesTo(site.client(), "/?login=carol", POST);
  expect({ status, log }).toEqual({ status: 403, log: ["too_many_sessions: the principal has too many sessions"] });
});

it("no line holds a token, a principal or a value", () => {
  expect(site.indiscretions("victim", "carol", "alice")).toEqual([]);
});
