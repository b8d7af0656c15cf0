/** @needs apache2-bin chromium nginx */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { launchBrowser } from "../../demo/visitor.ts";
import { startApache } from "../../support/node/apache.ts";
import { Client } from "../../support/node/client.ts";
import { type LocalOrigin, startLocalOrigin } from "../../support/node/local-origin.ts";
import { startNginx } from "../../support/node/nginx.ts";
import { freePort } from "../../support/node/ports.ts";
import { type Site, startSite } from "../../support/node/site.ts";
import { describeWithTestPackages, requireTestPackage } from "../../support/node/test-packages.ts";

const PAGE = "<p>the same page for every visitor</p>".repeat(50);
const folder = await mkdtemp(join(tmpdir(), "moor-conditional-"));
await writeFile(join(folder, "file.txt"), PAGE);
afterAll(() => rm(folder, { recursive: true }));

/** Has a listener answer in front of Moor and without Moor. The first request has founded the client's session. */
async function siteOf(listener: RequestListener): Promise<{ origin: LocalOrigin; site: Site; client: Client }> {
  const origin = await startLocalOrigin("a");
  origin.answers((request, response) => {
    if (request.url !== "/found") return listener(request, response);
    response.setHeader("Moor-Patch", '{"a":1}').end();
  });
  const site = await startSite([origin]);
  onTestFinished(async () => {
    await site.stop();
    await origin.stop();
  });
  const client = site.client();
  await client.ask("/found");
  return { origin, site, client };
}

/** The answers to requests with the validators of an earlier answer. */
async function revalidated(client: Client, path: string) {
  const { etag, "last-modified": modified } = (await client.ask(path)).headers;
  const again = async (name: string, value: unknown) => {
    if (value === undefined) return undefined;
    const { status, headers, text } = await client.ask(path, { headers: { [name]: String(value) } });
    return { status, etag: headers.etag, bytes: text.length };
  };
  return {
    etag: await again("If-None-Match", etag),
    date: await again("If-Modified-Since", modified),
    other: await again("If-None-Match", '"another version"'),
  };
}

/** Compares how a server revalidates a page directly, and on a route with sessions. */
function revalidatesAlike(
  listener: () => RequestListener | Promise<RequestListener>,
  path: string,
  by: "etag" | "date",
) {
  it.each([path])("answers %s with 304 through Moor as it does directly", async () => {
    const { origin, client } = await siteOf(await listener());
    const direct = await revalidated(new Client(origin.port), path);
    expect(direct).toMatchObject({ [by]: { status: 304, bytes: 0 }, other: { status: 200, bytes: PAGE.length } });
    expect(await revalidated(client, path)).toEqual(direct);
  });
}

const app = express();
app.get("/page", (_, response) => void response.send(PAGE));
app.use(express.static(folder));
describe("Express", () => {
  revalidatesAlike(() => app, "/page", "etag");
  revalidatesAlike(() => app, "/file.txt", "etag");
  revalidatesAlike(() => app, "/file.txt", "date");
});

describeWithTestPackages(() => {
  it.each<[string, () => RequestListener]>([
    ["Koa", koaPage],
    ["the code by which Next.js answers pages", nextPage],
    ["the code by which Next.js answers files", nextFile],
  ])("%s answers 304 through Moor as it does directly", async (_name, listener) => {
    const { origin, client } = await siteOf(listener());
    const direct = await revalidated(new Client(origin.port), "/page");
    expect(direct).toMatchObject({ etag: { status: 304, bytes: 0 }, other: { status: 200, bytes: PAGE.length } });
    expect(await revalidated(client, "/page")).toEqual(direct);
  });
});

function koaPage(): RequestListener {
  const Koa = requireTestPackage("koa");
  const koa = new Koa();
  koa.use((context: { body: string; fresh: boolean; status: number; response: { etag: string } }) => {
    context.body = PAGE;
    context.response.etag = "of-the-page";
    // Koa leaves it to the application to ask whether the client has the page already.
    if (context.fresh) context.status = 304;
  });
  return koa.callback();
}

function nextPage(): RequestListener {
  const { sendEtagResponse } = requireTestPackage("next/dist/server/send-payload");
  return (request, response) => {
    if (!sendEtagResponse(request, response, '"of-the-page"')) response.end(PAGE);
  };
}

function nextFile(): RequestListener {
  const { serveStatic } = requireTestPackage("next/dist/server/serve-static");
  return (request, response) => void serveStatic(request, response, join(folder, "file.txt"), { root: "/" });
}

describe("nginx", () => {
  it("answers a file with 304 through Moor as it does directly", async () => {
    const port = await freePort();
    const nginx = await startNginx(
      `server { listen 127.0.0.1:${port}; location / { root ${folder}; } location = /found { add_header Moor-Patch '{"a":1}'; return 204; } }`,
      port,
    );
    const url = `http://127.0.0.1:${port}`;
    const site = await startSite([{ name: "a", url }]);
    onTestFinished(async () => {
      await site.stop();
      await nginx.stop();
    });
    const client = site.client();
    await client.ask("/found");
    const direct = await revalidated(new Client(port), "/file.txt");
    expect(direct).toMatchObject({ etag: { status: 304 }, date: { status: 304 }, other: { status: 200 } });
    expect(await revalidated(client, "/file.txt")).toEqual(direct);
  });
});

describe("a cache of RFC 9111 between Moor and an origin", () => {
  let [origin, site]: [LocalOrigin?, Site?] = [];
  let apache: Awaited<ReturnType<typeof startApache>> | undefined;
  let served = 0;
  const WITHOUT_SESSION = { "X-Plain": "1" };
  const askFor = async (client: Client, path: string, headers = {}) =>
    Number((await client.ask(path, { headers })).text);

  beforeAll(async () => {
    origin = await startLocalOrigin("a");
    origin.answers((_, response) => {
      response.setHeader("Cache-Control", "public, max-age=600").setHeader("ETag", `"${served}"`).end(String(++served));
    });
    const port = await freePort();
    const load = (name: string) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`;
    apache = await startApache(
      `${["proxy", "proxy_http", "cache", "cache_disk"].map(load).join("\n")}
CacheEnable disk /
CacheRoot ${folder}
ProxyPass / ${origin.url}/`,
      port,
    );
    site = await startSite([], {
      pools: [{ id: "shop", origins: [{ id: "a", url: `http://127.0.0.1:${port}` }] }],
      routes: [
        { path: "/*", headers: [{ name: "X-Plain" }], pool: "shop", session: false },
        { path: "/*", pool: "shop" },
      ],
    });
  });
  afterAll(async () => {
    await site?.stop();
    await apache?.stop();
    await origin?.stop();
  });

  it("serves a request without a session from its store", async () => {
    const client = site?.client() as Client;
    const first = await askFor(client, "/asset", WITHOUT_SESSION);
    expect(await askFor(client, "/asset", WITHOUT_SESSION)).toBe(first);
  });

  it.each<[string, Record<string, string>]>([
    ["that says nothing of caches", {}],
    ["that accepts what is stale", { "Cache-Control": "max-stale" }],
    ["that wants the stored answer alone", { "Cache-Control": "only-if-cached" }],
    ["that reloads", { "Cache-Control": "max-age=0" }],
    ["that reloads everything", { "Cache-Control": "no-cache", Pragma: "no-cache" }],
  ])("neither stores nor serves the page of a session, for a client %s", async (_what, headers) => {
    const client = site?.client() as Client;
    const first = await askFor(client, "/page", headers);
    expect(await askFor(client, "/page", headers)).toBe(first + 1);
    expect(await askFor(client, `/page?${first}`, WITHOUT_SESSION)).toBe(first + 2);
    // A session does not meet the answer that is stored now.
    expect(await askFor(client, `/page?${first}`, headers)).toBe(first + 3);
  });
});

describe("a token that is news on a 304", () => {
  it("reaches a browser, which shows the page that it has stored", async () => {
    const seen: { version: number; held: boolean }[] = [];
    const pages = express();
    pages.get("/", (request, response) => {
      const handoff = String(request.headers["moor-session"]).split(".")[1] as string;
      const held = "if-none-match" in request.headers;
      // The change goes with the first 304.
      if (held && !seen.some((earlier) => earlier.held)) response.setHeader("Moor-Patch", '{"b":2}');
      seen.push({ version: JSON.parse(Buffer.from(handoff, "base64url").toString()).ver, held });
      response.setHeader("Cache-Control", "no-cache").setHeader("ETag", '"page"').send(PAGE);
    });
    const { site } = await siteOf(pages);
    const browser = await launchBrowser();
    const page = await browser.newPage();
    await page.goto(`http://localhost:${site.moor.port}/found`);
    // The first pages may bring a token because it came back for the first time, and are not stored.
    for (let visit = 0; visit < 5 && !seen.at(-2)?.held; visit++) {
      await page.goto(`http://localhost:${site.moor.port}/`);
      expect(await page.content()).toContain("the same page");
    }
    await browser.close();
    expect(seen.slice(-2)).toEqual([
      { version: 1, held: true },
      // The token came with the 304, and the browser no longer holds the page.
      { version: 2, held: false },
    ]);
  });
});
