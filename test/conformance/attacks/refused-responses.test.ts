/** @any-runtime */
import { afterAll, describe, expect, it } from "vitest";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { originConfig, startSite, withoutEvents } from "../../support/node/site.ts";

const origin = await startLocalOrigin("origin-a");
const site = await startSite([], {
  pools: [
    { id: "shop", origins: [originConfig(origin)], session: { may: ["patch", "principal", "end"] } },
    { id: "blog", origins: [originConfig(origin)] },
    { id: "ads", origins: [originConfig(origin)], session: { may: [] } },
  ],
  routes: [
    { path: "/assets/*", pool: "shop", session: false },
    { path: "/blog/*", pool: "blog" },
    { path: "/ads/*", pool: "ads" },
    { path: "/*", pool: "shop" },
  ],
  session: { maxAttributeBytes: 8_192 },
});
afterAll(async () => {
  await site.stop();
  await origin.stop();
});

const logged = () => withoutEvents(site.moor.logged);

/** The origin answers with these headers, byte for byte. Without them it answers with the claims of its handoff. */
function answerWith(headers: Record<string, string | string[]>) {
  origin.answers((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.end(String(request.headers["moor-session"]).split(".")[1]);
  });
}

/** A visitor with a basket. */
async function visitor() {
  const client = site.client();
  answerWith({ "Moor-Patch": '{"basket":"apples"}' });
  await client.ask("/", { method: "POST" });
  return client;
}

async function claimsOf(client: ReturnType<typeof site.client>) {
  answerWith({});
  return JSON.parse(Buffer.from((await client.ask("/")).text, "base64url").toString());
}

const deep = (levels: number): string => (levels === 0 ? "1" : `{"a":${deep(levels - 1)}}`);
const latin1 = (text: string) => Buffer.from(text, "utf8").toString("latin1");

const malformed: [string, Record<string, string | string[]>, string][] = [
  ["a patch that is not JSON", { "Moor-Patch": "{basket: 'S3CRET'}" }, "moor-patch"],
  ["a patch that breaks off", { "Moor-Patch": '{"basket":"S3CRET"' }, "moor-patch"],
  ["a patch that is a list", { "Moor-Patch": '["S3CRET"]' }, "moor-patch"],
  ["a patch that is a text", { "Moor-Patch": '"S3CRET"' }, "moor-patch"],
  ["a patch that is null", { "Moor-Patch": "null" }, "moor-patch"],
  ["an empty patch", { "Moor-Patch": "" }, "moor-patch"],
  ["a patch in bytes beyond ASCII", { "Moor-Patch": latin1('{"basket":"S3CRET é"}') }, "moor-patch"],
  ["a patch that nests too deep", { "Moor-Patch": deep(40) }, "moor-patch"],
  ["one bad patch among good ones", { "Moor-Patch": ['{"a":1}', "S3CRET", '{"b":1}'] }, "moor-patch"],
  ["65 patches", { "Moor-Patch": Array(65).fill('{"a":"S3CRET"}').join(",") }, "moor-patch"],
  ["patches of more than 16 KiB in all", { "Moor-Patch": Array(5).fill(`{"a":"${"x".repeat(3_400)}"}`) }, "moor-patch"],
  ["an empty principal", { "Moor-Principal": "" }, "moor-principal"],
  ["a principal with a space", { "Moor-Principal": "S3CRET user" }, "moor-principal"],
  ["a principal beyond ASCII", { "Moor-Principal": latin1("S3CRETé") }, "moor-principal"],
  ["a principal of 257 characters", { "Moor-Principal": "S".repeat(257) }, "moor-principal"],
  ["two principals", { "Moor-Principal": ["alice", "S3CRET"] }, "moor-principal"],
  ["a rotation that is not 1", { "Moor-Rotate": "true" }, "moor-rotate"],
  ["an end that is not 1", { "Moor-End": "0" }, "moor-end"],
  ["a version that is no number", { "Moor-Version": "S3CRET" }, "moor-version"],
  ["a version below 1", { "Moor-Version": "0" }, "moor-version"],
  ["a header that Moor does not know", { "Moor-Patches": '{"a":"S3CRET"}' }, "moor-patches"],
  ["a handoff in a response", { "Moor-Session": "S3CRET" }, "moor-session"],
];

describe("a response with", () => {
  it.each(malformed)("%s is refused whole, and the log says where and why", async (_, headers, header) => {
    const client = await visitor();
    const before = logged().length;
    answerWith({ "Moor-Patch": '{"basket":"S3CRET"}', "Set-Cookie": "own=1", ...headers });
    const answer = await client.ask("/", { method: "POST" });

    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.text)).toMatchObject({ code: "origin_change_refused" });
    expect(answer.setCookies).toEqual([]);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("moor-"))).toEqual([]);
    expect(await claimsOf(client)).toMatchObject({ ver: 1, gen: 0, data: { basket: "apples" } });

    await expect.poll(() => logged().length).toBe(before + 1);
    const entry = JSON.parse(logged().at(-1) ?? "");
    expect(entry).toMatchObject({ event: "origin_change_refused", origin: "origin-a", pool: "shop", header });
    expect(entry.reason).toMatch(/\S/);
    expect(logged().at(-1)).not.toContain("S3CRET");
  });

  it("attributes above the limit of a session is refused whole", async () => {
    const client = await visitor();
    answerWith({ "Moor-Patch": JSON.stringify({ a: "x".repeat(9_000) }) });
    expect((await client.ask("/", { method: "POST" })).status).toBe(502);
    expect(await claimsOf(client)).toMatchObject({ ver: 1, data: { basket: "apples" } });
    await expect.poll(() => logged().at(-1)).toMatch(/"origin_change_refused".*8192/);
  });

  it("a change that its pool may not ask for is refused, and names the permission", async () => {
    const client = await visitor();
    const asked: [string, Record<string, string>, string][] = [
      ["/blog/", { "Moor-Principal": "S3CRET" }, "principal"],
      ["/blog/", { "Moor-Rotate": "1" }, "principal"],
      ["/blog/", { "Moor-End": "1" }, "end"],
      ["/ads/", { "Moor-Patch": '{"basket":"S3CRET"}' }, "patch"],
    ];
    for (const [path, headers, permission] of asked) {
      answerWith(headers);
      expect((await client.ask(path)).status).toBe(502);
      await expect.poll(() => logged().at(-1)).toContain(`may not ask for \\"${permission}\\"`);
    }
    expect(await claimsOf(client)).toMatchObject({ ver: 1, gen: 0, data: { basket: "apples" } });
  });
});

describe("a change that comes out of a cache", () => {
  it.each([
    { Age: "0" },
    { Age: "17" },
    { "CF-Cache-Status": "HIT" },
    { "CF-Cache-Status": "STALE" },
    { "CF-Cache-Status": "REVALIDATED" },
    { "CF-Cache-Status": "UPDATING" },
    { "CF-Cache-Status": "anything else" },
  ])("(%o) reaches no visitor: a cached login would be everyone's", async (cached) => {
    const changes = [{ "Moor-Principal": "alice" }, { "Moor-Patch": '{"basket":"S3CRET"}' }, { "Moor-End": "1" }];
    for (const change of changes) {
      const client = await visitor();
      const before = logged().length;
      answerWith({ ...change, ...cached });
      const answer = await client.ask("/");
      expect(answer.status).toBe(502);
      expect(answer.setCookies).toEqual([]);
      expect(await claimsOf(client)).toMatchObject({ ver: 1, gen: 0, data: { basket: "apples" } });
      expect(await claimsOf(client)).not.toHaveProperty("sub");
      await expect.poll(() => logged()[before]).toMatch(/"origin_change_refused".*cache/);
    }
  });

  it.each(["MISS", "DYNAMIC", "BYPASS", "EXPIRED", "NONE/UNKNOWN", "miss"])(
    "does not, if the cache says %s",
    async (status) => {
      const client = await visitor();
      answerWith({ "Moor-Principal": "alice", "CF-Cache-Status": status });
      expect((await client.ask("/")).status).toBe(200);
      expect(await claimsOf(client)).toMatchObject({ sub: "alice" });
    },
  );

  it("is another thing than a cached page: that is passed on", async () => {
    const client = await visitor();
    answerWith({ Age: "17", "Cache-Control": "public, max-age=60" });
    expect((await client.ask("/")).status).toBe(200);
  });
});

describe("a route without sessions", () => {
  it("carries no handoff, and the changes that its origin asks for are dropped and logged", async () => {
    const client = await visitor();
    const before = logged().length;
    let handoff: unknown = "none was seen";
    origin.answers((request, response) => {
      handoff = request.headers["moor-session"];
      response.setHeader("Moor-Patch", '{"basket":"S3CRET"}').setHeader("Moor-Principal", "S3CRET").end("asset");
    });
    const answer = await client.ask("/assets/logo.svg");
    expect(answer).toMatchObject({ status: 200, setCookies: [] });
    expect(handoff).toBeUndefined();
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("moor-"))).toEqual([]);
    expect(await claimsOf(client)).toMatchObject({ ver: 1, gen: 0, data: { basket: "apples" } });
    await expect
      .poll(() => logged().slice(before).join("\n"))
      .toMatch(/origin_change_dropped.*moor-patch.*moor-principal/s);
  });

  it("says nothing of caching that its origin does not say", async () => {
    answerWith({});
    expect((await site.client().ask("/assets/logo.svg")).headers).not.toHaveProperty("cache-control");
  });
});

it("keeps keys, tokens, principals and attributes out of the log", () => {
  expect(site.indiscretions("alice", "apples", "S3CRET")).toEqual([]);
});
