/** @needs redis-server */
/** @quick */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { run, startRedis } from "../../bin/local-redis/rest.ts";
import { idOf } from "../../support/node/forge.ts";
import { startOrigin } from "../../support/node/origins.ts";
import type { Site } from "../../support/node/site.ts";
import { codeIn, cookiesOf, LIMITED, logged, middleware, POST, STRICT, shopper } from "./worker.ts";

/** Requests wait here. */
const origin = await startOrigin("gate");
const redis = await startRedis();
const [site, backed, limited] = await Promise.all([
  middleware(STRICT),
  middleware({ redis, stores: { backup: "sync" } }),
  middleware(LIMITED),
]);
afterAll(async () => {
  await Promise.all([site, backed, limited].map((each) => each.stop()));
  await Promise.all([redis.stop(), origin.kill()]);
});

const DOWN = { kind: "down" } as const;

describe("a change that a handler asks for", () => {
  it.each(["fault", "no%20error"])("is not committed if it throws: %s", async (thrown) => {
    const client = await shopper(site);
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
    const client = await shopper(site);
    expect((await client.ask("/forgets")).status).toBe(500);
    expect((await client.ask("/strict/")).told.session.data).toEqual({ basket: "tea" });
  });

  it("is committed whatever status it answers with", async () => {
    const client = await shopper(site);
    expect((await client.ask("/?set=coupon:10&status=404", POST)).status).toBe(404);
    expect((await client.ask("/")).told.session.data).toEqual({ basket: "tea", coupon: "10" });
  });

  it("is committed although its visitor leaves before the answer", async () => {
    const client = await shopper(site);
    const socket = connect(site.moor.port, "127.0.0.1");
    await once(socket, "connect");
    const left = await origin.hold(async (hold) => {
      const lines = [`POST /?set=coupon:10&${hold} HTTP/1.1`, "Host: shop.test", "X-Forwarded-Proto: https"];
      socket.write(`${[...lines, `Cookie: ${cookiesOf(client)}`, "Content-Length: 0"].join("\r\n")}\r\n\r\n`);
    });
    socket.resetAndDestroy();
    await left.release();
    const dataOf = async () => (await client.ask("/strict/")).told.session.data;
    await expect.poll(dataOf).toEqual({ basket: "tea", coupon: "10" });
  });

  it("is committed before the headers of a stream, and refused from then on", async () => {
    const client = await shopper(site);
    const { text, setCookies } = await client.ask("/stream?set=basket:pears", POST);
    expect(text).toBe(`first ${Array(4).fill("session-committed").join(" ")} basket=pears`);
    expect(setCookies).toHaveLength(1);
    expect((await client.ask("/strict/")).told.session).toMatchObject({ ver: 2, data: { basket: "pears" } });
  });

  it("goes with a WebSocket's upgrade, and is refused from then on", async () => {
    const client = await shopper(site);
    const headers = { Host: "shop.test", "X-Forwarded-Proto": "https", Cookie: cookiesOf(client) };
    const socket = new WebSocket(`ws://127.0.0.1:${site.moor.port}/socket`, { headers });
    await once(socket, "open");
    socket.send("hello");
    expect(String((await once(socket, "message"))[0])).toBe("hello session-committed");
    socket.terminate();
    expect((await client.ask("/strict/")).told.session.data).toEqual({ basket: "tea", socket: "open" });
  });

  it("is answered by 502, and nothing of it done, if it is too large", async () => {
    const client = await shopper(site);
    const answer = await client.ask(`/?set=large:${"x".repeat(3_000)}&set=coupon:10`, POST);
    expect([answer.status, codeIn(answer), answer.setCookies]).toEqual([502, "origin_change_refused", []]);
    expect((await client.ask("/strict/")).told.session.data).toEqual({ basket: "tea" });
  });

  it("is answered by 409 if the session has ended in the meantime", async () => {
    const client = await shopper(site);
    const slow = await origin.hold((hold) => client.send(`/?set=coupon:10&${hold}`, POST));
    await site.client(client.cookies).send("/?end", POST);
    const answer = await slow.release();
    expect([answer.status, codeIn(answer)]).toEqual([409, "session_ended"]);
    expect(answer.text).not.toContain("middleware");
  });

  it("is answered by 403 if the principal has too many sessions", async () => {
    expect((await limited.client().ask("/?login=alice", POST)).status).toBe(200);
    const answer = await limited.client().ask("/?login=alice", POST);
    expect([answer.status, codeIn(answer), answer.setCookies]).toEqual([403, "too_many_sessions", []]);
  });

  it("waits for its turn where that is configured, and then loses nothing", async () => {
    const client = await shopper(site);
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.send("/writes/count", POST)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect((await client.ask("/strict/")).told.session.data).toMatchObject({ count: 8 });
  });

  it("is refused with 503 when its turn does not come", async () => {
    const client = await shopper(site);
    const slow = await origin.hold((hold) => client.send(`/refused/?${hold}`, POST));
    const answer = await client.send("/refused/?set=coupon:10", POST);
    expect([answer.status, codeIn(answer)]).toEqual([503, "lock_timeout"]);
    expect((await slow.release()).status).toBe(200);
    await expect.poll(() => logged(site, "lock_timeout")).toHaveLength(1);
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
      await expect.poll(isBack).toBe(200);
    }
  }

  it("a change is answered by 503, and never acknowledged", async () => {
    const client = await shopper(site);
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
    const client = await shopper(site);
    await withoutObjects(site, async () => {
      // The copy at hand is as new as the token, so it may not answer while it could be told better.
      expect((await client.ask("/")).told.session).toMatchObject({ stale: true, data: { basket: "tea" } });
      for (const path of ["/refuse/", "/strict/"]) expect((await client.ask(path)).status).toBe(503);
    });
    await expect.poll(() => logged(site, "session_stale").length).toBeGreaterThan(0);
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

it("keeps keys, tokens, principals and attributes out of the log", () => {
  for (const each of [site, backed, limited]) expect(each.indiscretions("alice", "apples", "pears")).toEqual([]);
});
