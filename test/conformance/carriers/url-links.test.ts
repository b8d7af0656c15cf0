/** @any-runtime */
/** @quick */
import { gunzipSync } from "node:zlib";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { beginReplies, cookieless, OWN, origin, pathOf, reply, site, tokenIn } from "./url-site.ts";

afterAll(async () => {
  await site.stop();
  await origin.stop();
});
beforeEach(beginReplies);

describe("links", () => {
  const rewritten = async (html: string) => {
    const { client, link } = await cookieless();
    reply.page = html;
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
    reply.more = {
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
    reply.page = '<form action="/x"></form>';
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
    reply.more = { "Content-Type": "application/json" };
    expect((await client.send(pathOf(link), OWN)).text).toBe(reply.page);
  });

  it("of a compressed page are found", async () => {
    const { client, link } = await cookieless();
    reply.more = { "Content-Encoding": "gzip" };
    const { bytes, headers } = await client.send(pathOf(link), {
      headers: { ...OWN.headers, "Accept-Encoding": "gzip" },
    });
    const text = headers["content-encoding"] === "gzip" ? gunzipSync(bytes).toString() : bytes.toString();
    expect(text).toMatch(/href="https:\/\/shop\.test\/next\?moor=/);
  });
});

it("keeps tokens out of the log", async () => {
  const { link } = await cookieless();
  expect(site.indiscretions("alice", tokenIn(link))).toEqual([]);
});
