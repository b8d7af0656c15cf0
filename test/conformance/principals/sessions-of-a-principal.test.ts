/** @any-runtime */
/** @quick */
/** @any-authority */
import { afterAll, describe, expect, it } from "vitest";
import { ADMIN_TOKEN, adminOf, type Listed } from "../../support/node/admin.ts";
import { ofCloudflareAlone } from "../../support/node/authority.ts";
import type { Client } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startOrigin("a");
const site = await startSite([origin], {
  watched: true,
  isolates: 2,
  principals: {},
  admin: {},
  adminToken: ADMIN_TOKEN,
  routes: [
    { path: "/strict", pool: "shop", freshness: "strict" },
    { path: "/*", pool: "shop" },
  ],
});
const admin = adminOf(site);
afterAll(async () => {
  await site.stop();
  await origin.kill();
});

const AT_HOME = {
  "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
  "CF-Blob": JSON.stringify({ country: "NL", colo: "AMS" }),
};
const ON_THE_WAY = {
  "User-Agent":
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
  "CF-Blob": JSON.stringify({ country: "SG", colo: "SIN" }),
};
let people = 0;
const somebody = () => `somebody-${++people}`;

/** A browser that is logged in; its login is in the index when it returns. */
async function loggedIn(principal: string, headers: Record<string, string> = {}): Promise<Client> {
  const before = await admin.count(principal);
  const browser = site.client();
  await browser.ask("/?set=basket:apples", { method: "POST" });
  expect((await browser.ask(`/?login=${principal}`, { method: "POST", headers })).status).toBe(200);
  await expect.poll(() => admin.count(principal)).toBe(before + 1);
  return browser;
}

const whose = async (browser: Client, path = "/strict", port = site.moor.port) =>
  (await browser.ask(path, { port })).told.session.sub;
const handoffOf = async (browser: Client) => (await browser.ask("/")).told.headers["moor-session"] ?? "";

/** The calls that an origin makes for the principal of a request that it serves. Default: to the browser's isolate. */
async function own(browser: Client, method: string, path = "", port = site.moor.port) {
  const headers = { Authorization: `Bearer ${await handoffOf(browser)}` };
  const { status, text } = await site.client().send(`/.moor/sessions${path}`, { method, headers, port });
  return { status, body: text === "" ? undefined : JSON.parse(text) };
}

describe("the sessions of a principal", () => {
  const placed = ofCloudflareAlone("the place of a visitor is not known");
  it("are listed with the time, place and device of each login, and when each was last seen", placed, async () => {
    const alice = somebody();
    const began = Date.now();
    const laptop = await loggedIn(alice, AT_HOME);
    await loggedIn(alice, ON_THE_WAY);
    const listed = await admin.list(alice);
    expect(listed).toMatchObject([
      { country: "SG", colo: "SIN", device: "Safari on iPhone" },
      { id: (await laptop.ask("/")).told.session.sid, country: "NL", colo: "AMS", device: "Firefox on Linux" },
    ]);
    for (const { at, bornAt, lastSeenAt } of listed) {
      for (const time of [at, bornAt, lastSeenAt]) expect(Math.abs(time - began)).toBeLessThan(120_000);
    }
  });

  it("are shown to the principal by their origin, which knows the session that asks", async () => {
    const alice = somebody();
    const [laptop, phone] = [await loggedIn(alice, AT_HOME), await loggedIn(alice, ON_THE_WAY)];
    const { status, body } = await own(phone, "GET");
    expect([status, body.count]).toEqual([200, 2]);
    const current = (body.sessions as Listed[]).filter((session) => session.current).map(({ id }) => id);
    expect(current).toEqual([(await phone.ask("/")).told.session.sid]);
    expect(current).not.toContain((await laptop.ask("/")).told.session.sid);
  });

  it("belong to the principal alone: no other principal ends a session by its id", async () => {
    const [alice, mallory] = [somebody(), somebody()];
    const victim = await loggedIn(alice);
    const id = (await victim.ask("/")).told.session.sid;
    expect((await own(await loggedIn(mallory), "DELETE", `/${id}`)).status).toBe(404);
    expect(await whose(victim)).toBe(alice);
  });

  it("are not shown to a visitor who is not logged in, nor to a visitor whose session is over", async () => {
    const visitor = site.client();
    await visitor.ask("/?set=basket:apples", { method: "POST" });
    expect(await own(visitor, "GET")).toMatchObject({ status: 409, body: { code: "no_principal" } });
    const alice = somebody();
    const browser = await loggedIn(alice);
    const headers = { Authorization: `Bearer ${await handoffOf(browser)}` };
    await browser.ask("/?end", { method: "POST" });
    expect((await site.client().send("/.moor/sessions", { headers })).status).toBe(410);
    expect((await site.client().send("/.moor/sessions")).status).toBe(401);
    const fromPage = { ...headers, Origin: "https://shop.test" };
    expect((await site.client().send("/.moor/sessions", { headers: fromPage })).status).toBe(403);
  });
});

describe("ending sessions", () => {
  it("ends a session, at once on a strict route and within 5 seconds on any other", async () => {
    const alice = somebody();
    const [stolen, kept] = [await loggedIn(alice), await loggedIn(alice)];
    const id = (await stolen.ask("/")).told.session.sid;
    const thief = site.client(stolen.cookies);
    // Memory answers with a copy that is younger than five seconds, once the token has settled.
    await site.moor.elapse(6);
    await whose(stolen, "/");
    // The isolate that ends the session, or asks its object, forgets its own copy. So that is another isolate.
    const [, elsewhere] = site.moor.ports;
    expect((await own(kept, "DELETE", `/${id}`, elsewhere)).status).toBe(204);
    expect(await whose(thief, "/strict", elsewhere)).toBe(undefined);
    await site.moor.elapse(5);
    expect(await whose(stolen, "/")).toBe(undefined);
    expect(await whose(kept)).toBe(alice);
    await expect.poll(() => admin.count(alice)).toBe(1);
  });

  it("ends all others", async () => {
    const alice = somebody();
    const others = [await loggedIn(alice), await loggedIn(alice)];
    const mine = await loggedIn(alice);
    expect(await own(mine, "DELETE", "?others=true")).toEqual({ status: 200, body: { ended: 2, left: 0 } });
    expect(await Promise.all(others.map((browser) => whose(browser)))).toEqual([undefined, undefined]);
    expect(await whose(mine)).toBe(alice);
    expect((await admin.list(alice)).length).toBe(1);
  });

  it("ends all, and nothing of them comes back, not by a login's own token either", async () => {
    const alice = somebody();
    const browsers = [await loggedIn(alice), await loggedIn(alice)];
    const copies = browsers.map((browser) => site.client(browser.cookies));
    expect(await own(browsers[0]!, "DELETE")).toEqual({ status: 200, body: { ended: 2, left: 0 } });
    for (const browser of [...browsers, ...copies]) expect(await whose(browser)).toBe(undefined);
    expect(await admin.list(alice)).toEqual([]);
    // The visitor may log in again at once.
    const again = await loggedIn(alice);
    expect(await whose(again)).toBe(alice);
  });

  it("needs the pool's permission", async () => {
    const limited = await startSite([origin], {
      principals: {},
      pool: { session: { may: ["patch", "principal"] } },
    });
    try {
      const browser = limited.client();
      await browser.ask("/?login=alice", { method: "POST" });
      const jwt = (await browser.ask("/")).told.headers["moor-session"] ?? "";
      const headers = { Authorization: `Bearer ${jwt}` };
      const answer = await limited.client().send("/.moor/sessions", { method: "DELETE", headers });
      expect([answer.status, JSON.parse(answer.text).code]).toEqual([403, "forbidden"]);
      expect((await limited.client().send("/.moor/sessions", { headers })).status).toBe(200);
    } finally {
      await limited.stop();
    }
  });
});

it("no principal, token or attribute was logged", () => {
  expect(site.indiscretions("somebody-", "apples")).toEqual([]);
});
