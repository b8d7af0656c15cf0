/** @any-runtime */
/** @any-authority */
import { afterAll, describe, expect, it } from "vitest";
import { ADMIN_TOKEN, adminOf } from "../../support/node/admin.ts";
import { ofCloudflareAlone } from "../../support/node/authority.ts";
import type { Client } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { type Site, startSite } from "../../support/node/site.ts";

const origin = await startOrigin("a");
const options = {
  admin: {},
  adminToken: ADMIN_TOKEN,
  routes: [{ path: "/*", pool: "shop", freshness: "strict" as const }],
};
const refusing = await startSite([origin], {
  ...options,
  principals: { limit: { sessions: 3, onTooMany: "refuse" } },
});
const ending = await startSite([origin], {
  ...options,
  principals: { limit: { sessions: 2, onTooMany: "end-oldest" } },
});
afterAll(async () => {
  await Promise.all([refusing.stop(), ending.stop()]);
  await origin.kill();
});

const atOnce = ofCloudflareAlone("twenty sessions that one address founds at once count in one row, and may get 429");
let people = 0;
const somebody = () => `somebody-${++people}`;
const whose = async (browser: Client) => (await browser.ask("/")).told.session.sub;

async function logIn(site: Site, principal: string, browser = site.client()) {
  const answer = await browser.ask(`/?login=${principal}&set=secret:for-the-logged-in`, { method: "POST" });
  return { browser, answer };
}

describe("a limit that refuses", () => {
  it("answers the login with 403, and the session keeps no principal and nothing of that response", async () => {
    const alice = somebody();
    for (let login = 0; login < 3; login++) expect((await logIn(refusing, alice)).answer.status).toBe(200);
    const browser = refusing.client();
    await browser.ask("/?set=basket:apples", { method: "POST" });
    const { answer } = await logIn(refusing, alice, browser);
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([403, "too_many_sessions"]);
    expect(answer.setCookies).toEqual([]);
    const { session } = (await browser.ask("/")).told;
    expect([session.sub, session.data]).toEqual([undefined, { basket: "apples" }]);
    await expect.poll(() => refusing.moor.logged.join("\n")).toContain('"too_many_sessions"');
  });

  it("lets somebody in again when another has logged out", async () => {
    const alice = somebody();
    const logins = [];
    for (let login = 0; login < 3; login++) logins.push(await logIn(refusing, alice));
    expect((await logIn(refusing, alice)).answer.status).toBe(403);
    await logins[1]!.browser.ask("/?end", { method: "POST" });
    expect((await logIn(refusing, alice)).answer.status).toBe(200);
  });

  it("lets as many of many logins at once in as may", atOnce, async () => {
    const alice = somebody();
    const browsers = Array.from({ length: 20 }, () => refusing.client());
    await Promise.all(browsers.map((browser) => browser.ask("/?set=basket:apples", { method: "POST" })));
    const logins = await Promise.all(browsers.map((browser) => logIn(refusing, alice, browser)));
    const statuses = logins.map(({ answer }) => answer.status);
    expect([statuses.filter((status) => status === 200).length, statuses.filter((s) => s === 403).length]).toEqual([
      3, 17,
    ]);
    const principals = await Promise.all(browsers.map(whose));
    expect(principals.filter((principal) => principal === alice).length).toBe(3);
    await expect.poll(() => adminOf(refusing).count(alice)).toBe(3);
  });
});

describe("a limit that ends the oldest", () => {
  it("keeps the sessions that logged in last", async () => {
    const alice = somebody();
    const browsers: Client[] = [];
    for (let login = 0; login < 4; login++) browsers.push((await logIn(ending, alice)).browser);
    await expect.poll(async () => await Promise.all(browsers.map(whose))).toEqual([undefined, undefined, alice, alice]);
  });

  it("lets all of many simultaneous logins in, and ends all but two sessions", atOnce, async () => {
    const alice = somebody();
    const logins = await Promise.all(Array.from({ length: 20 }, () => logIn(ending, alice)));
    expect(logins.map(({ answer }) => answer.status)).toEqual(Array.from({ length: 20 }, () => 200));
    await expect
      .poll(async () => (await Promise.all(logins.map(({ browser }) => whose(browser)))).filter(Boolean).length)
      .toBe(2);
    await expect.poll(() => adminOf(ending).count(alice)).toBe(2);
  });
});
