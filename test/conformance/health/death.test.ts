import { afterEach, describe, expect, it } from "vitest";
import type { Client } from "../../support/node/client.ts";
import { type RunningOrigin, startOrigin } from "../../support/node/origins.ts";
import { type RawOrigin, rawResponse, startRawOrigin } from "../../support/node/raw-origin.ts";
import { type Site, type SiteOptions, startSite } from "../../support/node/site.ts";

let site: Site;
let stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await site.stop();
  for (const stop of stops.splice(0)) await stop();
});

/** Longer than a step of a test takes. Tests move the clock to the end of an ejection. */
const EJECTION_SECONDS = 30;
const EXACT = { outlierDetection: { baseEjectionSeconds: EJECTION_SECONDS, maxEjectionJitterSeconds: 0 } };

async function startRaw(names: string[], pool: SiteOptions["pool"] = {}): Promise<RawOrigin[]> {
  const origins = await Promise.all(names.map(startRawOrigin));
  stops = origins.map(({ stop }) => stop);
  site = await startSite(origins, { pool, watched: true });
  return origins;
}
async function startProcesses(names: string[], pool: SiteOptions["pool"] = {}): Promise<RunningOrigin[]> {
  const origins = await Promise.all(names.map((name) => startOrigin(name)));
  stops = origins.map(({ kill }) => kill);
  site = await startSite(origins, { pool, watched: true });
  return origins;
}
const status = async (client: Client, method: string) =>
  (await client.ask("/", method === "POST" ? { method, body: "x" } : {})).status;
const eventsOf = (name: string) =>
  site.moor.logged.filter((line) => line.includes(`"event":"${name}"`)).map((line) => JSON.parse(line).origin);

/** A visitor of an origin, by the origin's name in the answers. */
async function visitorOf(name: string, nameOf: (client: Client) => Promise<string | undefined>): Promise<Client> {
  for (;;) {
    const client = site.client();
    if ((await nameOf(client)) === name) return client;
  }
}
const byText = async (client: Client) => (await client.ask("/")).text;
const byServer = async (client: Client) => (await client.ask("/")).told.server;

/** Answers visitors and checks in Cloudflare's words, as in a deploy. */
const cloudflares = (origin: RawOrigin, code: number) =>
  origin.answers((_, socket) =>
    socket.write(`HTTP/1.1 ${code} Down\r\nServer: cloudflare\r\nContent-Length: 0\r\n\r\n`),
  );

describe("an origin that dies", () => {
  it("costs a lone visitor one POST, and the visitor has left it by then", async () => {
    const [a] = await startProcesses(["a", "b", "c"]);
    const client = await visitorOf("a", byServer);
    await a?.kill();
    expect(await status(client, "POST")).toBe(502);
    await expect.poll(() => eventsOf("origin_ejected")).toEqual(["a"]);
    for (let post = 0; post < 4; post++) expect(await status(client, "POST")).toBe(200);
  });

  it.each([521, 522, 523, 525, 526, 530])(
    "costs no request at all where Cloudflare says that nothing was sent: %i",
    async (code) => {
      const [a] = await startRaw(["a", "b", "c"]);
      const client = await visitorOf("a", byText);
      cloudflares(a as RawOrigin, code);
      for (const method of ["POST", "GET", "POST"]) expect(await status(client, method)).toBe(200);
      await expect.poll(() => eventsOf("origin_ejected")).toEqual(["a"]);
    },
  );

  it.each([520, 524, 527])(
    "has taken requests that cannot be sent again, where Cloudflare does not say otherwise: %i",
    async (code) => {
      const [a, ...others] = await startRaw(["a", "b", "c"]);
      const client = await visitorOf("a", byText);
      cloudflares(a as RawOrigin, code);
      for (const origin of others) origin.requests.length = 0;
      expect(await status(client, "POST")).toBe(code === 524 ? 504 : 502);
      expect(others.flatMap(({ requests }) => requests)).toEqual([]);
    },
  );

  it("is found out by a body that streams, which counts for nothing itself", async () => {
    const [a] = await startProcesses(["a", "b"]);
    const client = await visitorOf("a", byServer);
    await a?.kill();
    expect((await client.ask("/", { method: "POST", body: "x".repeat(70_000) })).status).toBe(502);
    await expect.poll(() => eventsOf("origin_ejected")).toEqual(["a"]);
  });

  /** Three origins that a request for `/crash` kills. Dead origins answer nobody. */
  async function startMortal(): Promise<Set<string>> {
    const dead = new Set<string>();
    for (const origin of await startRaw(["a", "b", "c"])) {
      origin.answers(({ head }, socket) => {
        if (head.startsWith("GET /crash")) dead.add(origin.name);
        if (dead.has(origin.name)) socket.destroy();
        else socket.write(rawResponse(origin.name));
      });
    }
    return dead;
  }

  it("takes no other with it: a request that kills its server meets two of three", async () => {
    const dead = await startMortal();
    const all = await Promise.all(Array.from({ length: 20 }, () => site.client()));
    for (const client of all) await client.ask("/");
    expect((await site.client().ask("/crash")).status).toBe(502);
    expect(dead.size).toBe(2);
    for (const client of all) expect(await status(client, "GET")).toBe(200);
  });

  it("takes no third with it because all origins were silent to a check before they answered visitors again", async () => {
    const dead = await startMortal();
    for (const name of ["a", "b", "c"]) dead.add(name);
    expect(await status(site.client(), "GET")).toBe(502);
    dead.clear();
    for (let visitor = 0; visitor < 20; visitor++) expect(await status(site.client(), "GET")).toBe(200);
    expect((await site.client().ask("/crash")).status).toBe(502);
    expect(dead.size).toBe(2);
  });
});

describe("an origin that comes back", () => {
  it("is found by the isolate itself where visitors only send POSTs", async () => {
    const [a] = await startProcesses(["a", "b"], EXACT);
    const clients = [await visitorOf("a", byServer), await visitorOf("b", byServer)];
    await a?.kill();
    for (const client of clients) await status(client, "POST");
    await expect.poll(() => eventsOf("origin_ejected")).toEqual(["a"]);
    await a?.restart();
    await site.moor.elapse(EJECTION_SECONDS);
    const post = async () => (await clients[0]?.ask("/", { method: "POST", body: "x" }))?.told.server;
    await expect.poll(post).toBe("a");
    await expect.poll(() => eventsOf("origin_returned")).toEqual(["a"]);
  });

  it("serves the other origin's visitor when that origin dies, although no visitor of its own has come in the meantime", async () => {
    const [a, b] = await startProcesses(["a", "b"], EXACT);
    const [ofA, ofB] = [await visitorOf("a", byServer), await visitorOf("b", byServer)];
    await a?.kill();
    await ofA.ask("/");
    await expect.poll(() => eventsOf("origin_ejected")).toEqual(["a"]);
    await a?.restart();
    await site.moor.elapse(EJECTION_SECONDS);
    const returnedAfterB = async () => {
      await ofB.ask("/");
      return eventsOf("origin_returned");
    };
    await expect.poll(returnedAfterB).toEqual(["a"]);
    await b?.kill();
    expect(await status(ofB, "POST")).toBe(502);
    await expect.poll(() => eventsOf("origin_ejected")).toEqual(["a", "b"]);
    for (let post = 0; post < 5; post++) expect(await status(ofB, "POST")).toBe(200);
  });

  it("does so by another visitor's GET where it drops checks alone, once, and stays then", async () => {
    const [a] = await startRaw(["a", "b", "c"], EXACT);
    const origin = a as RawOrigin;
    const client = await visitorOf("a", byText);
    origin.answers((_, socket) => socket.destroy());
    await client.ask("/");
    await expect.poll(() => eventsOf("origin_ejected")).toEqual(["a"]);
    origin.answers(({ method, head }, socket) => {
      if (method === "HEAD" || head.startsWith("GET /drop")) socket.destroy();
      else socket.write(rawResponse("a"));
    });
    // Another client than the client whose request it has lost tries it.
    const afterOthers = async () => {
      await byText(site.client());
      return byText(client);
    };
    await site.moor.elapse(EJECTION_SECONDS);
    await expect.poll(afterOthers).toBe("a");
    // The clients are too few to eject it by themselves.
    for (let drop = 0; drop < 4; drop++) await site.client().ask("/drop");
    expect(eventsOf("origin_ejected")).toEqual(["a"]);
    expect(await byText(client)).toBe("a");
  });
});
