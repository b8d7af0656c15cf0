/** @quick */
import { afterAll, describe, expect, it } from "vitest";
import { inCookies } from "../../support/node/cookie-sessions.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startOrigin("a");
const site = await startSite([origin], { ...inCookies(), watched: true });
afterAll(async () => {
  await site.stop();
  await origin.kill();
});

const POST = { method: "POST" };
const data = async (client: ReturnType<typeof site.client>) => (await client.ask("/")).told.session.data;

describe("a session in cookies", () => {
  it("is kept from one request to the next, and no object stores it", async () => {
    const client = site.client();
    await client.ask("/?set=basket:apples", POST);
    await client.ask("/?set=theme:dark", POST);
    expect(await data(client)).toEqual({ basket: "apples", theme: "dark" });
    expect(client.states).toHaveLength(1);
    expect(await site.moor.storedSessions()).toEqual([]);
    expect(site.indiscretions("apples")).toEqual([]);
  });

  it("costs no cookie until something is set, beside the token", async () => {
    const client = site.client();
    await client.ask("/");
    await client.ask("/");
    expect(client.states).toEqual([]);
    expect(client.tokens).toHaveLength(1);
  });

  it("keeps the changes of parallel requests, although one response is slow", async () => {
    const client = site.client();
    await client.ask("/?set=first:1", POST);
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, n) => client.send(`/?set=n${n}:${n}&delayMs=${n === 0 ? 1_500 : 0}`, POST)),
    );
    for (const answer of answers.reverse()) client.keep(answer);
    expect(client.states).toHaveLength(6);
    expect(await data(client)).toEqual({ first: "1", n0: "0", n1: "1", n2: "2", n3: "3", n4: "4", n5: "5" });
    await client.ask("/?set=last:1", POST);
    expect(client.states).toHaveLength(1);
    expect(await data(client)).toMatchObject({ n0: "0", n5: "5", last: "1" });
  });

  it("shows a flash once", async () => {
    const client = site.client();
    await client.ask(`/?flash=${encodeURIComponent('{"notice":"Saved."}')}`, POST);
    expect((await client.ask("/")).told.session.flash).toEqual({ notice: "Saved." });
    expect((await client.ask("/")).told.session.flash).toBeUndefined();
  });

  it("ends by a logout, and leaves a tombstone", async () => {
    const client = site.client();
    await client.ask("/?set=basket:apples", POST);
    const before = [...client.cookies];
    expect((await client.ask("/.moor/logout", { ...POST, headers: { Origin: "https://shop.test" } })).status).toBe(204);
    expect(client.states).toEqual([]);
    expect([...client.cookies.keys()].filter((name) => name.endsWith(".end"))).toHaveLength(1);
    expect((await client.ask("/")).told.session).toMatchObject({ new: true });
    // A browser that was killed sends what it had before.
    expect((await site.client(before).ask("/")).told.session).toMatchObject({ new: true });
  });

  it("refuses a login and a rotation, and changes nothing", async () => {
    const client = site.client();
    await client.ask("/?set=basket:apples", POST);
    for (const path of ["/?login=alice", "/?rotate=1", "/?login=alice&set=basket:pears"]) {
      expect((await client.ask(path, POST)).status).toBe(502);
    }
    expect(await data(client)).toEqual({ basket: "apples" });
  });
});
