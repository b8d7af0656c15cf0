import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Client } from "../../support/node/client.ts";
import { type RawOrigin, rawResponse, startRawOrigin } from "../../support/node/raw-origin.ts";
import { type Site, startSite } from "../../support/node/site.ts";

let origins: RawOrigin[];
let site: Site;
let client: Client;
let home: RawOrigin;
let others: RawOrigin[];

beforeEach(async () => {
  origins = await Promise.all(["a", "b", "c"].map(startRawOrigin));
  site = await startSite(origins, {
    pool: {
      attemptDeadlineMs: 1_500,
      strictAffinity: true,
      outlierDetection: { baseEjectionSeconds: 2, maxEjectionJitterSeconds: 0 },
    },
    routes: [
      { path: "/anywhere", pool: "shop", strictAffinity: false },
      { path: "/*", pool: "shop" },
    ],
  });
  client = site.client();
  const { text } = await client.ask("/");
  home = origins.find(({ name }) => name === text) as RawOrigin;
  others = origins.filter((origin) => origin !== home);
  for (const origin of origins) origin.requests.length = 0;
});
afterEach(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

const code = (text: string) => (JSON.parse(text) as { code: string }).code;
const linesWith = (text: string) => site.moor.logged.filter((line) => line.includes(text));
const ejections = () => linesWith('"event":"origin_ejected"').length;
const askedElsewhere = () => others.reduce((sum, { requests }) => sum + requests.length, 0);

describe("a session of strict affinity", () => {
  it("is answered 503 while its origin is gone, with Retry-After, and no other origin sees the request", async () => {
    home.answers((_, socket) => socket.destroy());
    for (const method of ["GET", "POST", "GET", "POST"]) {
      if (method === "POST") await expect.poll(ejections).toBe(1);
      const answer = await client.ask("/", { method });
      expect(answer.status).toBe(503);
      expect(answer.headers["retry-after"]).toMatch(/^\d+$/);
      expect(code(answer.text)).toBe("own_origin_unavailable");
    }
    // The first request was tried twice, and no check was answered, so the others are answered at once.
    expect(home.requests.map(({ method }) => method)).toEqual(["GET", "GET"]);
    expect(askedElsewhere()).toBe(0);
    await expect.poll(() => linesWith('"reason":"own-origin-unavailable"')).toHaveLength(4);
  });

  it("goes on when its origin answers again, with a change as well", async () => {
    home.answers((_, socket) => socket.destroy());
    await client.ask("/");
    home.answers((_, socket) => socket.write(rawResponse(home.name)));
    await expect.poll(async () => (await client.ask("/", { method: "POST" })).text).toBe(home.name);
    expect(askedElsewhere()).toBe(0);
  });

  it("is told the truth of an origin that took the request and is late: 504", async () => {
    home.answers(() => {});
    const answer = await client.ask("/");
    expect([answer.status, code(answer.text)]).toEqual([504, "origin_timeout"]);
    expect(askedElsewhere()).toBe(0);
  });

  it("is told the truth about an origin whose answer is not HTTP: 502, as everywhere", async () => {
    for (const path of ["/", "/anywhere"]) {
      home.answers((_, socket) => socket.write("HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n"));
      const answer = await client.ask(path);
      expect([answer.status, code(answer.text)]).toEqual([502, "origin_unreachable"]);
    }
    expect(home.requests).toHaveLength(2);
    expect(askedElsewhere()).toBe(0);
    await expect.poll(() => linesWith('"reason":"invalid-status"')).toHaveLength(2);
  });

  it("may meet others on a route that says so", async () => {
    home.answers((_, socket) => socket.destroy());
    const { status, text } = await client.ask("/anywhere");
    expect(status).toBe(200);
    expect(others.map(({ name }) => name)).toContain(text);
  });
});
