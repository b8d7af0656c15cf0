/** @quick */
import { afterAll, describe, expect, it } from "vitest";
import { signDebugToken } from "../../../src/inbound/token/debug-token.ts";
import { parseKeyRing } from "../../../src/inbound/token/key-ring.ts";
import type { Asking } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { DEAD_PORT } from "../../support/node/ports.ts";
import { originConfig, startSite } from "../../support/node/site.ts";
import { explained } from "../../support/node/stores.ts";

const [one, other] = await Promise.all([startOrigin("a"), startOrigin("b")]);
const gone = { name: "gone", url: `http://127.0.0.1:${DEAD_PORT}` };
const site = await startSite([], {
  metrics: true,
  pools: [
    { id: "shop", origins: [originConfig(one)] },
    { id: "half", origins: [originConfig(one), originConfig(gone)] },
    {
      id: "backed",
      origins: [
        { ...originConfig(one), down: true },
        { ...originConfig(other), backup: true },
      ],
    },
    { id: "learns", origins: [originConfig(one), originConfig(other)], learn: { cookie: "app" } },
    { id: "gone", origins: [originConfig(gone)] },
  ],
  routes: [
    { path: "/loud/*", pool: "shop", explain: true },
    { path: "/strict/*", pool: "shop", freshness: "strict", explain: true },
    { path: "/loud-assets/*", pool: "shop", session: false, explain: true },
    { path: "/half/*", pool: "half", explain: true },
    { path: "/backed/*", pool: "backed", explain: true },
    { path: "/learns/*", pool: "learns", explain: true },
    { path: "/gone", pool: "gone" },
    { path: "/assets/*", pool: "shop", session: false },
    { path: "/*", pool: "shop" },
  ],
});
afterAll(() => Promise.all([site.stop(), one.kill(), other.kill()]));

const ring = parseKeyRing(site.moor.keys.token, "MOOR_TOKEN_KEYS");
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const debugging = async (token = signDebugToken(ring, inSeconds(60)), headers = {}): Promise<Asking> => ({
  headers: { ...headers, "Moor-Debug": await token },
});

describe("a route that explains itself", () => {
  it("tells client and origin how a request was decided, other routes nothing", async () => {
    const client = site.client();
    const answer = await client.ask("/loud/?set=basket:tea");
    expect(explained(answer)).toMatch(
      /^session=none; version=0; took=\d+ms; route=\/loud\/\*; origin=a; attempts=1; chosen=affinity; written=object; calls=object:1$/,
    );
    expect(answer.told.headers["moor-explain"]).toMatch(/^session=none; version=0; took=\d+ms; route=\/loud\/\*$/);
    const quiet = await client.ask("/");
    expect(quiet.headers["server-timing"]).toBeUndefined();
    expect(quiet.told.headers["moor-explain"]).toBeUndefined();
  });

  it("tells which store calls a request has cost: one call for a strict read, and no call for an answer from memory", async () => {
    const client = site.client();
    await client.ask("/loud/?set=basket:tea");
    await client.ask("/strict/");
    expect(explained(await client.ask("/strict/"))).toMatch(/^session=object; version=1; .*; calls=object:1$/);
    expect(explained(await client.ask("/strict/?set=basket:milk"))).toMatch(/; written=object; calls=object:2$/);
  });

  it("explains requests without a session too", async () => {
    expect(explained(await site.client().ask("/loud-assets/logo.png"))).toBe(
      "route=/loud-assets/*; origin=a; attempts=1; chosen=affinity",
    );
  });
});

describe("why an origin was chosen", () => {
  const pathsOf = async (path: string, times: number) => {
    const told: string[] = [];
    for (let time = 0; time < times; time++) told.push(explained(await site.client().ask(path)));
    return told;
  };

  it("is affinity, or that the session's own does not answer, and then that it is ejected", async () => {
    const told = await pathsOf("/half/", 40);
    const reasons = told.map((text) => /origin=a; attempts=\d; chosen=([a-z-]+)/.exec(text)?.[1]);
    expect(new Set(reasons)).toEqual(new Set(["affinity", "failover", "ejected-other"]));
    expect(reasons.indexOf("failover")).toBeLessThan(reasons.indexOf("ejected-other"));
    expect(told.find((text) => text.includes("failover"))).toContain("attempts=3");
  });

  it("is that only a backup was left", async () => {
    expect(explained(await site.client().ask("/backed/"))).toContain("origin=b; attempts=1; chosen=backup");
  });

  it("is that the application's cookie names it", async () => {
    const headers = { Cookie: "app=x.b" };
    expect(explained(await site.client().ask("/learns/", { headers }))).toContain(
      "origin=b; attempts=1; chosen=learned",
    );
  });
});

describe("headers about caching", () => {
  const CACHED = "header=Cache-Control:public,max-age=600&header=CDN-Cache-Control:max-age=600";

  it("are named when a token replaces them, and only then", async () => {
    const client = site.client();
    const given = await client.ask(`/loud/?set=basket:tea&${CACHED}`);
    expect(explained(given)).toContain("; uncached=Cache-Control,CDN-Cache-Control");
    expect(given.headers["cache-control"]).toBe("private, no-store");
    expect(given.headers["cdn-cache-control"]).toBeUndefined();
    await client.ask("/loud/");
    const kept = await client.ask(`/loud/?${CACHED}`);
    expect(kept.setCookies).toEqual([]);
    expect(explained(kept)).not.toContain("uncached");
    expect(kept.headers["cdn-cache-control"]).toBe("max-age=600");
  });
});

describe("a debug token", () => {
  it("has its request explained, to the client alone", async () => {
    const answer = await site.client().ask("/", await debugging());
    expect(explained(answer)).toMatch(/^session=none; .*route=\/\*; origin=a; attempts=1; chosen=affinity$/);
    const sent = Object.keys(answer.told.headers).filter((name) => name.startsWith("moor-"));
    expect(sent).toEqual(["moor-session"]);
  });

  it.each(["/?header=Cache-Control:public,max-age=600&header=CDN-Cache-Control:max-age=600", "/assets/logo.png"])(
    "keeps every cache from the responses that it has had explained: %s",
    async (path) => {
      const client = site.client();
      await client.ask("/");
      const answer = await client.ask(path, await debugging());
      expect(explained(answer)).toContain("origin=a");
      expect(answer.setCookies).toEqual([]);
      expect(answer.headers["cache-control"]).toBe("private, no-store");
      expect(answer.headers["cdn-cache-control"]).toBeUndefined();
    },
  );

  it("changes nothing else: neither where a request goes nor its possible cost", async () => {
    const client = site.client();
    await client.ask("/?set=basket:tea");
    await client.ask("/");
    const plain = await client.send("/");
    const debugged = await client.send("/", await debugging());
    const seen = ({ status, told, setCookies }: typeof plain) => [status, told.server, told.session.sid, setCookies];
    expect(seen(debugged)).toEqual(seen(plain));
    const asset = await client.send("/assets/x", await debugging());
    expect(asset.told.headers).toEqual((await client.send("/assets/x")).told.headers);
  });

  it("has failures explained, too", async () => {
    const answer = await site.client().ask("/gone", await debugging());
    expect([answer.status, answer.headers["cache-control"]]).toEqual([502, "no-store"]);
    expect(explained(answer)).toMatch(/route=\/gone; attempts=2$/);
  });

  const forged = signDebugToken([{ id: 1, secret: new Uint8Array(32) }], inSeconds(60));
  const expired = signDebugToken(ring, inSeconds(-1));
  const endless = signDebugToken(ring, inSeconds(90_000));
  const longer = signDebugToken(ring, inSeconds(60)).then((token) => token.replace(/^\d+/, String(inSeconds(600))));
  it.each([
    ["is none", Promise.resolve("please")],
    ["is empty", Promise.resolve("")],
    ["is forged", forged],
    ["has expired", expired],
    ["would be valid for more than a day", endless],
    ["was made to last longer", longer],
    [
      "is a session's",
      site
        .client()
        .ask("/")
        .then(({ setCookies }) => /=([^;]+)/.exec(setCookies[0] ?? "")?.[1] ?? ""),
    ],
  ])("that %s is ignored in silence, and never reaches the origin", async (_what, token) => {
    const plain = await site.client().ask("/");
    const answer = await site.client().ask("/", await debugging(token));
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.headers).sort()).toEqual(Object.keys(plain.headers).sort());
    expect(answer.told.headers["moor-debug"]).toBeUndefined();
    expect(site.moor.logged.filter((line) => /debug/i.test(line))).toEqual([]);
  });
});
