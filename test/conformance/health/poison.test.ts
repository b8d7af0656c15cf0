/** @any-runtime */
/** @needs nginx */
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import WebSocket from "ws";
import type { PoolConfig } from "../../../src/config/pool-types.ts";
import type { Client } from "../../support/node/client.ts";
import { startNginx } from "../../support/node/nginx.ts";
import { freePort } from "../../support/node/ports.ts";
import { type RawOrigin, rawResponse, startRawOrigin } from "../../support/node/raw-origin.ts";
import { type Site, startSite } from "../../support/node/site.ts";

let site: Site;
let stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await site.stop();
  for (const stop of stops.splice(0)) await stop();
});

interface Visitor {
  readonly client: Client;
  readonly home: string;
}

async function visitors(count: number): Promise<Visitor[]> {
  const all: Visitor[] = [];
  for (let visitor = 0; visitor < count; visitor++) {
    const client = site.client();
    all.push({ client, home: (await client.ask("/")).text });
  }
  return all;
}

/** The number of refused visitors, and of visitors that another origin than theirs serves. */
async function harmed(all: readonly Visitor[]): Promise<{ refused: number; moved: number }> {
  const answers = [];
  for (const { client } of all) answers.push(await client.ask("/"));
  const refused = answers.filter(({ status }) => status !== 200).length;
  const moved = answers.filter(({ text }, index) => text !== all[index]?.home).length;
  return { refused, moved: moved - refused };
}
const NOBODY = { refused: 0, moved: 0 };
const ejections = () => site.moor.logged.filter((line) => line.includes('"event":"origin_ejected"'));

/** The behaviour of an origin for `/drop`. It answers other requests with its name. */
type Drop = (socket: Socket) => void;
const DROPS: [string, Drop][] = [
  ["close without an answer", (socket) => socket.end()],
  ["reset", (socket) => socket.resetAndDestroy()],
  ["answer with half a header", (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Le")],
];

async function startDropping(drop: Drop, names: string[], pool: Partial<PoolConfig> = {}): Promise<RawOrigin[]> {
  const origins = await Promise.all(names.map(startRawOrigin));
  stops = origins.map(({ stop }) => stop);
  for (const origin of origins) {
    origin.answers(({ head }, socket) => {
      if (/^\w+ \/drop/.test(head)) drop(socket);
      else socket.write(rawResponse(origin.name));
    });
  }
  site = await startSite(origins, { pool });
  return origins;
}
const dropped = (origins: readonly RawOrigin[]) =>
  origins.flatMap(({ requests }) => requests).filter(({ head }) => /^\w+ \/drop/.test(head)).length;

describe.each(DROPS)("a request on which all origins %s", (_what, drop) => {
  it("reaches two of them, twice each, and harms no visitor", async () => {
    const origins = await startDropping(drop, ["a", "b", "c"]);
    const all = await visitors(30);
    expect((await site.client().ask("/drop")).status).toBe(502);
    expect(dropped(origins)).toBe(4);
    expect(await harmed(all)).toEqual(NOBODY);
    expect(ejections()).toEqual([]);
  });

  it("reaches one origin, once, where it cannot be sent again, and harms no visitor", async () => {
    const origins = await startDropping(drop, ["a", "b", "c"]);
    const all = await visitors(30);
    for (let post = 0; post < 12; post++) {
      expect((await site.client().ask("/drop", { method: "POST", body: "x" })).status).toBe(502);
    }
    expect(dropped(origins)).toBe(12);
    expect(await harmed(all)).toEqual(NOBODY);
    expect(ejections()).toEqual([]);
  });
});

describe("a scanner among forty visitors", () => {
  it.each([
    ["by default", {}],
    ["with strict affinity", { strictAffinity: true }],
    ["of a pool whose origins drop checks as well", {}],
  ])("harms none of them: %s", async (what, pool) => {
    const origins = await startDropping((socket) => socket.destroy(), ["a", "b", "c", "d"], pool);
    if (what.includes("drop checks")) {
      for (const origin of origins) {
        origin.answers(({ method, head }, socket) => {
          if (method === "HEAD" || head.startsWith("GET /drop")) socket.destroy();
          else socket.write(rawResponse(origin.name));
        });
      }
    }
    const all = await visitors(40);
    for (let second = 0; second < 3; second++) {
      await Promise.all(Array.from({ length: 5 }, () => site.client().ask("/drop")));
      expect(await harmed(all)).toEqual(NOBODY);
      await pause(1_000);
    }
    expect(ejections()).toEqual([]);
  });
});

describe("a client whose GETs all origins drop, on and on", () => {
  it("leaves other clients the retries that they need when an origin dies", async () => {
    const origins = await startDropping((socket) => socket.destroy(), ["a", "b", "c"]);
    // So many that ten of them are of each origin, but for a chance of one in a million.
    const all = await visitors(90);
    const scanner = site.client();
    // The session tells that all scans are of the same client. Behind a trusted proxy its address does.
    const headers = { "X-Forwarded-For": "203.0.113.9" };
    await scanner.ask("/", { headers });
    for (let scan = 0; scan < 40; scan++) await scanner.ask("/drop", { headers });
    await expect.poll(() => site.moor.logged.join("\n")).toContain("unreachable; the retry budget is spent");
    origins[0]?.answers((_, socket) => socket.destroy());
    const ofTheDead = all.filter(({ home }) => home === "a").slice(0, 10);
    expect(ofTheDead.length).toBeGreaterThan(2);
    // Behind a trusted proxy, visitors of one address would be one client.
    const ask = ({ client }: Visitor, at: number) =>
      client.ask("/", { headers: { "X-Forwarded-For": `198.51.100.${at}` } });
    const answers = await Promise.all(ofTheDead.map(ask));
    expect(answers.map(({ status }) => status)).toEqual(ofTheDead.map(() => 200));
  });
});

describe("a WebSocket that all origins break off", () => {
  it("reaches one origin, once, and harms no visitor", async () => {
    const origins = await startDropping((socket) => socket.destroy(), ["a", "b", "c"]);
    const all = await visitors(30);
    for (let attempt = 0; attempt < 3; attempt++) {
      const socket = new WebSocket(`ws://127.0.0.1:${site.moor.port}/drop`, {
        headers: { "X-Forwarded-Proto": "https" },
      });
      await new Promise((resolve) => socket.on("error", resolve).on("close", resolve));
    }
    expect(dropped(origins)).toBe(3);
    expect(await harmed(all)).toEqual(NOBODY);
    expect(ejections()).toEqual([]);
  });
});

describe("six pages of one visitor that take longer than the deadline", () => {
  it.each([
    ["beside others", 30],
    ["of a site that nobody else visits", 0],
  ])("run once each, are late at the deadline, and harm nobody: %s", async (_what, count) => {
    const origins = await startDropping(() => {}, ["a", "b", "c", "d", "e"], { attemptDeadlineMs: 2_000 });
    const [slow, ...all] = await visitors(count + 1);
    const pages = Array.from({ length: 6 }, () => slow?.client.ask("/drop"));
    await expect.poll(() => dropped(origins)).toBe(6);
    expect(await harmed(all)).toEqual(NOBODY);
    expect((await Promise.all(pages)).map((page) => page?.status)).toEqual(Array(6).fill(504));
    expect(dropped(origins)).toBe(6);
    expect(await harmed(slow ? [slow, ...all] : all)).toEqual(NOBODY);
    expect(ejections()).toEqual([]);
  });
});

describe("a real nginx that closes the connections of scanners (return 444)", () => {
  it("keeps all of its visitors", async () => {
    const names = ["a", "b", "c"];
    const ports = await Promise.all(names.map(freePort));
    const servers = names.map(
      (name, index) =>
        `server { listen 127.0.0.1:${ports[index]}; location / { return 200 ${name}; } location ~ /\\.git { return 444; } }`,
    );
    const nginx = await startNginx(servers.join("\n"), ports[0] as number);
    stops = [nginx.stop];
    site = await startSite(names.map((name, index) => ({ name, url: `http://127.0.0.1:${ports[index]}` })));
    const all = await visitors(60);
    expect(new Set(all.map(({ home }) => home)).size).toBe(3);
    expect((await site.client().ask("/.git/config")).status).toBe(502);
    expect(await harmed(all)).toEqual(NOBODY);
    expect(ejections()).toEqual([]);
  });
});
