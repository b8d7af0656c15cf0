/** @quick */
import { connect, type Socket } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import type { Answer, Asking, Client } from "../../support/node/client.ts";
import { type LocalOrigin, startLocalOrigin } from "../../support/node/local-origin.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";
import { untilServed } from "../arrivals.ts";

const origin = await startOrigin("a");
/** Reads the session's count, waits a while, and writes the count plus one. Such requests need locking. */
const counter = await startLocalOrigin("counter");
countsSlowly(counter, 30);
/** Does not answer before its deadline, except for the third attempt, which it answers late. */
const late = await startLocalOrigin("late");
let attempts = 0;
late.answers((_, response) => {
  attempts++;
  if (attempts < 3) return;
  setTimeout(() => {
    response.setHeader("Moor-Patch", '{"by":"late"}');
    response.end("late");
  }, 4_500);
});
const at = (path: string, given: object = {}) => ({ path, pool: "shop", ...given });
const site = await startSite([], {
  explain: true,
  pools: [
    { id: "shop", origins: [{ id: "a", url: origin.url }], session: { may: ["patch", "principal", "end"] } },
    { id: "counter", origins: [{ id: "c", url: counter.url }] },
    { id: "late", origins: ["x", "y", "z"].map((id) => ({ id, url: late.url })), attemptDeadlineMs: 6_000 },
  ],
  routes: [
    { path: "/count/locked", pool: "counter", locking: "writes", lockWaitMs: 20_000 },
    { path: "/count/free", pool: "counter" },
    { path: "/late", pool: "late", locking: "writes", retryOn: ["timeout", "non-idempotent"], retryOrigins: 3 },
    at("/writes", { locking: "writes" }),
    at("/all", { locking: "all" }),
    at("/refuse", { locking: "writes", lockWaitMs: 100 }),
    at("/proceed", { locking: "writes", lockWaitMs: 100, onLockTimeout: "proceed" }),
    at("/*"),
  ],
});
afterAll(async () => {
  await site.stop();
  await Promise.all([origin.kill(), counter.stop(), late.stop()]);
});

function countsSlowly(origin: LocalOrigin, thinksMs: number): void {
  origin.answers((request, response) => {
    const claims = String(request.headers["moor-session"]).split(".")[1] ?? "";
    const { data = {} } = JSON.parse(Buffer.from(claims, "base64url").toString()) as { data?: { count?: number } };
    setTimeout(() => {
      response.setHeader("Moor-Patch", JSON.stringify({ count: (data.count ?? 0) + 1 }));
      response.end("counted");
    }, thinksMs);
  });
}

const POST: Asking = { method: "POST" };
/** The facts of explain, by name. */
function explained({ headers }: Answer): Record<string, string> {
  const text = /moor;desc="([^"]*)"/.exec(String(headers["server-timing"]))?.[1] ?? "";
  return Object.fromEntries(text.split("; ").map((pair) => [pair.split("=")[0] ?? "", pair.split("=")[1] ?? ""]));
}

/** Resolves when so many requests wait for the lock of the client's session. A request that goes on without a lock tells. */
async function untilWaiting(client: Client, requests: number): Promise<void> {
  await expect.poll(async () => explained(await client.send("/proceed", POST)).waiting).toBe(String(requests));
}

/** A visitor. With `stored` their session holds an attribute already. */
async function visitor({ stored = true } = {}) {
  const client = site.client();
  await client.ask("/", { headers: { "Sec-Fetch-Mode": "navigate" } });
  if (stored) await client.ask("/?set=seen:yes", POST);
  return client;
}

describe("requests of a single session that read, think and write", () => {
  it("lose no update when they wait for one another", async () => {
    const client = await visitor();
    const answers = await Promise.all(Array.from({ length: 12 }, () => client.send("/count/locked", POST)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    for (const answer of answers) client.keep(answer);
    expect((await client.ask("/strictly")).told.session.data).toMatchObject({ count: 12 });
  });

  it("lose no update either in a session that is not stored yet", async () => {
    const client = await visitor({ stored: false });
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.send("/count/locked", POST)));
    for (const answer of answers) client.keep(answer);
    expect((await client.ask("/")).told.session.data).toMatchObject({ count: 8 });
  });

  it("lose some updates when they do not wait: locking prevents this", async () => {
    const client = await visitor();
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.send("/count/free", POST)));
    for (const answer of answers) client.keep(answer);
    expect(Number((await client.ask("/")).told.session.data?.count)).toBeLessThan(8);
  });

  it("do not wait for requests of other sessions", async () => {
    const [one, other] = [await visitor(), await visitor()];
    const slow = await origin.hold((hold) => one.send(`/writes?${hold}`, POST));
    const quick = await other.send("/writes", POST);
    expect([quick.status, explained(quick).lock]).toEqual([200, "held"]);
    await slow.release();
  });
});

describe("reads of a route that locks writes", () => {
  it("never wait", async () => {
    const client = await visitor();
    const slow = await origin.hold((hold) => client.send(`/writes?${hold}`, POST));
    const read = await client.send("/writes");
    expect(read.status).toBe(200);
    expect(explained(read)).not.toHaveProperty("lock");
    await slow.release();
  });

  it("wait on a route that locks all", async () => {
    const client = await visitor();
    const slow = await origin.hold((hold) => client.send(`/all?set=by:slow&${hold}`));
    const reading = client.send("/all");
    await untilWaiting(client, 1);
    await slow.release();
    const read = await reading;
    expect(read.told.session.data).toMatchObject({ by: "slow" });
    expect(explained(read)).toMatchObject({ lock: "held", waited: expect.stringMatching(/^[1-9][0-9]*ms$/) });
  });
});

describe("a request that has waited too long", () => {
  it("is refused with 503 and when to try again, and its origin is not asked", async () => {
    const client = await visitor();
    const slow = await origin.hold((hold) => client.send(`/writes?${hold}`, POST));
    const refused = await client.send("/refuse?set=refused:yes", POST);
    expect([refused.status, JSON.parse(refused.text).code, refused.headers["retry-after"]]).toEqual([
      503,
      "lock_timeout",
      "2",
    ]);
    expect(explained(refused)).toMatchObject({ lock: "timeout", waited: expect.stringMatching(/^[1-9][0-9]*ms$/) });
    client.keep(await slow.release());
    await expect.poll(() => site.moor.logged.join("\n")).toContain('"event":"lock_timeout"');
  });

  it("goes on without a lock, if its route says so, and explain tells", async () => {
    const client = await visitor();
    const slow = await origin.hold((hold) => client.send(`/writes?${hold}`, POST));
    const answer = await client.send("/proceed?set=by:hasty", POST);
    expect([answer.status, explained(answer).lock]).toEqual([200, "none"]);
    expect(Number.parseInt(explained(answer).waited ?? "", 10)).toBeGreaterThanOrEqual(100);
    await slow.release();
    expect((await client.ask("/strict")).told.session.data).toMatchObject({ by: "hasty" });
  });
});

describe("explain", () => {
  it("tells origin and visitor how long was waited and how many wait", async () => {
    const client = await visitor();
    const slow = await origin.hold((hold) => client.send(`/writes?${hold}`, POST));
    const answering = [client.send("/writes", POST), client.send("/writes", POST)];
    await untilWaiting(client, 2);
    await slow.release();
    const answers = await Promise.all(answering);
    const told = answers.map(explained);
    expect(told.map(({ waiting }) => waiting).sort()).toEqual(["0", "1"]);
    expect(told.every(({ lock, waited }) => lock === "held" && Number.parseInt(waited ?? "", 10) > 0)).toBe(true);
    expect(answers[0]!.told.headers["moor-explain"]).toMatch(/; lock=held; waited=[0-9]+ms; waiting=[01]/);
  });
});

describe("a lease", () => {
  // A lease that did not go back would outlast the wait of the next request, which would be answered by 503.
  it("goes back with the response, whatever came of it", async () => {
    const client = await visitor();
    for (const path of [
      "/writes",
      "/writes?set=a:1",
      "/writes?status=500",
      "/writes?header=Moor-Patch:broken",
      "/writes?end",
    ]) {
      const copy = site.client(client.cookies);
      await client.ask(path, POST);
      expect((await copy.send("/writes", POST)).status, path).toBe(200);
    }
  });

  it("of a client that has left goes back when its origin has answered", async () => {
    const client = await visitor();
    const leaving = site.client(client.cookies);
    const left = await origin.hold((hold) => leaving.send(`/all?${hold}`).catch(() => "left"));
    leaving.close();
    expect(await left.release()).toBe("left");
    const next = await client.send("/all");
    expect([next.status, explained(next).lock]).toEqual([200, "held"]);
  });

  it("whose holder was lost with its process blocks no request for good", async () => {
    const client = await visitor();
    const slow = await origin.hold((hold) => client.send(`/writes?${hold}`, POST).catch(() => "lost"));
    await site.moor.crashAndRestart();
    expect(await slow.release()).toBe("lost");
    const next = await client.send("/writes", POST);
    expect([next.status, explained(next).lock]).toEqual([200, "held"]);
  });

  it("that ends before its origin has answered: 409, and nothing of the answer is applied", async () => {
    const client = await visitor();
    const late = client.send("/late", POST);
    // The lease lasts the pool's deadline and 10 seconds; two attempts run into that deadline, and the third is late.
    const answer = await late;
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([409, "lock_lost"]);
    expect(attempts).toBe(3);
    client.keep(answer);
    expect((await client.ask("/")).told.session.data).toEqual({ seen: "yes" });
    await expect.poll(() => site.moor.logged.join("\n")).toContain('"event":"lock_lost"');
  }, 60_000);
});

describe("an attacker who has copied a token before a login", () => {
  const guarded = (options: object = {}) =>
    startSite([origin], {
      session: { graceSeconds: 0 },
      routes: [{ path: "/*", pool: "shop", locking: "writes", lockWaitMs: 1_500 }],
      ...options,
    });

  /** Begins a POST whose body never comes. */
  function idlePost(port: number, cookies: ReadonlyMap<string, string>): Socket {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const head = ["POST / HTTP/1.1", "Host: shop.test", "X-Forwarded-Proto: https", `Cookie: ${cookie}`];
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    socket.write(`${[...head, "Content-Length: 30"].join("\r\n")}\r\n\r\n`);
    return socket;
  }

  it("delays none of the visitor's requests, however many of their own they send", async () => {
    const site = await guarded();
    const attacker = site.client();
    await attacker.ask("/", { headers: { "Sec-Fetch-Mode": "navigate" } });
    const planted = new Map(attacker.cookies);
    const victim = site.client(planted);
    await victim.ask("/?login=alice", POST);
    const { served } = (await victim.ask("/")).told;
    const slow = Array.from({ length: 70 }, () => site.client(planted).send("/?delayMs=1000", POST));
    const idle = Array.from({ length: 5 }, () => idlePost(site.moor.port, planted));
    await untilServed(victim, served, 10);
    for (let n = 0; n < 3; n++) expect((await victim.ask(`/?set=a:${n}`, POST)).status).toBe(200);
    expect((await victim.ask("/")).told.session.data).toMatchObject({ a: "2" });
    for (const socket of idle) socket.destroy();
    await Promise.all(slow);
    await site.stop();
  });

  it("does so by no token of a session that has ended either: its requests go on at once, in sessions of their own", async () => {
    const site = await guarded({ explain: true });
    const client = site.client();
    await client.ask("/?set=a:1", POST);
    const copy = site.client(client.cookies);
    await client.ask("/?end", POST);
    const slow = await origin.hold((hold) => copy.send(`/?${hold}`, POST));
    const quick = await copy.send("/", POST);
    const answers = [await slow.release(), quick];
    expect(answers.map((answer) => [answer.status, explained(answer).lock])).toEqual([
      [200, "none"],
      [200, "none"],
    ]);
    await site.stop();
  });
});

describe.each(["proxy", "middleware"] as const)("a slow upload of a visitor (%s)", (role) => {
  it("that Moor holds delays no request until the request's body is whole", async () => {
    const handling = { locking: "writes", lockWaitMs: 500 } as const;
    const inFront = role === "proxy" ? { routes: [{ path: "/*", pool: "shop", ...handling }] } : handling;
    const site = await startSite([origin], { role, ...inFront });
    const client = site.client();
    await client.ask("/?set=a:1", POST);
    const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const head = ["POST /?set=a:2 HTTP/1.1", "Host: shop.test", "X-Forwarded-Proto: https", `Cookie: ${cookie}`];
    const socket = connect(site.moor.port, "127.0.0.1");
    socket.write(`${[...head, "Connection: close", "Content-Length: 5"].join("\r\n")}\r\n\r\nab`);
    // By the time that two other requests have been answered, the beginning of this upload has come.
    for (const _ of [1, 2]) await site.client().send("/");
    expect((await client.send("/?set=b:1", POST)).status).toBe(200);
    socket.write("cde");
    const text = (await socket.setEncoding("latin1").toArray()).join("");
    expect(text).toMatch(/^HTTP\/1\.1 200/);
    expect(text).toContain("abcde");
    await site.stop();
  });
});
