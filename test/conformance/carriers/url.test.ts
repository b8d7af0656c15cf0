/** @quick */
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Answer, Asking, Client } from "../../support/node/client.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startLocalOrigin("a");
const [site, byUrl, plain] = await Promise.all([
  startSite([origin], {
    carriers: [{ type: "cookie" }, { type: "url" }],
    routes: [
      { path: "/plain/*", pool: "shop", session: false },
      { path: "/*", pool: "shop" },
    ],
  }),
  startSite([origin], { carriers: [{ type: "url", name: "sid" }] }),
  startSite([origin]),
]);
afterAll(async () => {
  await Promise.all([site, byUrl, plain].map((each) => each.stop()));
  await origin.stop();
});

const HTML = { "Content-Type": "text/html; charset=utf-8" };
const TEXT = /^[\w-]{84}(\.[\w-]{56})?$/;
let asked: { url: string; headers: NodeJS.Dict<string | string[]> }[] = [];
let page = "";
let more: Record<string, string> = {};

beforeEach(() => {
  asked = [];
  more = {};
  page = '<a href="/next">next</a>';
  origin.answers((request, response) => {
    asked.push({ url: request.url ?? "", headers: request.headers });
    for (const [name, value] of Object.entries({ ...HTML, ...more })) response.setHeader(name, value);
    if (more.Location) response.statusCode = 302;
    response.end(more["Content-Encoding"] === "gzip" ? gzipSync(page) : page);
  });
});

/** The session as the origin's last request has told it. */
function told() {
  const jwt = String(asked.at(-1)?.headers["moor-session"]);
  return JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString());
}
const linkIn = ({ text }: Answer) => /href="([^"]+)"/.exec(text)?.[1] ?? "";
const tokenIn = (link: string, name = "moor") => new URL(link, "https://shop.test").searchParams.get(name) ?? "";
const pathOf = (link: string) => link.replace(/^https:\/\/shop\.test/, "");
/** Follows a link like a browser that has no cookies and says so. */
const OWN: Asking = { headers: { "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate" } };

/** A client without cookies that is logged in, with the link that it may follow. */
async function cookieless(where = site, name = "moor"): Promise<{ client: Client; link: string }> {
  const client = where.client();
  const first = linkIn(await client.send("/"));
  more = { "Moor-Principal": "alice", "Moor-Patch": '{"basket":"apples"}' };
  const link = linkIn(await client.send(pathOf(first), OWN));
  more = {};
  expect(tokenIn(link, name)).toMatch(TEXT);
  return { client, link };
}

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
      more = { Location: location };
      expect((await client.send(pathOf(link), OWN)).headers.location).toMatch(expected);
    }
  });

  it("is given pages that no cache keeps, and no other site learns their address", async () => {
    const { client, link } = await cookieless();
    more = { "Cache-Control": "public, max-age=60", "Referrer-Policy": "unsafe-url" };
    const { headers } = await client.send(pathOf(link), OWN);
    expect([headers["cache-control"], headers["referrer-policy"]]).toEqual(["private, no-store", "same-origin"]);
    more = { "Referrer-Policy": "no-referrer" };
    expect((await client.send(pathOf(link), OWN)).headers["referrer-policy"]).toBe("no-referrer");
  });

  it("loses its session by an end, and its links carry no token", async () => {
    const { client, link } = await cookieless();
    more = { "Moor-End": "1" };
    expect((await client.send(pathOf(link), OWN)).text).toBe(page);
    more = {};
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

describe("links", () => {
  const rewritten = async (html: string) => {
    const { client, link } = await cookieless();
    page = html;
    const { text } = await client.send(`/shop/list?q=1&moor=${tokenIn(link)}`, OWN);
    return text
      .replaceAll(/moor=[\w-]{84}\.[\w-]{56}/g, "moor=T")
      .replaceAll(/value="[\w-]{84}\.[\w-]{56}"/g, 'value="T"');
  };
  const at = "https://shop.test";

  it.each([
    ['<a href="/x">', `<a href="${at}/x?moor=T">`],
    ['<a href="y?a=1#z">', `<a href="${at}/shop/y?a=1&moor=T#z">`],
    ['<a href="?moor=old&b=2">', `<a href="${at}/shop/list?b=2&moor=T">`],
    ['<a href="https://SHOP.test:443/x">', `<a href="${at}/x?moor=T">`],
    ['<map><area href="/x">', `<map><area href="${at}/x?moor=T">`],
    ['<iframe src="/x"></iframe>', `<iframe src="${at}/x?moor=T"></iframe>`],
    ['<form method="post" action="/x"></form>', `<form method="post" action="${at}/x?moor=T"></form>`],
    ['<form method="POST"></form>', `<form method="POST" action="${at}/shop/list?q=1&moor=T"></form>`],
    [
      '<form action="/x"><input name="q"></form>',
      `<form action="${at}/x?moor=T"><input name="q"><input type="hidden" name="moor" value="T"></form>`,
    ],
    [
      '<form action="/x"><input name="q"></form><base href="//evil.test/">',
      `<form action="${at}/x?moor=T"><input name="q"><input type="hidden" name="moor" value="T"></form><base href="//evil.test/">`,
    ],
    ['<button formaction="/x">', `<button formaction="${at}/x?moor=T">`],
  ])("of the site carry the token: %s", async (html, expected) => expect(await rewritten(html)).toBe(expected));

  it.each([
    '<a href="https://evil.test/">',
    '<a href="//evil.test/">',
    '<a href="http://shop.test/">',
    '<a href="https://shop.test.evil.test/">',
    '<a href="https://shop.test@evil.test/">',
    '<a href="https://shop.test:8443/">',
    '<a href="/\\evil.test/">',
    '<a href="\\\\evil.test">',
    '<a href="javascript:alert(1)">',
    '<a href="mailto:a@b.test">',
    '<a href="data:text/html,x">',
    '<a href="#top">',
    "<a name=here>",
    '<form method="post" action="//evil.test/"></form>',
    '<form action="https://evil.test/"></form>',
    '<form method="dialog"></form>',
    '<img src="/x.png"><link href="/x.css" rel="stylesheet"><script src="/x.js"></script>',
    '<base href="//evil.test/"><a href="/x"></a><form method="post" action="/x"></form><form></form>',
  ])("of others carry nothing: %s", async (html) => expect(await rewritten(html)).toBe(html));

  const FIELD = '<input type="hidden" name="moor" value="T">';
  const form = `<form action="${at}/x?moor=T">`;
  it.each([
    [
      "within the form",
      '<form action="/x"><button formaction="//evil.test/">',
      `${form}<button formaction="//evil.test/">`,
    ],
    [
      "before it",
      '<button form="f" formaction="//evil.test/"></button><form action="/x"></form>',
      `<button form="f" formaction="//evil.test/"></button>${form}</form>`,
    ],
    [
      "behind it, which leads to the site then",
      '<form action="/x"></form><button form="f" formaction="//evil.test/"></button>',
      `${form}${FIELD}</form><button form="f"></button>`,
    ],
    [
      "within a form that is posted, which has no such field",
      '<form action="/x"></form><form method="post"><button formaction="//evil.test/"></button></form>',
      `${form}${FIELD}</form><form method="post" action="${at}/shop/list?q=1&moor=T"><button formaction="//evil.test/"></button></form>`,
    ],
  ])("in a field are not sent along by a button that leads to another site: %s", async (_where, html, expected) => {
    expect(await rewritten(html)).toBe(expected);
  });

  it.each([
    ["a form of another site", '<form action="//evil.test/"><form action="/x"></form></form>'],
    ["one that has no end", '<div><form action="//evil.test/"></div><form action="/x"></form>'],
  ])("are in no field of a form within %s, whose field it would be", async (_what, html) => {
    expect(await rewritten(html)).not.toContain(FIELD);
  });

  it.each([
    ['<img referrerpolicy="unsafe-url">', "<img>"],
    ['<svg><a ReferrerPolicy="origin"></a></svg>', "<svg><a></a></svg>"],
    ['<a name="x" ping="//evil.test/">', '<a name="x">'],
    ['<meta name="Referrer" content="unsafe-url"><meta name="robots">', '<meta name="robots">'],
    ['<meta name="refer&#114;er" content="unsafe-url">', ""],
    ['<iframe srcdoc="<img referrerpolicy=unsafe-url>">', '<iframe srcdoc="<img x-referrerpolicy=unsafe-url>">'],
    ['<iframe srcdoc="<p>1</p>">', '<iframe srcdoc="<p>1</p>">'],
  ])("are told to nobody by markup: %s", async (html, expected) => expect(await rewritten(html)).toBe(expected));

  it("are told to no other site by headers", async () => {
    const { client, link } = await cookieless();
    more = {
      "Content-Security-Policy":
        "default-src 'self'; report-uri //evil.test/; report-to all; img-src 'self' /report-to/",
      "Content-Security-Policy-Report-Only": "report-uri //evil.test/",
      Link: '</x.css>; rel=preload; referrerpolicy="unsafe-url"; as=style, </y>; ReferrerPolicy = origin ;rel=preload',
      "Report-To": "{}",
      "Reporting-Endpoints": 'all="//evil.test/"',
      NEL: "{}",
    };
    const { headers } = await client.send(pathOf(link), OWN);
    expect(headers).toMatchObject({
      "content-security-policy": "default-src 'self';;; img-src 'self' /report-to/",
      link: "</x.css>; rel=preload; as=style, </y> ;rel=preload",
    });
    expect(JSON.stringify(headers)).not.toContain("evil.test");
  });

  it.each([
    ["markup", encodeURIComponent('"><script>')],
    ["a long proof", "p".repeat(7_000)],
    ["many marks", `.${".m".repeat(3_500)}`],
  ])("carry the token on without the rest of the text when the client sends %s after it", async (_what, more) => {
    const [token] = tokenIn((await cookieless()).link).split(".");
    page = '<form action="/x"></form>';
    const { text } = await site.client().send(`/?moor=${token}.${more}`, OWN);
    const address = `${at}/x?moor=${token}`;
    expect(text).toBe(`<form action="${address}"><input type="hidden" name="moor" value="${token}"></form>`);
  });

  it("before a late <base> lead to the site all the same", async () => {
    const text = await rewritten('<a href="/x">1</a><base href="//evil.test/"><a href="/y">2</a>');
    expect(text).toBe(`<a href="${at}/x?moor=T">1</a><base href="//evil.test/"><a href="/y">2</a>`);
  });

  it("in characters that stand for others never lead elsewhere", async () => {
    const text = await rewritten('<a href="&#47;&#47;evil.test/">');
    expect(new URL(/href="([^"]+)"/.exec(text)?.[1] ?? "").origin).toBe(at);
  });

  it("of a response that is not a page, or that is a part of a page, stay as they are", async () => {
    const { client, link } = await cookieless();
    more = { "Content-Type": "application/json" };
    expect((await client.send(pathOf(link), OWN)).text).toBe(page);
  });

  it("of a compressed page are found", async () => {
    const { client, link } = await cookieless();
    more = { "Content-Encoding": "gzip" };
    const { bytes, headers } = await client.send(pathOf(link), {
      headers: { ...OWN.headers, "Accept-Encoding": "gzip" },
    });
    const text = headers["content-encoding"] === "gzip" ? gunzipSync(bytes).toString() : bytes.toString();
    expect(text).toMatch(/href="https:\/\/shop\.test\/next\?moor=/);
  });
});

describe("a browser with cookies", () => {
  it("has no token in its links from its second page on", async () => {
    const client = site.client();
    expect(tokenIn(linkIn(await client.ask("/")))).toMatch(TEXT);
    expect((await client.ask("/")).text).toBe(page);
    more = { "Moor-Principal": "alice" };
    expect((await client.ask("/", { method: "POST" })).text).toBe(page);
  });

  it("is not led into another session by a link (ASVS 7.2.4: fixation, login CSRF)", async () => {
    const { link } = await cookieless();
    const victim = site.client();
    await victim.ask("/");
    more = { "Moor-Principal": "victim" };
    await victim.ask("/", { method: "POST" });
    more = {};
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
    page = '<a href="/next" referrerpolicy="unsafe-url">next</a>';
    const { text, headers } = await friend.ask(pathOf(link), { headers: { "Sec-Fetch-Site": "cross-site" } });
    expect(text).toBe('<a href="/next">next</a>');
    expect([headers["referrer-policy"], headers["cache-control"]]).toEqual(["same-origin", "private, no-store"]);
  });

  it("is told to no other site by a page without a session, whose links carry the token on", async () => {
    const { client, link } = await cookieless();
    page = '<a href="/next" referrerpolicy="unsafe-url">next</a>';
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
    expect(text).toBe(page);
  });
});

it("keeps tokens out of the log", async () => {
  const { link } = await cookieless();
  for (const each of [site, byUrl]) expect(each.indiscretions("alice", tokenIn(link))).toEqual([]);
});
