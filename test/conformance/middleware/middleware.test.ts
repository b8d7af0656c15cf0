/** @needs redis-server */
/** @quick */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { HandlingConfig } from "../../../src/config/middleware.ts";
import { run, startRedis } from "../../bin/local-redis/rest.ts";
import type { Answer, Asking } from "../../support/node/client.ts";
import { idOf } from "../../support/node/forge.ts";
import { type Site, type SiteOptions, startSite } from "../../support/node/site.ts";

/** The session rules below a first segment, in place of the usual ones. */
const below: Readonly<Record<string, HandlingConfig>> = {
  strict: { freshness: "strict" },
  refuse: { onStale: "refuse" },
  polls: { touch: false },
  writes: { locking: "writes", lockWaitMs: 20_000 },
  refused: { locking: "writes", lockWaitMs: 100 },
};
const middleware = (options: SiteOptions = {}) =>
  startSite([], { role: "middleware", below, ...options } as SiteOptions);
const redis = await startRedis();
const [site, backed, limited] = await Promise.all([
  middleware({ ignore: [{ path: "/assets/*" }], session: { graceSeconds: 0, maxAttributeBytes: 2_048 } }),
  middleware({ redis, stores: { backup: "sync" } }),
  middleware({
    principals: { limit: { sessions: 1, onTooMany: "refuse" } },
    carriers: [{ type: "cookie" }, { type: "url" }],
  }),
]);
afterAll(async () => {
  await Promise.all([site, backed, limited].map((each) => each.stop()));
  await redis.stop();
});

const POST: Asking = { method: "POST" };
/** A visitor whose session holds tea, and whose token has come back. */
async function shopper(where: Site = site) {
  const client = where.client();
  await client.ask("/");
  await client.ask("/?set=basket:tea", POST);
  await client.ask("/");
  return client;
}
const DOWN = { kind: "down" } as const;
const codeIn = ({ text }: Answer) => (JSON.parse(text) as { code?: string }).code;
const logged = (where: Site, event: string) =>
  where.moor.logged.filter((line) => line.includes(`"event":"${event}"`)).map((line) => JSON.parse(line));

describe("a session in the user's own Worker", () => {
  it("keeps the changes that handlers make, and a session without changes is not stored", async () => {
    const before = await site.moor.storedSessions();
    const client = site.client();
    for (let visit = 0; visit < 3; visit++) expect((await client.ask("/")).told.session).toMatchObject({ new: true });
    expect(await site.moor.storedSessions()).toEqual(before);
    await client.ask("/?set=basket:apples", POST);
    expect((await client.ask("/")).told.session).toMatchObject({ ver: 1, data: { basket: "apples" } });
    await client.ask("/?delete=basket&set=coupon:10", POST);
    expect((await client.ask("/")).told.session).toMatchObject({ ver: 2, data: { coupon: "10" } });
    expect(await site.moor.storedSessions()).toHaveLength(before.length + 1);
  });

  it("keeps every change of parallel requests, nested changes too", async () => {
    const client = await shopper();
    const names = Array.from({ length: 12 }, (_, index) => `n${index}`);
    const patches = names.map((name) => `/?set=${name}:1&patch=${encodeURIComponent(`{"nested":{"${name}":2}}`)}`);
    await Promise.all(patches.map((path) => client.send(path, POST)));
    const { session } = (await client.ask("/strict/")).told;
    expect(session.data).toEqual({
      basket: "tea",
      ...Object.fromEntries(names.map((name) => [name, "1"])),
      nested: Object.fromEntries(names.map((name) => [name, 2])),
    });
  });

  it("keeps its id through a login, which raises the generation; an end is for good", async () => {
    const client = await shopper();
    const { sid } = (await client.ask("/")).told.session;
    expect(sid).toBe(idOf(client.token ?? ""));
    const login = await client.ask("/?login=alice", POST);
    expect(login.setCookies.map((cookie) => cookie.split("=")[0])).toEqual(["__Host-moor", "__Host-moor-gen"]);
    expect(login.headers["cache-control"]).toBe("private, no-store");
    expect((await client.ask("/")).told.session).toMatchObject({ sid, gen: 1, sub: "alice", data: { basket: "tea" } });
    const thief = site.client(client.cookies);
    await client.ask("/?end", POST);
    expect(client.token).toBeUndefined();
    for (const each of [client, thief]) expect((await each.ask("/")).told.session).toMatchObject({ new: true });
  });

  it("leaves the next page the flash that is for it alone, and polls do not take it", async () => {
    const client = await shopper();
    await client.ask(`/?flash=${encodeURIComponent('{"notice":"Saved."}')}`, POST);
    expect((await client.ask("/polls/")).told.session).not.toHaveProperty("flash");
    expect((await client.ask("/")).told.session.flash).toEqual({ notice: "Saved." });
    expect((await client.ask("/")).told.session).not.toHaveProperty("flash");
  });

  it("is renewed by a returning visitor, and not by polls", async () => {
    const client = site.client();
    await client.ask("/?set=basket:tea", POST);
    // The first return of a token prolongs the session.
    expect((await client.ask("/polls/")).setCookies).toEqual([]);
    expect((await client.ask("/")).setCookies).toHaveLength(1);
    expect((await client.ask("/")).setCookies).toEqual([]);
  });

  it("survives a crash of the Worker", async () => {
    const client = await shopper();
    await site.moor.crashAndRestart();
    expect((await client.ask("/")).told.session.data).toEqual({ basket: "tea" });
  });
});

describe("a change that a handler asks for", () => {
  it.each(["fault", "no%20error"])("is not committed if it throws: %s", async (thrown) => {
    const client = await shopper();
    const before = new Map(client.cookies);
    const answer = await client.ask(`/?set=basket:pears&login=alice&throw=${thrown}`, POST);
    expect(answer.status).toBe(500);
    if (thrown === "fault") expect(JSON.parse(answer.text)).toEqual({ fault: "fault" });
    expect(client.cookies).toEqual(before);
    const { session } = (await client.ask("/strict/")).told;
    expect(session).toMatchObject({ ver: 1, gen: 0, data: { basket: "tea" } });
    expect(session).not.toHaveProperty("sub");
  });

  it("is not committed if no handler answers", async () => {
    const client = await shopper();
    expect((await client.ask("/forgets")).status).toBe(500);
    expect((await client.ask("/strict/")).told.session.data).toEqual({ basket: "tea" });
  });

  it("is committed whatever status it answers with", async () => {
    const client = await shopper();
    expect((await client.ask("/?set=coupon:10&status=404", POST)).status).toBe(404);
    expect((await client.ask("/")).told.session.data).toEqual({ basket: "tea", coupon: "10" });
  });

  it("is committed although its visitor leaves before the answer", async () => {
    const client = await shopper();
    const socket = connect(site.moor.port, "127.0.0.1");
    await once(socket, "connect");
    const lines = ["POST /?set=coupon:10&delayMs=300 HTTP/1.1", "Host: shop.test", "X-Forwarded-Proto: https"];
    socket.write(`${[...lines, `Cookie: ${cookiesOf(client)}`, "Content-Length: 0"].join("\r\n")}\r\n\r\n`);
    // By the time that other clients have been answered, this client's request has come.
    await client.send("/strict/");
    socket.resetAndDestroy();
    const dataOf = async () => (await client.ask("/strict/")).told.session.data;
    await expect.poll(dataOf).toEqual({ basket: "tea", coupon: "10" });
  });

  it("is committed before the headers of a stream, and refused from then on", async () => {
    const client = await shopper();
    const { text, setCookies } = await client.ask("/stream?set=basket:pears", POST);
    expect(text).toBe(`first ${Array(4).fill("session-committed").join(" ")} basket=pears`);
    expect(setCookies).toHaveLength(1);
    expect((await client.ask("/strict/")).told.session).toMatchObject({ ver: 2, data: { basket: "pears" } });
  });

  it("goes with a WebSocket's upgrade, and is refused from then on", async () => {
    const client = await shopper();
    const headers = { Host: "shop.test", "X-Forwarded-Proto": "https", Cookie: cookiesOf(client) };
    const socket = new WebSocket(`ws://127.0.0.1:${site.moor.port}/socket`, { headers });
    await once(socket, "open");
    socket.send("hello");
    expect(String((await once(socket, "message"))[0])).toBe("hello session-committed");
    socket.terminate();
    expect((await client.ask("/strict/")).told.session.data).toEqual({ basket: "tea", socket: "open" });
  });

  it("is answered by 502, and nothing of it done, if it is too large", async () => {
    const client = await shopper();
    const answer = await client.ask(`/?set=large:${"x".repeat(3_000)}&set=coupon:10`, POST);
    expect([answer.status, codeIn(answer), answer.setCookies]).toEqual([502, "origin_change_refused", []]);
    expect((await client.ask("/strict/")).told.session.data).toEqual({ basket: "tea" });
  });

  it("is answered by 409 if the session has ended in the meantime", async () => {
    const client = await shopper();
    const slow = client.send("/?set=coupon:10&delayMs=500", POST);
    // Its session is opened by the time that the other is answered twice.
    await client.send("/strict/");
    await site.client(client.cookies).send("/?end", POST);
    const answer = await slow;
    expect([answer.status, codeIn(answer)]).toEqual([409, "session_ended"]);
    expect(answer.text).not.toContain("middleware");
  });

  it("is answered by 403 if the principal has too many sessions", async () => {
    expect((await limited.client().ask("/?login=alice", POST)).status).toBe(200);
    const answer = await limited.client().ask("/?login=alice", POST);
    expect([answer.status, codeIn(answer), answer.setCookies]).toEqual([403, "too_many_sessions", []]);
  });

  it("waits for its turn where that is configured, and then loses nothing", async () => {
    const client = await shopper();
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.send("/writes/count", POST)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect((await client.ask("/strict/")).told.session.data).toMatchObject({ count: 8 });
  });

  it("is refused with 503 when its turn does not come", async () => {
    const client = await shopper();
    const slow = client.send("/refused/?delayMs=1500", POST);
    await client.send("/strict/");
    const answer = await client.send("/refused/?set=coupon:10", POST);
    expect([answer.status, codeIn(answer)]).toEqual([503, "lock_timeout"]);
    expect((await slow).status).toBe(200);
    expect(logged(site, "lock_timeout")).toHaveLength(1);
  });
});

describe("while the sessions' objects cannot be reached", () => {
  /** `work`, while they are down; resolves when they are asked again. */
  async function withoutObjects(where: Site, work: () => Promise<void>) {
    const probe = await shopper(where);
    await where.moor.objects.meet(DOWN);
    try {
      await work();
    } finally {
      await where.moor.objects.meet(undefined);
      const isBack = async () => (await probe.ask("/?set=probe:1", POST)).status;
      await expect.poll(isBack, { timeout: 20_000 }).toBe(200);
    }
  }

  it("a change is answered by 503, and never acknowledged", async () => {
    const client = await shopper();
    await withoutObjects(site, async () => {
      for (const query of ["set=coupon:10", "login=alice", "end"]) {
        const answer = await client.ask(`/?${query}`, POST);
        expect([answer.status, codeIn(answer)]).toEqual([503, "session_unavailable"]);
        expect(answer.headers["retry-after"]).toBe("2");
        expect(answer.setCookies.filter((cookie) => !cookie.includes("-mark"))).toEqual([]);
      }
    });
    expect((await client.ask("/strict/")).told.session).toMatchObject({ ver: 1, gen: 0, data: { basket: "tea" } });
  });

  it("a session that may be stale is shown and says so, or is refused, as is configured", async () => {
    const client = await shopper();
    await withoutObjects(site, async () => {
      // The copy at hand is as new as the token, so it may not answer while it could be told better.
      expect((await client.ask("/")).told.session).toMatchObject({ stale: true, data: { basket: "tea" } });
      for (const path of ["/refuse/", "/strict/"]) expect((await client.ask(path)).status).toBe(503);
    });
    expect(logged(site, "session_stale").length).toBeGreaterThan(0);
  });

  it("Redis takes changes, and the sweep has the objects take them over", async () => {
    const client = await shopper(backed);
    const id = idOf(client.token ?? "");
    const entries = async () => Number(await run(redis, "LLEN", `moor:{${id}}:j`));
    await withoutObjects(backed, async () => {
      expect((await client.ask("/?set=coupon:10", POST)).status).toBe(200);
      expect(client.mark).toBeGreaterThan(0);
      expect((await client.ask("/")).told.session.data).toEqual({ basket: "tea", coupon: "10" });
      expect(await entries()).toBe(1);
    });
    await backed.moor.runScheduled();
    expect(await entries()).toBe(0);
    const tab = backed.client([...client.cookies].filter(([name]) => !name.endsWith("mark")));
    expect((await tab.ask("/strict/")).told.session.data).toEqual({ basket: "tea", coupon: "10" });
  });
});

describe("the middleware in a request's way", () => {
  it("of several the first counts, and the others pass it on: the session is opened and committed once", async () => {
    const client = await shopper();
    const before = (await site.moor.objects.calls()).length;
    await client.ask("/strict/?set=coupon:10", POST);
    expect((await site.moor.objects.calls()).slice(before)).toEqual(["read", "commit"]);
  });

  it("has no session where it is ignored", async () => {
    const client = site.client();
    const answer = await client.ask("/assets/a.css");
    expect([answer.status, answer.told.session, answer.setCookies]).toEqual([200, undefined, []]);
  });

  it("is sent on to https, or refused, as before origins", async () => {
    const insecure = await site.client().send("/a?b", { headers: { "X-Forwarded-Proto": "http" } });
    expect([insecure.status, insecure.headers.location]).toEqual([308, "https://shop.test/a?b"]);
    expect((await site.client().send("/", { headers: { Host: "shop.test@evil.test" } })).status).toBe(400);
  });

  it("shows handlers a request without token and proof, though its body was read before", async () => {
    const client = await shopper();
    await client.ask("/?login=alice", POST);
    for (const path of ["/", "/read-first/"]) {
      const headers = { "Content-Length": "5", Cookie: `${cookiesOf(client)}; own=1` };
      const { told } = await client.ask(path, { ...POST, body: "hello", headers });
      expect(told).toMatchObject({ method: "POST", body: "hello", session: { sub: "alice" } });
      expect(told.headers.cookie).toBe("own=1");
    }
  });

  it("shows handlers an address without the token in it", async () => {
    const client = limited.client();
    await client.ask("/?set=basket:tea", POST);
    const answer = await limited.client().send(`/a%20b?x=%20&moor=${client.token}&y`);
    expect(answer.told).toMatchObject({ url: "/a%20b?x=%20&y", session: { data: { basket: "tea" } } });
  });

  it("is no place for another to set Moor's cookies", async () => {
    const client = await shopper();
    expect((await client.ask("/own-cookie")).setCookies).toEqual(["own=1; Path=/"]);
    expect(logged(site, "origin_cookie_dropped")).toHaveLength(1);
  });

  it("gives no fresh token to a post of another site", async () => {
    const headers = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors" };
    expect((await site.client().ask("/", { ...POST, headers })).setCookies).toEqual([]);
    expect((await site.client().ask("/")).setCookies).toHaveLength(1);
  });

  it("keeps shared caches from a response that says nothing of them", async () => {
    const client = await shopper();
    expect((await client.ask("/")).headers["cache-control"]).toBe("private");
    expect((await client.ask("/?header=Cache-Control:max-age=60")).headers["cache-control"]).toBe("max-age=60");
  });
});

it("is answered by 500 if the Worker's keys are wrong, and the log says which", async () => {
  const broken = await middleware({ keys: { token: "1:short" }, broken: true } as SiteOptions);
  const answer = await broken.client().ask("/");
  expect([answer.status, codeIn(answer)]).toEqual([500, "not_configured"]);
  expect(broken.moor.logged.join("\n")).toContain("MOOR_TOKEN_KEYS, entry 1");
  await broken.stop();
});

it("keeps keys, tokens, principals and attributes out of the log", () => {
  for (const each of [site, backed, limited]) expect(each.indiscretions("alice", "apples", "pears")).toEqual([]);
});

function cookiesOf({ cookies }: { cookies: Map<string, string> }): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
}
