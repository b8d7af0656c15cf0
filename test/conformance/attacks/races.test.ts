/** @any-runtime */
/** @any-authority */
import { afterAll, describe, expect, it } from "vitest";
import type { Answer, Client } from "../../support/node/client.ts";
import { forgeToken } from "../../support/node/forge.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startOrigin("a");
const site = await startSite([origin], { session: { graceSeconds: 1 } });
afterAll(async () => {
  await site.stop();
  await origin.kill();
});

const navigation = { "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none" };
const poll = { "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin" };
const crossSite = { "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site", Origin: "https://evil.test" };

/** A browser that is logged in. */
async function loggedIn(): Promise<Client> {
  const browser = site.client();
  await browser.ask("/?set=basket:apples", { method: "POST" });
  await browser.ask("/?login=alice", { method: "POST" });
  await expectLoggedIn(browser);
  return browser;
}

async function expectLoggedIn(browser: Client) {
  const { session } = (await browser.ask("/", { headers: poll })).told;
  expect(session).toMatchObject({ sub: "alice", data: { basket: "apples" } });
  return session;
}

/** A change that is sent at the same time as the login is neither acknowledged nor made. */
async function expectRefused(browser: Client, answer: Answer) {
  expect([answer.status, answer.setCookies]).toEqual([409, []]);
  expect((await expectLoggedIn(browser)).data).not.toHaveProperty("seen");
}

/** The answer to a request that the browser sends without its cookies. It keeps the cookies of the answer. */
async function askWithoutCookies(browser: Client, path: string, asking: Parameters<Client["send"]>[1]) {
  const answer = await site.client().send(path, asking);
  browser.keep(answer);
  return answer;
}

describe("a slow response that began before the login and arrives after it", () => {
  it("does not undo it when it began with a token of a session that is not stored", async () => {
    const browser = site.client();
    await browser.ask("/", { headers: navigation });
    const slow = await origin.hold((hold) => browser.send(`/?${hold}`, { headers: navigation }));
    await browser.ask("/?login=alice&set=basket:apples", { method: "POST" });
    browser.keep(await slow.release());
    await expectLoggedIn(browser);
  });

  it("is refused when it makes the session's first change, and leaves the login as it is", async () => {
    const browser = site.client();
    await browser.ask("/", { headers: navigation });
    const slow = await origin.hold((hold) => browser.send(`/?set=seen:yes&${hold}`, { headers: navigation }));
    await browser.ask("/?login=alice&set=basket:apples", { method: "POST" });
    await expectRefused(browser, await slow.release());
  });

  it("is refused when it changes a stored session, and leaves the login as it is", async () => {
    const browser = site.client();
    await browser.ask("/?set=basket:apples", { method: "POST" });
    const slow = await origin.hold((hold) => browser.send(`/?set=seen:yes&${hold}`, { headers: navigation }));
    await browser.ask("/?login=alice", { method: "POST" });
    await expectLoggedIn(browser);
    await expectRefused(browser, await slow.release());
  });

  it("does not undo it when it only touches the session", async () => {
    const browser = site.client();
    await browser.ask("/?set=basket:apples", { method: "POST" });
    const slow = await origin.hold((hold) => browser.send(`/?${hold}`, { headers: navigation }));
    await browser.ask("/?login=alice", { method: "POST" });
    const answer = await slow.release();
    expect(answer.setCookies).toHaveLength(1);
    browser.keep(answer);
    await expectLoggedIn(browser);
  });

  it("does not undo it even if it arrives when the generation before is no longer served", async () => {
    const browser = site.client();
    await browser.ask("/?set=basket:apples", { method: "POST" });
    const before = site.client(browser.cookies);
    const slow = await origin.hold((hold) => browser.send(`/?set=seen:late&${hold}`, { headers: navigation }));
    await browser.ask("/?login=alice", { method: "POST" });
    await expectLoggedIn(browser);
    const sidOfBefore = async () => (await before.send("/", { headers: poll })).told.session.sid;
    await expect.poll(sidOfBefore).toBeUndefined();
    browser.keep(await slow.release());
    expect(await sidOfBefore()).toBeUndefined();
    await expectLoggedIn(browser);
  });
});

describe("a cross-site POST, which comes without the token", () => {
  it("is served, and nothing is written", async () => {
    const browser = await loggedIn();
    const answer = await askWithoutCookies(browser, "/", { method: "POST", headers: crossSite });
    expect(answer.status).toBe(200);
    expect(answer.told.session).toMatchObject({ new: true });
    expect(answer.setCookies).toEqual([]);
    await expectLoggedIn(browser);
  });

  it.each(["/?end", "/?end&set=a:b", "/?end&login=mallory"])(
    "logs no visitor out, even if the origin answers it with %s",
    async (path) => {
      const browser = await loggedIn();
      const answer = await askWithoutCookies(browser, path, { method: "POST", headers: crossSite });
      expect(answer.setCookies).toEqual([]);
      await expectLoggedIn(browser);
    },
  );
});

describe("a request without a usable token that is no navigation", () => {
  it("writes no token, whether it is a poll or an image", async () => {
    const browser = await loggedIn();
    const headers = [poll, { ...poll, "Sec-Fetch-Mode": "no-cors" }, { ...poll, "Sec-Fetch-Mode": "same-origin" }];
    for (const sent of headers) {
      const answer = await askWithoutCookies(browser, "/", { headers: sent });
      expect(answer.status).toBe(200);
      expect(answer.setCookies).toEqual([]);
    }
    await expectLoggedIn(browser);
  });

  it("writes at most a provisional token, which replaces no token", async () => {
    const browser = await loggedIn();
    const script = { ...poll, "Sec-Fetch-Dest": "empty" };
    for (const asking of [
      { headers: script },
      { method: "POST", headers: script },
      { method: "POST", headers: navigation },
    ]) {
      const answer = await askWithoutCookies(browser, "/", asking);
      expect(answer.setCookies).toEqual([expect.stringMatching(/^__Host-moor-new=/)]);
      await expectLoggedIn(browser);
    }
  });

  it("writes and clears no token when the token that it comes with has expired, is forged or has ended", async () => {
    const ended = await loggedIn();
    const endedCookies = new Map(ended.cookies);
    await ended.ask("/?end", { method: "POST" });
    const expired = forgeToken(site.moor.keys, { bornAt: Date.now() - 7_200_000, version: 1 });
    for (const cookies of [endedCookies, [["__Host-moor", expired]], [["__Host-moor", "forged"]]]) {
      const late = await site.client(cookies as Iterable<[string, string]>).send("/", { headers: poll });
      expect(late.told.session).toMatchObject({ new: true });
      // Only the mark is set, so that no copy elsewhere shows a visitor the session that they were told is over.
      const written = late.setCookies.filter((cookie) => !cookie.startsWith("__Host-moor-mark-"));
      expect(written).toEqual([]);
    }
  });

  it("writes no token when its own token has been superseded in the meantime", async () => {
    const browser = site.client();
    await browser.ask("/?set=basket:apples", { method: "POST" });
    const before = site.client(browser.cookies);
    await browser.ask("/?login=alice", { method: "POST" });
    await expectLoggedIn(browser);
    const late = () => before.send("/", { headers: poll });
    await expect.poll(async () => (await late()).told.session.sid).toBeUndefined();
    const answer = await late();
    expect(answer.setCookies).toEqual([]);
    browser.keep(answer);
    await expectLoggedIn(browser);
  });
});

describe("a fresh token", () => {
  it.each(["GET", "HEAD"])("is given to a %s that navigates, or that no browser sends", async (method) => {
    for (const headers of [navigation, {}]) {
      expect((await site.client().send("/", { method, headers })).setCookies).toHaveLength(1);
    }
  });

  it("is written once: until something is stored, no response writes it again", async () => {
    const browser = site.client();
    await browser.ask("/", { headers: navigation });
    const { token } = browser;
    for (const headers of [navigation, poll, {}]) expect((await browser.ask("/", { headers })).setCookies).toEqual([]);
    expect(browser.token).toBe(token);
  });
});

describe("a login whose response is lost", () => {
  it("costs no visitor their basket: they are served as before the login, and log in again", async () => {
    const browser = site.client();
    await browser.ask("/?set=basket:apples", { method: "POST" });
    await browser.send("/?login=alice", { method: "POST" });
    const { session } = (await browser.ask("/")).told;
    expect(session).toMatchObject({ gen: 0, data: { basket: "apples" } });
    expect(session).not.toHaveProperty("sub");
    await browser.ask("/?login=alice", { method: "POST" });
    await expectLoggedIn(browser);
  });
});

it("keeps keys, tokens, principals and attributes out of the log", () => {
  expect(site.indiscretions("alice", "mallory", "apples")).toEqual([]);
});
