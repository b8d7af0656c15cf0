import { afterEach, describe, expect, it, vi } from "vitest";
import { type Forwarded, forward, isResendable, type Outgoing } from "../../src/upstream/forward.ts";
import { createPool, type Origin } from "../../src/upstream/pool.ts";
import { answerAs, type Behaviour } from "../support/origins.ts";
import { poolConfig } from "../support/pools.ts";
import { T0 } from "../support/time.ts";

afterEach(() => vi.restoreAllMocks());

const OUTGOING: Outgoing = {
  method: "GET",
  target: "/cart?a=1",
  headers: new Headers({ "X-Mine": "1" }),
  body: null,
  resendable: true,
  cacheable: false,
};
const ok = () => new Response("hello");
const by = (status: number, server: string) => () => new Response("fault", { status, headers: { Server: server } });

/** Forwards to origins a, b and c in that order. */
async function forwardTo(origins: Record<string, Behaviour[]>, given: Partial<Outgoing> = {}, deadlineMs = 1_000) {
  const { sent, spy } = answerAs(origins);
  const pool = createPool({ ...poolConfig(["a", "b", "c"]), attemptDeadlineMs: deadlineMs });
  const order: Origin[] = pool.config.origins.map(({ id, url }, index) => ({ id, base: url, index }));
  const forwarded = await forward({ ...OUTGOING, ...given }, order, pool, () => T0);
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
    const done = await forwardTo(origins, given, 10);
    expect([done.asked, outcome(done.forwarded)]).toEqual([asked, expected]);
    expect(done.forwarded.attempts).toBe(asked.length);
  });

  it("that is answered stops its deadline: a body may take as long as it takes", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { forwarded, sent } = await forwardTo({ a: [ok] }, {}, 1_000);
    vi.advanceTimersByTime(60_000);
    vi.useRealTimers();
    expect(sent[0]?.signal?.aborted).toBe(false);
    expect(forwarded.kind === "response" && (await forwarded.response.text())).toBe("hello");
  });

  it("to a port where nobody listens is unreachable, with the platform's own error", async () => {
    const pool = createPool(poolConfig(["a"], { urls: ["http://127.0.0.1:1"] }));
    const order = pool.choose("s", { resendable: true, now: T0 });
    expect(await forward(OUTGOING, order, pool, () => T0)).toEqual({ kind: "unreachable", attempts: 2 });
  });
});

describe("the origins' health", () => {
  it("suffers from an origin that loses both connections, and not from one that loses one", async () => {
    const { pool } = await forwardTo({ a: ["lost"], b: ["lost", ok] });
    expect([0, 1, 2].map((index) => pool.health.of(index, T0))).toEqual(["ejected", "healthy", "healthy"]);
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
