/** @any-runtime */
/** @quick */
/** @any-authority */
import { afterAll, describe, expect, it } from "vitest";
import type { Client } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

/** How long after a rotation a request may still have been sent before its response came. */
const PARALLEL_SECONDS = 15;
const GRACE_SECONDS = 30;
const POST = { method: "POST" };

const origin = await startOrigin("a");
const routes = [
  { path: "/strict/*", pool: "shop", freshness: "strict" as const },
  { path: "/*", pool: "shop" },
];
const site = await startSite([origin], { watched: true, routes, session: { graceSeconds: GRACE_SECONDS } });
afterAll(async () => {
  await site.stop();
  await origin.kill();
});

const shownTo = async (client: Client) => (await client.ask("/strict/")).told.session;
const post = (client: Client, query: string) => client.ask(`/strict/?${query}`, POST);
/** Asks, and loses the response on the way to the client. */
const lose = (client: Client, query: string) => client.send(`/strict/?${query}`, POST);

/** A client with a basket, whose session is stored. */
async function shopper(): Promise<Client> {
  const client = site.client();
  await client.ask("/");
  await post(client, "set=basket:tea");
  return client;
}

const LOGINS = [
  { how: "by principal", login: "login=alice&set=address:harbour", again: "login=alice&set=stepped:up" },
  { how: "by attributes", login: "set=user:alice&set=address:harbour&rotate", again: "set=stepped:up&rotate" },
];

describe.each(LOGINS)("a login $how", ({ login, again }) => {
  it("without any token founds a session of generation 1, and its proof comes with the token", async () => {
    const client = site.client();
    await post(client, login);
    expect(client.cookies.get("__Host-moor-gen")).toMatch(/^[\w-]{56}$/);
    expect(await shownTo(client)).toMatchObject({ gen: 1, data: { address: "harbour" } });
    client.cookies.delete("__Host-moor-gen");
    expect(await shownTo(client)).not.toHaveProperty("data.address");
  });

  it("is not undone by a slow page of an older generation, whose answer arrives last and gives no token", async () => {
    const client = await shopper();
    const before = site.client(client.cookies);
    await post(client, login);
    await shownTo(client);
    await post(client, again);
    // The page has seen the first generation, and has missed two rotations.
    const late = await before.send("/strict/", { headers: { "Sec-Fetch-Mode": "navigate" } });
    expect(late.told.session).toMatchObject({ new: true });
    expect(late.headers["set-cookie"]).toBeUndefined();
    client.keep(late);
    expect(await shownTo(client)).toMatchObject({ gen: 2 });
    await site.moor.elapse(PARALLEL_SECONDS);
    const later = await before.send("/strict/", { headers: { "Sec-Fetch-Mode": "navigate" } });
    expect(later.headers["set-cookie"]).toBeDefined();
  });

  it("whose response is lost leaves the visitor the earlier session, without a time limit", async () => {
    const client = await shopper();
    expect((await lose(client, login)).status).toBe(200);
    await site.moor.elapse(GRACE_SECONDS + PARALLEL_SECONDS);
    const shown = await shownTo(client);
    expect(shown).toMatchObject({ gen: 0, data: { basket: "tea" } });
    expect(shown).not.toHaveProperty("data.address");
    await post(client, login);
    expect(await shownTo(client)).toMatchObject({ gen: 1, data: { basket: "tea", address: "harbour" } });
  });

  it("rotates again at a re-authentication, and a copy of the earlier token and proof ends with the grace period", async () => {
    const client = await shopper();
    await post(client, login);
    await shownTo(client);
    const thief = site.client(client.cookies);
    await post(client, again);
    expect(client.cookies.get("__Host-moor-gen")).not.toBe(thief.cookies.get("__Host-moor-gen"));
    expect(await shownTo(thief)).not.toHaveProperty("data.stepped");
    await site.moor.elapse(GRACE_SECONDS);
    expect(await shownTo(thief)).toMatchObject({ new: true });
    expect(await shownTo(client)).toMatchObject({ gen: 2, data: { address: "harbour", stepped: "up" } });
  });

  it("that is repeated and whose response is lost ends the visitor's copy with the grace period, used or not", async () => {
    const client = await shopper();
    await post(client, login);
    await lose(client, again);
    expect(await shownTo(client)).toMatchObject({ gen: 1, data: { address: "harbour" } });
    await site.moor.elapse(GRACE_SECONDS);
    expect(await shownTo(client)).toMatchObject({ new: true });
  });

  it("that is sent twice by a double click is complete in whichever session the browser keeps", async () => {
    for (const lost of ["first", "second"]) {
      const client = await shopper();
      const answers = [await lose(client, login), await lose(client, login)];
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      const [first, second] = answers;
      client.keep((lost === "first" ? second : first) as (typeof answers)[0]);
      const { gen, sub, data } = await shownTo(client);
      expect({ gen, user: sub ?? data?.user, data }).toMatchObject({
        gen: 1,
        user: "alice",
        data: { basket: "tea", address: "harbour" },
      });
    }
  });

  it("refuses another tab's concurrent write with 409, and the write never reaches the session", async () => {
    const client = await shopper();
    const tab = site.client(client.cookies);
    await post(client, login);
    const refused = await post(tab, "set=coupon:SPRING");
    expect([refused.status, refused.setCookies]).toEqual([409, []]);
    expect(JSON.parse(refused.text)).toMatchObject({ code: "session_ended" });

    await site.moor.elapse(PARALLEL_SECONDS);
    expect((await post(tab, "set=coupon:SPRING")).status).toBe(200);
    expect((await shownTo(tab)).data).toEqual({ basket: "tea", coupon: "SPRING" });
    expect((await shownTo(client)).data).not.toHaveProperty("coupon");
  });

  it("is not reached by a request that was held open across it", async () => {
    const client = await shopper();
    const held = await origin.hold((hold) => lose(client, `set=late:1&${hold}`));
    await post(client, login);
    expect((await held.release()).status).toBe(409);
    expect((await shownTo(client)).data).not.toHaveProperty("late");
  });

  it("is shown no flash that an older generation leaves", async () => {
    const client = await shopper();
    const older = site.client(client.cookies);
    await post(client, login);
    const flash = `flash=${encodeURIComponent('{"notice":"planted"}')}`;
    expect((await post(older, flash)).status).toBe(409);
    await site.moor.elapse(PARALLEL_SECONDS);
    expect((await post(older, flash)).status).toBe(200);
    expect(await shownTo(client)).not.toHaveProperty("flash");
    expect(await shownTo(older)).not.toHaveProperty("flash");
  });

  it("is reached by no write through the session API under an older handoff: 410 superseded", async () => {
    const client = await shopper();
    const handoff = String((await client.ask("/strict/")).told.headers["moor-session"]);
    await post(client, login);
    const patched = await site.client().send("/.moor/session", {
      method: "PATCH",
      headers: { Authorization: `Bearer ${handoff}`, "Content-Length": "10" },
      body: '{"api": 1}',
    });
    expect([patched.status, JSON.parse(patched.text).code]).toEqual([410, "superseded"]);
    expect((await shownTo(client)).data).not.toHaveProperty("api");
  });
});

describe("a rotation", () => {
  it("whose response is lost, of a session that may be logged in, serves the older proof for the grace period alone", async () => {
    const client = await shopper();
    await post(client, "login=alice");
    await lose(client, "rotate");
    await site.moor.elapse(GRACE_SECONDS - 1);
    expect(await shownTo(client)).toMatchObject({ gen: 1, sub: "alice" });
    await site.moor.elapse(1);
    expect(await shownTo(client)).toMatchObject({ new: true });
  });

  it("at the same time as another of a logged-in session is refused with 409, and puts no other session in its place", async () => {
    const client = await shopper();
    await post(client, "login=alice");
    await shownTo(client);
    const tab = site.client(client.cookies);
    await post(client, "rotate");
    const refused = await post(tab, "rotate");
    expect([refused.status, refused.setCookies]).toEqual([409, []]);
    expect(await shownTo(client)).toMatchObject({ gen: 2, sub: "alice", data: { basket: "tea" } });
  });
});

it("Moor-Principal on every response rotates the session each time, and keeps its attributes", async () => {
  const client = await shopper();
  for (let generation = 1; generation <= 3; generation++) {
    await post(client, "login=alice");
    expect(await shownTo(client)).toMatchObject({ gen: generation, sub: "alice", data: { basket: "tea" } });
  }
});

it("keeps keys, tokens, principals and attributes out of the log", () => {
  expect(site.indiscretions("alice", "harbour", "SPRING")).toEqual([]);
});
