import { afterEach, describe, expect, it, vi } from "vitest";
import type { ResolvedRetryBudget } from "../../src/config/resolved.ts";
import type { Outgoing } from "../../src/upstream/attempt.ts";
import { type Forwarded, forward, isResendable } from "../../src/upstream/forward.ts";
import { createPool } from "../../src/upstream/pool.ts";
import { answerAs, type Behaviour } from "../support/origins.ts";
import { choiceFacts, poolConfig } from "../support/pools.ts";
import { T0 } from "../support/time.ts";

afterEach(() => vi.restoreAllMocks());

const OUTGOING: Outgoing = {
  method: "GET",
  target: "/cart?a=1",
  headers: new Headers({ "X-Mine": "1" }),
  body: null,
  resendable: true,
  cacheable: false,
  clientHost: "shop.test",
  deadlineMs: 1_000,
};
const times = <T>(count: number, act: () => T): T[] => Array.from({ length: count }, act);
const ok = () => new Response("hello");
const by = (status: number, server: string) => () => new Response("fault", { status, headers: { Server: server } });

/** Forwards to origins a, b and c in that order. */
async function forwardTo(origins: Record<string, Behaviour[]>, given: Partial<Outgoing> = {}) {
  const { sent, spy } = answerAs(origins);
  const pool = createPool(poolConfig(["a", "b", "c"]));
  const forwarded = await forward({ ...OUTGOING, ...given }, pool.origins, pool, () => T0);
  spy.mockRestore();
  return { forwarded, sent, asked: sent.map(({ url }) => new URL(url).hostname.slice(0, 1)).join(""), pool };
}
const outcome = (forwarded: Forwarded) =>
  forwarded.kind === "response" ? `${forwarded.response.status} from ${forwarded.origin.id}` : forwarded.kind;

describe("a request", () => {
  it("is sent as it is given: to the origin's address, redirects not followed, past every cache", async () => {
    const { sent, forwarded } = await forwardTo({ a: [ok] });
    expect(forwarded).toMatchObject({ kind: "response", attempts: 1, origin: { id: "a" } });
    expect(sent[0]).toMatchObject({
      url: "http://a.test/cart?a=1",
      method: "GET",
      redirect: "manual",
      cache: "no-store",
    });
    expect(sent[0]?.headers).toBe(OUTGOING.headers);
  });

  it("tells each origin by itself whether another has served the session last", async () => {
    const movedFrom = (index: number) => (index === 0 ? undefined : "a");
    const { sent } = await forwardTo({ b: [ok] }, { movedFrom });
    const told = sent.map(({ headers }) => headers as Headers);
    expect(told.map((headers) => headers.get("Moor-Moved"))).toEqual([null, null, "a"]);
    expect(told.map((headers) => headers.get("X-Mine"))).toEqual(["1", "1", "1"]);
    expect(OUTGOING.headers.has("Moor-Moved")).toBe(false);
  });

  it("may come from a cache when it has no handoff", async () => {
    expect((await forwardTo({ a: [ok] }, { cacheable: true })).sent[0]).not.toHaveProperty("cache");
  });

  it.each<[string, Record<string, Behaviour[]>, Partial<Outgoing>, string, string]>([
    ["takes the first origin's answer", { a: [ok] }, {}, "a", "200 from a"],
    ["takes an error for an answer: it is the origin's to give", { a: [by(503, "nginx")] }, {}, "a", "503 from a"],
    ["tries a lost connection once more on the same origin", { a: ["lost", ok] }, {}, "aa", "200 from a"],
    ["then goes to the next", { a: ["lost"], b: [ok] }, {}, "aab", "200 from b"],
    ["and to the last", { c: [ok] }, {}, "aabbc", "200 from c"],
    ["is unreachable when nobody answers", {}, {}, "aabbcc", "unreachable"],
    ["tries a late answer only on the next", { a: ["silent"], b: [ok] }, {}, "ab", "200 from b"],
    ["has timed out when all are late", { a: ["silent"], b: ["silent"], c: ["silent"] }, {}, "abc", "timeout"],
    ["tells what it met last", { a: ["silent"] }, {}, "abbcc", "unreachable"],
    [
      "that cannot be sent again is not, after a lost connection",
      { b: [ok] },
      { resendable: false },
      "a",
      "unreachable",
    ],
    ["that cannot be sent again is not, when late", { a: ["silent"], b: [ok] }, { resendable: false }, "a", "timeout"],
    ["takes Cloudflare's 522 for a lost connection", { a: [by(522, "cloudflare"), ok] }, {}, "aa", "200 from a"],
    ["takes Cloudflare's 530 for one too", { a: [by(530, "cloudflare")], b: [ok] }, {}, "aab", "200 from b"],
    ["takes Cloudflare's 524 for a late answer", { a: [by(524, "cloudflare")], b: [ok] }, {}, "ab", "200 from b"],
    ["takes a 522 by anybody else for an answer", { a: [by(522, "nginx")] }, {}, "a", "522 from a"],
    ["takes Cloudflare's 504 for an answer", { a: [by(504, "cloudflare")] }, {}, "a", "504 from a"],
  ])("%s", async (_what, origins, given, asked, expected) => {
    const done = await forwardTo(origins, { ...given, deadlineMs: 10 });
    expect([done.asked, outcome(done.forwarded)]).toEqual([asked, expected]);
    expect(done.forwarded.attempts).toBe(asked.length);
  });

  it("that is answered stops its deadline: a body may take as long as it takes", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { forwarded } = await forwardTo({ a: [ok] });
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
    expect(forwarded.kind === "response" && (await forwarded.response.text())).toBe("hello");
  });

  it.each<[string, (late: Response) => Promise<Response>, number]>([
    ["that is answered when nobody waits any more is not read", async (late) => late, 1],
    ["that is lost when nobody waits any more is nobody's fault", () => Promise.reject(new Error("lost")), 0],
  ])("%s", async (_what, come, cancelled) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const late = ok();
    const cancel = vi.spyOn(late.body as ReadableStream, "cancel");
    const { promise: isLate, resolve } = Promise.withResolvers<void>();
    const forwarding = forwardTo({ a: [() => isLate.then(() => come(late))], b: [ok] });
    await vi.advanceTimersByTimeAsync(OUTGOING.deadlineMs);
    const { forwarded, asked, pool } = await forwarding;
    resolve();
    await vi.advanceTimersByTimeAsync(0);
    vi.useRealTimers();
    expect([asked, outcome(forwarded)]).toEqual(["ab", "200 from b"]);
    expect(cancel).toHaveBeenCalledTimes(cancelled);
    expect(pool.health.of(0, T0)).toBe("healthy");
  });

  it("to a port where nobody listens is unreachable, with the platform's own error", async () => {
    const pool = createPool(poolConfig(["a"], { urls: ["http://127.0.0.1:1"] }));
    const order = pool.choose(choiceFacts("s"), { resendable: true, now: T0 });
    expect(await forward(OUTGOING, order, pool, () => T0)).toEqual({ kind: "unreachable", attempts: 2 });
  });
});

describe("the retry budget", () => {
  /** What is answered to so many requests one after the other, and how often each origin was asked for each. */
  async function forwardMany(count: number, origins: Record<string, Behaviour[]>, retryBudget: ResolvedRetryBudget) {
    const { sent, spy } = answerAs(origins);
    const pool = createPool({ ...poolConfig(["a", "b", "c"]), retryBudget });
    const all: Forwarded[] = [];
    for (let i = 0; i < count; i++) all.push(await forward(OUTGOING, pool.origins, pool, () => T0));
    spy.mockRestore();
    return { all, sent };
  }

  it("ends a storm: origins get the requests, and the retries that it allows", async () => {
    const { all, sent } = await forwardMany(100, {}, { budgetPercent: 20, minRetries: 10 });
    expect(sent).toHaveLength(100 + 20 + 10);
    expect(all[0]).toEqual({ kind: "unreachable", attempts: 6 });
    expect(all[2]).toEqual({ kind: "unreachable", attempts: 1, retry: "budget" });
    expect(all.filter(({ attempts }) => attempts > 1).length).toBeLessThan(25);
  });

  it("that is spent leaves the first failure as it is", async () => {
    const { all } = await forwardMany(1, { a: ["silent"] }, { budgetPercent: 0, minRetries: 0 });
    expect(all).toEqual([{ kind: "timeout", attempts: 1, retry: "budget" }]);
  });

  it("is not touched by what is answered, by errors, or by what cannot be sent again", async () => {
    const { all } = await forwardMany(50, { a: [by(503, "nginx")] }, { budgetPercent: 0, minRetries: 0 });
    expect(all.every(({ attempts, retry }) => attempts === 1 && retry === undefined)).toBe(true);
    const { forwarded } = await forwardTo({}, { resendable: false });
    expect(forwarded).toEqual({ kind: "unreachable", attempts: 1 });
  });
});

describe("many requests at once", () => {
  it("to an origin that is gone try it a second time four times in all; for the others the next is due at once", async () => {
    const { sent, spy } = answerAs({ b: [ok] });
    const pool = createPool(poolConfig(["a", "b", "c"]));
    const all = await Promise.all(times(20, () => forward(OUTGOING, pool.origins, pool, () => T0)));
    spy.mockRestore();
    expect(all.map(outcome)).toEqual(times(20, () => "200 from b"));
    expect(sent.filter(({ url }) => url.startsWith("http://a.test"))).toHaveLength(20 + 4);
    expect(pool.health.of(0, T0)).toBe("ejected");
  });

  it("pass over an origin that has been ejected meanwhile, while one behind it is not", async () => {
    const { sent, spy } = answerAs({ c: [ok] });
    const pool = createPool(poolConfig(["a", "b", "c"]));
    const under = forward(OUTGOING, pool.origins, pool, () => T0);
    for (let failure = 0; failure < 2; failure++) pool.health.failed(1, T0);
    expect(outcome(await under)).toBe("200 from c");
    expect(sent.map(({ url }) => new URL(url).hostname)).toEqual(["a.test", "a.test", "c.test"]);

    for (let failure = 0; failure < 2; failure++) pool.health.failed(2, T0);
    sent.length = 0;
    await forward(OUTGOING, pool.origins, pool, () => T0);
    spy.mockRestore();
    expect(new Set(sent.map(({ url }) => new URL(url).hostname))).toEqual(new Set(["a.test", "b.test", "c.test"]));
  });
});

describe("the origins' health", () => {
  it("suffers from an origin that loses both connections, and not from one that loses one", async () => {
    const { pool } = await forwardTo({ a: ["lost"], b: ["lost", ok] });
    expect([0, 1, 2].map((index) => pool.health.of(index, T0))).toEqual(["ejected", "healthy", "healthy"]);
  });

  it("does not suffer from parallel requests that each lose one", async () => {
    const { spy } = answerAs({ a: ["lost", "lost", ok] });
    const logged: string[] = [];
    const pool = createPool(poolConfig(["a", "b", "c"]), { log: ({ event }) => logged.push(event) });
    const both = [1, 2].map(() => forward(OUTGOING, pool.origins, pool, () => T0));
    expect((await Promise.all(both)).map(outcome)).toEqual(["200 from a", "200 from a"]);
    spy.mockRestore();
    expect(logged).toEqual([]);
  });

  it("suffers from no body that streams, which its client may have broken off", async () => {
    for (const body of [new ReadableStream(), new ArrayBuffer(1)]) {
      const { pool } = await forwardTo({}, { method: "POST", body, resendable: false });
      await forward({ ...OUTGOING, body, resendable: false }, pool.origins, pool, () => T0);
      expect(pool.health.allHealthy()).toBe(body instanceof ReadableStream);
    }
  });

  it("is restored by any answer", async () => {
    const { pool } = await forwardTo({ a: [by(500, "nginx")] });
    pool.health.failed(0, T0);
    expect(pool.health.of(0, T0)).toBe("healthy");
  });
});

describe("a request may be sent again", () => {
  it.each<[string, HeadersInit, "safe" | "any", boolean]>([
    ["GET", {}, "safe", true],
    ["HEAD", {}, "safe", true],
    ["OPTIONS", {}, "safe", true],
    ["PUT", {}, "safe", true],
    ["DELETE", {}, "safe", true],
    ["POST", {}, "safe", false],
    ["PATCH", {}, "safe", false],
    ["REPORT", {}, "safe", false],
    ["POST", { "Idempotency-Key": "7" }, "safe", true],
    ["POST", {}, "any", true],
  ])("%s with %o on a route that says %s: %s", (method, headers, retry, expected) => {
    expect(isResendable(new Request("http://shop.test/", { method, headers }), retry)).toBe(expected);
  });
});
