import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import type { Answer, Asking, Client } from "../../support/node/client.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { startSite } from "../../support/node/site.ts";

/** The origin of all sites of a test file. It answers with {@link reply}. */
export const origin = await startLocalOrigin("a");
/** A site that takes the token from the cookie or the URL. */
export const site = await startSite([origin], {
  carriers: [{ type: "cookie" }, { type: "url" }],
  routes: [
    { path: "/plain/*", pool: "shop", session: false },
    { path: "/*", pool: "shop" },
  ],
});

const HTML = { "Content-Type": "text/html; charset=utf-8" };
export const TEXT = /^[\w-]{84}(\.[\w-]{56})?$/;
/** The requests that the origin has received. */
export let asked: { url: string; headers: NodeJS.Dict<string | string[]> }[] = [];
/** The page of the origin, and further headers of its response. A `Location` makes it a redirect. */
export const reply = { page: "", more: {} as Record<string, string> };

/** Has the origin forget its requests, and answer with a page that has one link. */
export function beginReplies(): void {
  asked = [];
  reply.more = {};
  reply.page = '<a href="/next">next</a>';
  origin.answers((request, response) => {
    const { page, more } = reply;
    asked.push({ url: request.url ?? "", headers: request.headers });
    for (const [name, value] of Object.entries({ ...HTML, ...more })) response.setHeader(name, value);
    if (more.Location) response.statusCode = 302;
    response.end(more["Content-Encoding"] === "gzip" ? gzipSync(page) : page);
  });
}

/** The session as the origin's last request has told it. */
export function told() {
  const jwt = String(asked.at(-1)?.headers["moor-session"]);
  return JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString());
}
/** The address of the first link of a page. */
export const linkIn = ({ text }: Answer) => /href="([^"]+)"/.exec(text)?.[1] ?? "";
/** The token in the address of a link. */
export const tokenIn = (link: string, name = "moor") => new URL(link, "https://shop.test").searchParams.get(name) ?? "";
/** The address of a link on the site, without its origin. */
export const pathOf = (link: string) => link.replace(/^https:\/\/shop\.test/, "");
/** Follows a link like a browser that has no cookies and says so. */
export const OWN: Asking = { headers: { "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate" } };

/** A client without cookies that is logged in, with the link that it may follow. */
export async function cookieless(where = site, name = "moor"): Promise<{ client: Client; link: string }> {
  const client = where.client();
  const first = linkIn(await client.send("/"));
  reply.more = { "Moor-Principal": "alice", "Moor-Patch": '{"basket":"apples"}' };
  const link = linkIn(await client.send(pathOf(first), OWN));
  reply.more = {};
  expect(tokenIn(link, name)).toMatch(TEXT);
  return { client, link };
}
