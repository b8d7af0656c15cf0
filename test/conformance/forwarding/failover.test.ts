/** @without-login */
/** @any-runtime */
/** @quick */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Client } from "../../support/node/client.ts";
import { type RawOrigin, startRawOrigin } from "../../support/node/raw-origin.ts";
import { type Site, startSite } from "../../support/node/site.ts";

/** Long enough for every origin that answers, on a busy machine as well. */
const DEADLINE_MS = 1_500;

let origins: RawOrigin[];
let site: Site;
let client: Client;
/** The origin that serves the client, and the other two. */
let home: RawOrigin;
let others: RawOrigin[];

// An origin that has failed is left alone for ten seconds, so every test has origins of its own.
beforeEach(async () => {
  origins = await Promise.all(["a", "b", "c"].map(startRawOrigin));
  site = await startSite(origins, { pool: { attemptDeadlineMs: DEADLINE_MS } });
  client = site.client();
  const { text } = await client.ask("/");
  home = origins.find(({ name }) => name === text) as RawOrigin;
  others = origins.filter((origin) => origin !== home);
  home.requests.length = 0;
});
afterEach(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

const silent = () => {};

describe("an origin that does not answer", () => {
  it("is given its deadline once, then the next origin answers", async () => {
    home.answers(silent);
    const askedAt = performance.now();
    const { text } = await client.ask("/");
    const tookMs = performance.now() - askedAt;
    expect(others.map(({ name }) => name)).toContain(text);
    expect(home.requests).toHaveLength(1);
    expect(tookMs).toBeGreaterThanOrEqual(DEADLINE_MS - 1);
  });

  it("has taken a POST for good: no other is sent it", async () => {
    home.answers(silent);
    expect((await client.ask("/", { method: "POST", body: "one order" })).status).toBe(504);
    expect(origins.flatMap(({ requests }) => requests.map(({ body }) => body)).filter(Boolean)).toEqual(["one order"]);
  });

  it("may take as long as it likes once its headers are there", async () => {
    home.answers((_, socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsl");
      setTimeout(() => socket.write("ow"), DEADLINE_MS * 1.2);
    });
    expect((await client.ask("/")).text).toBe("slow");
  });
});

describe("an origin that is gone", () => {
  it("is replaced by the same other origin for every request of the session", async () => {
    await home.stop();
    const texts = [];
    for (let request = 0; request < 6; request++) texts.push((await client.ask("/")).text);
    expect(others.map(({ name }) => name)).toContain(texts[0]);
    expect(new Set(texts).size).toBe(1);
  });

  it("is left alone once its failure is known", async () => {
    home.answers((_, socket) => socket.destroy());
    for (let request = 0; request < 6; request++) await client.ask("/");
    expect(home.requests).toHaveLength(2);
  });

  it("passes a session's request on to one other origin, each tried twice; to the third once they are known to be silent", async () => {
    const met: string[] = [];
    for (const origin of origins) {
      origin.answers(({ method }, socket) => {
        if (method === "GET") met.push(origin.name);
        socket.destroy();
      });
    }
    expect((await client.ask("/")).status).toBe(502);
    const [first, , second] = met;
    expect(met).toEqual([first, first, second, second]);
    expect(first).toBe(home.name);
    expect(second).not.toBe(first);

    // No origin answers a check, so no origin is ejected. But this request cannot be the reason for their silence.
    await expect
      .poll(async () => {
        met.length = 0;
        await client.ask("/");
        return met.length;
      })
      .toBe(6);
    expect(met[0]).toBe(home.name);
  });
});
