import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ADMIN_TOKEN } from "../../support/node/admin.ts";
import type { Client } from "../../support/node/client.ts";
import { countsIn } from "../../support/node/metrics-text.ts";
import { type RawOrigin, type RawRequest, rawResponse, startRawOrigin } from "../../support/node/raw-origin.ts";
import { type Site, startSite } from "../../support/node/site.ts";
import { explained } from "../../support/node/stores.ts";

const HEDGE_AFTER_MS = 100;

let origins: RawOrigin[];
let site: Site;
let client: Client;
/** The origin that serves the client, and the other two. */
let home: RawOrigin;
let others: RawOrigin[];

beforeEach(async () => {
  origins = await Promise.all(["a", "b", "c"].map(startRawOrigin));
  const pool = { origins: origins.map(({ name, url }) => ({ id: name, url })), attemptDeadlineMs: 20_000 };
  const none = { budgetPercent: 0, minRetries: 0 };
  const hedged = { session: false, hedgeAfterMs: HEDGE_AFTER_MS };
  site = await startSite([], {
    explain: true,
    admin: {},
    adminToken: ADMIN_TOKEN,
    log: { requests: "all" },
    pools: [
      { id: "shop", ...pool },
      { id: "poor", ...pool, retryBudget: none },
    ],
    routes: [
      { path: "/hedged/*", pool: "shop", ...hedged },
      { path: "/poor/*", pool: "poor", ...hedged },
      { path: "/plain/*", pool: "shop", session: false },
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

/**
 * Keeps an origin from answering. Resolves with its next request, and with a promise of the end of that request's
 * connection.
 */
function holds(origin: RawOrigin) {
  const asked = Promise.withResolvers<{ request: RawRequest; socket: Socket; closed: Promise<unknown> }>();
  origin.answers((request, socket) => asked.resolve({ request, socket, closed: once(socket, "close") }));
  return asked.promise;
}
/** Begins an answer that lacks its last character. */
const begin = (socket: Socket, { name }: RawOrigin) =>
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${name.length + 1}\r\n\r\n${name}`);
/** Has an origin answer its name at once, and end the answer after another event. */
function endsWhen(origin: RawOrigin, happened: Promise<unknown>) {
  const end: Parameters<RawOrigin["answers"]>[0] = async (_, socket) => {
    begin(socket, origin);
    await happened;
    socket.write("!");
  };
  origin.answers(end);
}
/** The second copies of requests by whose answer counted, and the retries. */
async function countedHedges() {
  const text = (await site.client().send("/.moor/metrics", { headers: { Authorization: `Bearer ${ADMIN_TOKEN}` } }))
    .text;
  const hedges = (outcome: string) => countsIn(text, "moor_hedges_total", { outcome });
  return {
    won: hedges("won"),
    lost: hedges("lost"),
    failed: hedges("failed"),
    retries: countsIn(text, "moor_retries_total"),
  };
}
const requestsElsewhere = () => others.flatMap(({ requests }) => requests).length;

describe("a GET whose origin is slow", () => {
  it("is answered by the next origin, and the slow origin sees its connection closed before that answer has ended", async () => {
    const held = holds(home);
    const closed = held.then((own) => own.closed);
    for (const origin of others) endsWhen(origin, closed);
    const answer = await client.ask("/hedged/logo.png");
    const other = answer.text.replace("!", "");
    expect(others.map(({ name }) => name)).toContain(other);
    expect(explained(answer)).toBe(`route=/hedged/*; origin=${other}; attempts=2; chosen=hedged`);
    const line = () => site.moor.logged.find((text) => text.includes('"chosen":"hedged"'));
    await expect.poll(() => JSON.parse(line() ?? "{}")).toMatchObject({ event: "request", origin: other, attempts: 2 });
    expect([home.requests.length, requestsElsewhere()]).toEqual([1, 1]);
    expect(await countedHedges()).toEqual({ won: 1, lost: 0, failed: 0, retries: 0 });

    // Being slow is no failure, and the session is where it was.
    home.answers((_, socket) => socket.write(rawResponse(home.name)));
    expect((await client.ask("/hedged/logo.png")).text).toBe(home.name);
    expect((await client.ask("/", { method: "POST" })).text).toBe(home.name);
  });

  it("gets the body of that answer whole, however long it takes", async () => {
    holds(home);
    for (const origin of others) {
      origin.answers((_, socket) => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsl");
        setTimeout(() => socket.write("ow"), HEDGE_AFTER_MS * 3);
      });
    }
    expect((await client.ask("/hedged/logo.png")).text).toBe("slow");
  });

  it("is answered by its own if that is the quicker after all; then the other's connection is closed", async () => {
    const own = holds(home);
    const asked = Promise.race(others.map(holds));
    const answering = client.ask("/hedged/logo.png");
    const { closed } = await asked;
    begin((await own).socket, home);
    await closed;
    (await own).socket.write("!");
    const answer = await answering;
    expect(explained(answer)).toBe(`route=/hedged/*; origin=${home.name}; attempts=2; chosen=affinity`);
    expect(await countedHedges()).toEqual({ won: 0, lost: 1, failed: 0, retries: 0 });
  });

  it("takes both requests with it when its client leaves", async () => {
    const own = holds(home);
    const other = Promise.race(others.map(holds));
    const socket = connect(site.moor.port, "127.0.0.1");
    const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const head = ["GET /hedged/a HTTP/1.1", "Host: shop.test", "X-Forwarded-Proto: https", `Cookie: ${cookie}`];
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
    const closed = [(await own).closed, (await other).closed];
    socket.resetAndDestroy();
    await Promise.all(closed);
  });
});

describe("a request is waited for, at one origin,", () => {
  it.each([
    ["when the retry budget is spent", "GET", "/poor/logo.png"],
    ["when its method is POST", "POST", "/hedged/orders"],
    ["on a route that does not hedge, which is the default", "GET", "/plain/logo.png"],
  ])("%s", async (_when, method, path) => {
    const held = holds(home);
    const answering = client.ask(path, { method });
    const { socket } = await held;
    setTimeout(() => socket.write(rawResponse("late")), HEDGE_AFTER_MS * 3);
    const answer = await answering;
    expect([answer.status, answer.text]).toEqual([200, "late"]);
    expect(explained(answer)).toContain(`; origin=${home.name}; attempts=1; chosen=affinity`);
    expect([home.requests.length, requestsElsewhere()]).toEqual([1, 0]);
  });
});
