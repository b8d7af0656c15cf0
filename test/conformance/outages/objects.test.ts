/** @needs redis-server */
/** @quick */
/** @any-fallback */
import { afterAll, describe, expect, it } from "vitest";
import type { NamespaceFault } from "../../../emulation/objects-over-link.ts";
import { run } from "../../bin/local-redis/rest.ts";
import type { Client } from "../../support/node/client.ts";
import { idOf } from "../../support/node/forge.ts";
import { explained, startStores } from "../../support/node/stores.ts";

const stores = await startStores({ stores: { backup: "sync" } });
const { site, shopper, withoutObjects, journalLength, logged } = stores;
afterAll(() => stores.stop());

const idOfClient = (client: Client) => idOf(client.token ?? "");
const post = (client: Client, query: string) => client.ask(`/?${query}`, { method: "POST" });
const dataOf = async (client: Client) => (await client.ask("/")).told.session.data;
/** Another tab, or a thief: the same token and proof, and no mark. */
const copyOf = (client: Client) => site.client([...client.cookies].filter(([name]) => !name.includes("-mark-")));

describe("while no object can be reached", () => {
  it("a visitor reads their session from the backup, which is not stale, and gets no cookie", async () => {
    const client = await shopper();
    const answer = await withoutObjects(() => client.ask("/"));
    expect(answer.told.session).toMatchObject({ data: { basket: "tea" }, ver: 1 });
    expect(answer.told.session.stale).toBe(undefined);
    expect(explained(answer)).toContain("session=redis; version=1");
    expect(answer.setCookies).toEqual([]);
  });

  it("a change is acknowledged by the journal: it sets the mark and no token, and is seen at once, in every tab", async () => {
    const client = await shopper();
    await withoutObjects(async () => {
      const answer = await post(client, "set=coupon:10");
      expect(answer.status).toBe(200);
      expect(answer.setCookies).toEqual([
        expect.stringMatching(/^__Host-moor-mark-[\w-]{2}=[\w-]{34}; .*HttpOnly; Secure; SameSite=Lax$/),
      ]);
      const read = await client.ask("/");
      expect(read.told.session.data).toEqual({ basket: "tea", coupon: "10" });
      expect(explained(read)).toContain("journaled");
      const tab = copyOf(client);
      expect(await dataOf(tab)).toEqual({ basket: "tea", coupon: "10" });
      expect(tab.mark).toBeGreaterThan(0);
    });
  });

  it("a first change founds the session, in the journal alone", async () => {
    const client = site.client();
    await client.ask("/");
    const token = client.token;
    await withoutObjects(async () => {
      expect((await post(client, "set=basket:tea")).status).toBe(200);
      expect(client.token).toBe(token);
      expect(await dataOf(client)).toEqual({ basket: "tea" });
    });
    expect((await client.ask("/")).told.session).toMatchObject({ ver: 1, data: { basket: "tea" } });
  });

  it("a browser that holds marks of ten earlier sessions sees the session that only the journal holds", async () => {
    await withoutObjects(async () => {
      const earlier: [string, string][] = [];
      for (let session = 0; session < 10; session++) {
        const client = site.client();
        await client.ask("/");
        await post(client, "set=basket:tea");
        earlier.push(...[...client.cookies].filter(([name]) => name.includes("-mark-")));
      }
      expect(earlier).toHaveLength(10);
      // Browsers send the newest cookie last.
      const client = site.client(earlier);
      await client.ask("/");
      expect((await post(client, "set=basket:coffee")).status).toBe(200);
      expect(await dataOf(client)).toEqual({ basket: "coffee" });
    });
  });

  it.each(["login=alice", "rotate", "login=alice&set=coupon:10"])(
    "503 refuses a request that only the object can serve (%s) as a whole; the visitor keeps their session",
    async (query) => {
      const client = await shopper();
      const before = new Map(client.cookies);
      await withoutObjects(async () => {
        const answer = await post(client, query);
        expect(answer).toMatchObject({ status: 503, setCookies: [] });
        expect(answer.headers["retry-after"]).toMatch(/^\d+$/);
        expect(JSON.parse(answer.text)).toMatchObject({ code: "session_unavailable" });
        expect((await client.ask("/")).told.session).toMatchObject({ gen: 0, data: { basket: "tea" } });
      });
      expect(client.cookies).toEqual(before);
      expect((await post(client, query)).status).toBe(200);
      expect((await client.ask("/")).told.session.gen).toBe(1);
    },
  );

  it("an end is final: for the client that asked for it and for other clients, now and when the objects are back", async () => {
    const client = await shopper();
    const thief = copyOf(client);
    const stolen = async (query = "") => (await thief.send(`/?${query}`, { method: "POST" })).told.session;
    await withoutObjects(async () => {
      const answer = await post(client, "end");
      expect(answer.status).toBe(200);
      expect(client.token).toBe(undefined);
      expect(client.mark).toBeGreaterThan(0);
      expect(await stolen()).toMatchObject({ new: true });
      expect(await stolen("set=more:1")).toMatchObject({ new: true });
    });
    expect(await stolen()).toMatchObject({ new: true });
    expect((await stolen()).data).toBe(undefined);
  });

  it("an anonymous visitor notices nothing", async () => {
    const client = site.client();
    await withoutObjects(async () => {
      for (let visit = 0; visit < 2; visit++) expect((await client.ask("/")).status).toBe(200);
    });
  });

  it("the session API answers 503, and when to try again", async () => {
    const client = await shopper();
    const { headers } = (await client.ask("/")).told;
    const answer = await withoutObjects(() =>
      site.client().ask("/.moor/session", { headers: { Authorization: `Bearer ${headers["moor-session"]}` } }),
    );
    expect(answer.status).toBe(503);
    expect(answer.headers["retry-after"]).toMatch(/^\d+$/);
  });
});

describe("when the objects are back", () => {
  it("the visitor's next request has the journal taken over: each change once, in order, and nothing is left of it", async () => {
    const client = await shopper();
    await withoutObjects(async () => {
      for (const count of [1, 2, 3]) await post(client, `set=count:${count}`);
      expect(await journalLength(idOfClient(client))).toBe(3);
    });
    const answer = await client.ask("/");
    expect(explained(answer)).toContain("session=object");
    expect(answer.told.session).toMatchObject({ ver: 4, data: { basket: "tea", count: "3" } });
    expect(await journalLength(idOfClient(client))).toBe(0);
    expect(await stores.backedUpVersion(idOfClient(client))).toBe(4);
  });

  it("the sweep takes over for a visitor who never comes back, and not before the objects are back", async () => {
    const client = await shopper();
    const id = idOfClient(client);
    const before = logged("sweep").length;
    await withoutObjects(async () => {
      await post(client, "set=coupon:10");
      await site.moor.runScheduled();
    });
    expect(await journalLength(id)).toBe(1);
    await site.moor.runScheduled();
    expect(await journalLength(id)).toBe(0);
    await expect.poll(() => logged("sweep").length).toBe(before + 2);
    // The session stays noted for as long as an append may still arrive.
    const set = (Buffer.from(id, "base64url")[0] as number) % 64;
    expect(Number(await run(stores.redis, "ZSCORE", `moor:pending:${set}`, id))).toBeGreaterThan(Date.now());
    const read = await copyOf(client).ask("/");
    expect(explained(read)).toContain("session=object; version=2");
    expect(read.told.session.data).toEqual({ basket: "tea", coupon: "10" });
  });
});

describe("a change whose call", () => {
  it("is done and not answered is applied once, though the journal has it as well", async () => {
    const client = await shopper();
    const lost = { kind: "response-lost", silent: false } as const;
    const answer = await withoutObjects(() => post(client, "set=coupon:10"), lost);
    expect(answer.status).toBe(200);
    expect(await journalLength(idOfClient(client))).toBe(1);
    expect((await client.ask("/")).told.session).toMatchObject({ ver: 2, data: { coupon: "10" } });
    expect(await journalLength(idOfClient(client))).toBe(0);
  });

  it("arrives long after it was given up is applied once, and undoes nothing", async () => {
    const client = await shopper();
    const commits = async () => (await site.moor.objects.done()).filter((method) => method === "commit").length;
    const before = await commits();
    // Moor gives a call up after three seconds, so the next change comes before the late call.
    await site.moor.objects.meet({ kind: "slow", requestMs: 6_000, responseMs: 0 }, "commit");
    expect((await post(client, "set=coupon:10")).status).toBe(200);
    await site.moor.objects.meet(undefined, "commit");
    expect((await post(client, "set=coupon:20")).status).toBe(200);
    await expect.poll(commits).toBe(before + 2);
    expect((await client.ask("/")).told.session).toMatchObject({ ver: 3, data: { coupon: "20" } });
  });

  it("meets an overloaded object is not repeated", async () => {
    const client = await shopper();
    const callsOf = async (fault?: NamespaceFault) => {
      const before = (await site.moor.objects.calls()).length;
      return withoutObjects(async () => {
        expect(explained(await client.ask("/"))).toContain("session=redis");
        return (await site.moor.objects.calls()).slice(before);
      }, fault);
    };
    expect(await callsOf({ kind: "overloaded" })).toEqual(["read"]);
    expect(await callsOf()).toEqual(["read", "read"]);
  });
});

describe("the breaker of the objects", () => {
  it("opens after five failures, spares visitors the wait, closes again, and tells all of it", async () => {
    const client = await shopper();
    const from = site.moor.logged.length;
    const events = () =>
      site.moor.logged.slice(from).flatMap((line) => /"event":"(store_[\w-]+)","store":"object"/.exec(line)?.[1] ?? []);
    await withoutObjects(async () => {
      for (let visit = 0; visit < 5; visit++) await client.ask("/");
      const before = (await site.moor.objects.calls()).length;
      expect(explained(await client.ask("/"))).toMatch(/^session=redis; version=1; .*object=open; /);
      expect(await site.moor.objects.calls()).toHaveLength(before);
    });
    await expect.poll(async () => explained(await client.ask("/"))).toContain("session=object");
    await expect.poll(events).toEqual(["store_open", "store_half_open", "store_closed"]);
  });
});

it("keeps keys, tokens, principals and attributes out of the log", () => {
  expect(site.indiscretions("alice", "coupon", "basket", "tea")).toEqual([]);
});
