/** @any-runtime */
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterAll, describe, expect, it } from "vitest";
import { packChanges } from "../../../src/sdk/origin/change-cookie.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { originConfig, startSite, withoutEvents } from "../../support/node/site.ts";

const origin = await startLocalOrigin("origin-a");
const site = await startSite([], {
  pools: [
    { id: "shop", origins: [originConfig(origin)], session: { may: ["patch", "principal", "end"] } },
    { id: "blog", origins: [originConfig(origin)] },
  ],
  routes: [
    { path: "/assets/*", pool: "shop", session: false },
    { path: "/blog/*", pool: "blog" },
    { path: "/*", pool: "shop" },
  ],
});
afterAll(async () => {
  await site.stop();
  await origin.stop();
});

type Entries = Parameters<typeof packChanges>[0];
type Shop = ReturnType<typeof site.client>;

const logged = () => withoutEvents(site.moor.logged);
const handoffOf = ({ headers }: IncomingMessage) => String(headers["moor-session"]);

/** A `Set-Cookie` of an origin that packs these headers for the request. */
async function packed(request: IncomingMessage, entries: Entries): Promise<string> {
  const { name, value } = await packChanges(entries, handoffOf(request));
  return `${name}=${value}; Path=/; HttpOnly`;
}

/** The origin answers each request by these `Set-Cookie` headers, and by the claims of its handoff. */
function answerWith(cookies: (request: IncomingMessage) => Promise<string[]> | string[], status = 200): void {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, { "Set-Cookie": await cookies(request) });
    response.end(status === 304 ? "" : handoffOf(request).split(".")[1]);
  };
  origin.answers((request, response) => void answer(request, response));
}

const answerPacked = (entries: Entries, status?: number) =>
  answerWith(async (request) => ["own=1; Path=/", await packed(request, entries)], status);

/** A visitor with a basket. */
async function visitor(): Promise<Shop> {
  const client = site.client();
  answerPacked([["Moor-Patch", '{"basket":"apples"}']]);
  await client.ask("/", { method: "POST" });
  return client;
}

async function claimsOf(client: Shop) {
  answerWith(() => []);
  return JSON.parse(Buffer.from((await client.ask("/")).text, "base64url").toString());
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("a change cookie", () => {
  it("asks for the same changes as headers, and does not reach the browser", async () => {
    const client = await visitor();
    answerPacked([
      ["Moor-Patch", '{"basket":"pears"}'],
      ["moor-patch", '{"coupon":"x, \\u00e9"}'],
      ["Moor-Principal", "alice"],
    ]);
    const answer = await client.ask("/login", { method: "POST" });
    expect(answer.status).toBe(200);
    expect(answer.setCookies.filter((cookie) => !cookie.startsWith("__Host-moor"))).toEqual(["own=1; Path=/"]);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("moor-"))).toEqual([]);
    expect(await claimsOf(client)).toMatchObject({ sub: "alice", gen: 1, data: { basket: "pears", coupon: "x, é" } });
  });

  it.each([303, 304, 404, 500])("counts in a response of status %d", async (status) => {
    const client = await visitor();
    answerPacked([["Moor-Patch", `{"status":${status}}`]], status);
    const answer = await client.ask("/");
    expect(answer.status).toBe(status);
    expect(answer.setCookies.join()).not.toContain("moor-change");
    expect(await claimsOf(client)).toMatchObject({ data: { basket: "apples", status } });
  });

  it("may come several times in a response, and beside headers: they count in their order", async () => {
    const client = await visitor();
    const answer = async (request: IncomingMessage, response: ServerResponse) => {
      response.setHeader("Moor-Patch", '{"n":1,"header":1}');
      response.setHeader("Set-Cookie", [
        await packed(request, [["Moor-Patch", '{"n":2,"first":1}']]),
        await packed(request, [["Moor-Patch", '{"n":3}']]),
      ]);
      response.end();
    };
    origin.answers((request, response) => void answer(request, response));
    expect((await client.ask("/")).status).toBe(200);
    expect((await claimsOf(client)).data).toEqual({ basket: "apples", n: 3, header: 1, first: 1 });
  });

  it("carries a patch of the largest size", async () => {
    const client = await visitor();
    const line = (name: string) => `{"${name}":"${"x".repeat(4_000)}"}`;
    answerPacked(["a", "b", "c", "d"].map((name) => ["Moor-Patch", line(name)]));
    expect((await client.ask("/")).status).toBe(200);
    expect(await claimsOf(client)).toMatchObject({ ver: 2 });
  });

  it("logs a visitor out", async () => {
    const client = await visitor();
    answerPacked([["Moor-End", "1"]]);
    await client.ask("/logout", { method: "POST" });
    expect(client.token).toBeUndefined();
    expect(await claimsOf(client)).toMatchObject({ new: true });
  });

  it("may ask for as much as its pool", async () => {
    const client = await visitor();
    answerPacked([["Moor-Principal", "S3CRET"]]);
    expect((await client.ask("/blog/")).status).toBe(502);
    await expect.poll(() => logged().at(-1)).toContain('may not ask for \\"principal\\"');
    expect(await claimsOf(client)).toMatchObject({ ver: 1, gen: 0 });
  });

  it("is dropped and logged on a route without a session", async () => {
    const client = await visitor();
    const before = logged().length;
    answerWith(() => ["own=1", "moor-change=S3CRET.S3CRET"]);
    expect((await client.ask("/assets/logo.svg")).setCookies).toEqual(["own=1"]);
    await expect.poll(() => logged().slice(before).join()).toContain("moor-change");
  });
});

const patch: Entries = [["Moor-Patch", '{"basket":"S3CRET"}']];
const packedBy = async (entries: Entries, key: string) => (await packChanges(entries, key)).value;

describe("a response is refused whole if it has a change cookie", () => {
  const stolen: { value: string } = { value: "" };
  it.each<[string, (request: IncomingMessage) => Promise<string> | string]>([
    ["that a visitor has made up, and the application has echoed", () => `${base64url(patch)}.${"A".repeat(43)}`],
    ["without a proof", () => base64url(patch)],
    ["of another visitor's response, as a cache would keep it", () => stolen.value],
    ["that was packed with a text that visitors know", ({ headers }) => packedBy(patch, String(headers.host))],
    ["that was packed with no handoff", () => packedBy(patch, "-")],
    [
      "with a proof for another payload",
      async (request) => {
        const [, proof] = (await packedBy([], handoffOf(request))).split(".");
        return `${base64url(patch)}.${proof}`;
      },
    ],
    ["with a third part", async (request) => `${await packedBy(patch, handoffOf(request))}.x`],
    ["with a header that is no change", (request) => packedBy([["Location", "S3CRET"]], handoffOf(request))],
    ["with Moor's own token", (request) => packedBy([["Set-Cookie", "__Host-moor=S3CRET"]], handoffOf(request))],
    ["that closes its origin", (request) => packedBy([["Moor-Closed", "60"]], handoffOf(request))],
    ["with a line break", (request) => packedBy([["Moor-Patch", '{"a":1}\r\nX-S3CRET: 1']], handoffOf(request))],
    ["whose patch is no JSON", (request) => packedBy([["Moor-Patch", "{S3CRET"]], handoffOf(request))],
    ["that holds an object", (request) => packedBy({ "Moor-End": "1" } as never, handoffOf(request))],
    ["that holds texts", (request) => packedBy(["Moor-End"] as never, handoffOf(request))],
    ["that holds no text as a value", (request) => packedBy([["Moor-End", 1]] as never, handoffOf(request))],
    [
      "of more than 32 KiB",
      (request) => packedBy([["Moor-Patch", `{"a":"${"x".repeat(25_000)}"}`]], handoffOf(request)),
    ],
    ["that is empty", () => ""],
  ])("%s", async (name, value) => {
    const other = await visitor();
    answerWith(async (request) => {
      stolen.value = await packedBy(patch, handoffOf(request));
      return [];
    });
    await other.ask("/");
    const client = await visitor();
    const before = logged().length;
    answerWith(async (request) => ["own=1", `moor-change=${await value(request)}; Path=/`]);
    const answer = await client.ask("/", { method: "POST" });

    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.text)).toMatchObject({ code: "origin_change_refused" });
    expect(answer.setCookies).toEqual([]);
    expect(await claimsOf(client)).toMatchObject({ ver: 1, gen: 0, data: { basket: "apples" } });
    // The patch in a cookie that fits is judged as that of a header is.
    const header = name.includes("patch is no JSON") ? "moor-patch" : "moor-change";
    await expect
      .poll(() => JSON.parse(logged()[before] ?? "{}"))
      .toMatchObject({ event: "origin_change_refused", header });
    expect(logged()[before]).not.toContain("S3CRET");
  });
});

it("keeps a change that a visitor sends as a cookie from being one", async () => {
  const client = await visitor();
  client.cookies.set("moor-change", `${base64url(patch)}.${"A".repeat(43)}`);
  expect(await claimsOf(client)).toMatchObject({ ver: 1, data: { basket: "apples" } });
});
