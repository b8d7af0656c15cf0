/** @any-runtime */
/** @quick */

import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { startSite } from "../../support/node/site.ts";
import {
  asked,
  beginReplies,
  cookieless,
  linkIn,
  OWN,
  origin,
  pathOf,
  reply,
  site,
  TEXT,
  tokenIn,
  told,
} from "./url-site.ts";

const [byUrl, plain] = await Promise.all([
  startSite([origin], { carriers: [{ type: "url", name: "sid" }] }),
  startSite([origin]),
]);
afterAll(async () => {
  await Promise.all([site, byUrl, plain].map((each) => each.stop()));
  await origin.stop();
});
beforeEach(beginReplies);

describe("a client without cookies", () => {
  it.each([
    ["beside the cookie", site, "moor"],
    ["as the only carrier", byUrl, "sid"],
  ])("keeps its session by the links of pages: the URL %s", async (_what, where, name) => {
    let { client, link } = await cookieless(where, name);
    for (let visit = 0; visit < 3; visit++) {
      link = linkIn(await client.send(pathOf(link), OWN));
      expect(told()).toMatchObject({ gen: 1, sub: "alice", data: { basket: "apples" } });
    }
  });

  it("is sent on by redirects of the site alone", async () => {
    const { client, link } = await cookieless();
    for (const [location, expected] of [
      ["/next?a=1#b", /^https:\/\/shop\.test\/next\?a=1&moor=[\w.-]+#b$/],
      ["https://shop.test/next", /^https:\/\/shop\.test\/next\?moor=/],
      ["//evil.test/", /^\/\/evil\.test\/$/],
      ["http://shop.test/", /^http:\/\/shop\.test\/$/],
    ] as const) {
      reply.more = { Location: location };
      expect((await client.send(pathOf(link), OWN)).headers.location).toMatch(expected);
    }
  });

  it("is given pages that no cache keeps, and no other site learns their address", async () => {
    const { client, link } = await cookieless();
    reply.more = { "Cache-Control": "public, max-age=60", "Referrer-Policy": "unsafe-url" };
    const { headers } = await client.send(pathOf(link), OWN);
    expect([headers["cache-control"], headers["referrer-policy"]]).toEqual(["private, no-store", "same-origin"]);
    reply.more = { "Referrer-Policy": "no-referrer" };
    expect((await client.send(pathOf(link), OWN)).headers["referrer-policy"]).toBe("no-referrer");
  });

  it("loses its session by an end, and its links carry no token", async () => {
    const { client, link } = await cookieless();
    reply.more = { "Moor-End": "1" };
    expect((await client.send(pathOf(link), OWN)).text).toBe(reply.page);
    reply.more = {};
    const next = await client.send(pathOf(link), OWN);
    expect(told()).toMatchObject({ new: true });
    expect(tokenIn(linkIn(next))).not.toBe(tokenIn(link));
  });
});

describe("the origin", () => {
  it("is told nothing of the token: neither in the address, nor in the page before", async () => {
    const { client, link } = await cookieless();
    const token = tokenIn(link);
    await client.send(`/next?a=%20b&moor=${token}&c=+d&m%6For=${token}&e`, {
      headers: { ...OWN.headers, Referer: `https://shop.test/before?x=1&moor=${token}` },
    });
    expect(asked.at(-1)?.url).toBe("/next?a=%20b&c=+d&e");
    expect(asked.at(-1)?.headers.referer).toBe("https://shop.test/before?x=1");
    expect(JSON.stringify(asked.at(-1)?.headers)).not.toContain(token);
    expect(told().sub).toBe("alice");
  });

  it("gets every other query as it was written", async () => {
    await site.client().send("/?a=1&&b=%zz&moors=1&=x&c");
    expect(asked.at(-1)?.url).toBe("/?a=1&&b=%zz&moors=1&=x&c");
  });
});

describe("a browser with cookies", () => {
  it("has no token in its links from its second page on", async () => {
    const client = site.client();
    expect(tokenIn(linkIn(await client.ask("/")))).toMatch(TEXT);
    expect((await client.ask("/")).text).toBe(reply.page);
    reply.more = { "Moor-Principal": "alice" };
    expect((await client.ask("/", { method: "POST" })).text).toBe(reply.page);
  });

  it("is not led into another session by a link (ASVS 7.2.4: fixation, login CSRF)", async () => {
    const { link } = await cookieless();
    const victim = site.client();
    await victim.ask("/");
    reply.more = { "Moor-Principal": "victim" };
    await victim.ask("/", { method: "POST" });
    reply.more = {};
    await victim.ask(pathOf(link), OWN);
    expect(told().sub).toBe("victim");
  });

  it.each(["cross-site", "same-site", "none"])(
    "that has no session yet takes no session from a link that is %s",
    async (from) => {
      const { link } = await cookieless();
      const victim = site.client();
      await victim.ask(pathOf(link), { headers: { "Sec-Fetch-Site": from, "Sec-Fetch-Mode": "navigate" } });
      expect(told()).toMatchObject({ new: true });
      expect(asked.at(-1)?.url).toBe("/next");
      expect(victim.token).not.toBe(tokenIn(link).split(".")[0]);
    },
  );
});

describe("an address with a token", () => {
  it("is told to no other site, although the page is shown to a browser that has a session of its own", async () => {
    const { link } = await cookieless();
    const friend = site.client();
    await friend.ask("/");
    reply.page = '<a href="/next" referrerpolicy="unsafe-url">next</a>';
    const { text, headers } = await friend.ask(pathOf(link), { headers: { "Sec-Fetch-Site": "cross-site" } });
    expect(text).toBe('<a href="/next">next</a>');
    expect([headers["referrer-policy"], headers["cache-control"]]).toEqual(["same-origin", "private, no-store"]);
  });

  it("is told to no other site by a page without a session, whose links carry the token on", async () => {
    const { client, link } = await cookieless();
    reply.page = '<a href="/next" referrerpolicy="unsafe-url">next</a>';
    const answer = await client.send(pathOf(link).replace("/next", "/plain/"), OWN);
    expect(asked.at(-1)?.headers).not.toHaveProperty("moor-session");
    expect(answer.headers["referrer-policy"]).toBe("same-origin");
    expect(answer.text).not.toContain("referrerpolicy");
    expect(tokenIn(linkIn(answer))).toBe(tokenIn(link));
  });
});

describe("a site without the URL carrier", () => {
  it("reads no token from it, and leaves address and page as they are", async () => {
    const { link } = await cookieless();
    const { text } = await plain.client().send(pathOf(link), OWN);
    expect(told()).toMatchObject({ new: true });
    expect(asked.at(-1)?.url).toBe(pathOf(link));
    expect(text).toBe(reply.page);
  });
});

it("keeps tokens out of the log", async () => {
  const { link } = await cookieless();
  for (const each of [site, byUrl]) expect(each.indiscretions("alice", tokenIn(link))).toEqual([]);
});
