import { afterEach, describe, expect, it, vi } from "vitest";
import { createPool, type Origin } from "../../../src/upstream/pool.ts";
import { type Outgoing, send } from "../../../src/upstream/send/attempt.ts";
import { forward } from "../../../src/upstream/send/forward.ts";
import { createRetries } from "../../../src/upstream/send/retries.ts";
import { answerAs, type Behaviour } from "../../support/origins.ts";
import { choiceFacts, poolConfig, retriesOf, routeOf } from "../../support/pools.ts";
import { T0 } from "../../support/time.ts";
import { by, forwardTo, isPage, ONCE, OUTGOING, ok, outcome, slow } from "./forwarding.ts";

afterEach(() => vi.restoreAllMocks());

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
    const told = sent.filter(isPage).map(({ headers }) => headers as Headers);
    expect(told.map((headers) => headers.get("Moor-Moved"))).toEqual([null, null, "a"]);
    expect(told.map((headers) => headers.get("X-Mine"))).toEqual(["1", "1", "1"]);
    expect(OUTGOING.headers.has("Moor-Moved")).toBe(false);
  });

  it("may come from a cache when it has no handoff", async () => {
    expect((await forwardTo({ a: [ok] }, { forbidsCaches: false })).sent[0]).not.toHaveProperty("cache");
  });

  it.each<[string, Record<string, Behaviour[]>, Partial<Outgoing>, string, string]>([
    ["takes the first origin's answer", { a: [ok] }, {}, "a", "200 from a"],
    ["takes an error for an answer: it is the origin's to give", { a: [by(503, "nginx")] }, {}, "a", "503 from a"],
    ["tries a lost connection once more on the same origin", { a: ["lost", ok] }, {}, "aa", "200 from a"],
    ["then goes to the next", { a: ["lost"], b: [ok] }, {}, "aab", "200 from b"],
    ["that two origins lose meets no third", { c: [ok] }, {}, "aabb", "unreachable"],
    [
      "meets a third if its route allows three",
      { c: [ok] },
      { retries: retriesOf({ retryOrigins: 3 }) },
      "aabbc",
      "200 from c",
    ],
    [
      "meets no second if its route allows one",
      { b: [ok] },
      { retries: retriesOf({ retryOrigins: 1 }) },
      "aa",
      "unreachable",
    ],
    [
      "is not sent again on a route that says so",
      { b: [ok] },
      { retries: retriesOf({ retryOn: [] }) },
      "a",
      "unreachable",
    ],
    ["tries a late answer only on the next", { a: ["silent"], b: [ok] }, {}, "ab", "200 from b"],
    ["has timed out when two origins are late", { a: ["silent"], b: ["silent"], c: [ok] }, {}, "ab", "timeout"],
    ["is not sent again when it is late and its origin answers others", { a: [slow], b: [ok] }, {}, "a", "timeout"],
    [
      "is sent again when it is late if its route says so",
      { a: [slow], b: [ok] },
      { retries: retriesOf({ retryOn: ["timeout"] }) },
      "ab",
      "200 from b",
    ],
    ["tells what it met last", { a: ["silent"] }, {}, "abb", "unreachable"],
    ["that cannot be sent again is not, after a lost connection", { b: [ok] }, ONCE, "a", "unreachable"],
    [
      "that cannot be sent again is, where nothing of it was sent",
      { a: [by(522, "cloudflare")], b: [ok] },
      ONCE,
      "ab",
      "200 from b",
    ],
    [
      "of which nothing was sent goes on to the third",
      { a: [by(521, "cloudflare")], b: [by(523, "cloudflare")], c: [ok] },
      ONCE,
      "abc",
      "200 from c",
    ],
    [
      "with a body that streams is not sent again, though nothing was sent",
      { a: [by(521, "cloudflare")], b: [ok] },
      { retries: createRetries(routeOf())(new Request("https://shop.test/"), new ReadableStream()) },
      "a",
      "unreachable",
    ],
    ["that cannot be sent again is not, when late", { a: ["silent"], b: [ok] }, ONCE, "a", "timeout"],
    ["takes Cloudflare's 520 for a lost connection", { a: [by(520, "cloudflare"), ok] }, {}, "aa", "200 from a"],
    ["goes on at once after Cloudflare's 530", { a: [by(530, "cloudflare")], b: [ok] }, {}, "ab", "200 from b"],
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
    const pages: Behaviour = ({ method }) => {
      if (method === "HEAD") throw new Error("lost");
      return isLate.then(() => come(late));
    };
    const forwarding = forwardTo({ a: [pages], b: [ok] });
    await vi.advanceTimersByTimeAsync(OUTGOING.deadlineMs);
    const { forwarded, asked } = await forwarding;
    resolve();
    await vi.advanceTimersByTimeAsync(0);
    vi.useRealTimers();
    expect([asked, outcome(forwarded)]).toEqual(["ab", "200 from b"]);
    expect(cancel).toHaveBeenCalledTimes(cancelled);
  });

  it("that Cloudflare answers in place of an origin leaves no body behind", async () => {
    const fault = by(521, "cloudflare")();
    const cancel = vi.spyOn(fault.body as ReadableStream, "cancel");
    const { forwarded } = await forwardTo({ a: [(sent) => (isPage(sent) ? fault : ok())], b: [ok] });
    expect(outcome(forwarded)).toBe("200 from b");
    expect(cancel).toHaveBeenCalledOnce();
  });

  it("by a way that throws at once is lost", async () => {
    const reach = () => {
      throw new TypeError("no such binding");
    };
    const origin = { index: 0, reach } as unknown as Origin;
    expect(await send(OUTGOING, origin, T0, () => T0)).toEqual({ kind: "lost" });
  });

  it("to a port where no server listens is unreachable, with the platform's own error", async () => {
    const pool = createPool(poolConfig(["a"], { urls: ["http://127.0.0.1:1"] }));
    const { order } = pool.choose(choiceFacts("s"), { resendable: true, now: T0 });
    expect(await forward(OUTGOING, order, pool, () => T0)).toEqual({ kind: "unreachable", attempts: 2 });
  });
});

describe("a visitor who is alone while every origin is gone", () => {
  it("meets the third origin once it is back: the first two were silent to checks before this request", async () => {
    const origins: Record<string, Behaviour[]> = { c: ["lost"] };
    const { sent, spy } = answerAs(origins);
    const checks: Promise<unknown>[] = [];
    let now = T0;
    const clock = () => now;
    const pool = createPool(poolConfig(["a", "b", "c"]), { clock, keepAlive: (check) => checks.push(check) });
    expect(outcome(await forward(OUTGOING, pool.origins, pool, clock))).toBe("unreachable");
    await Promise.all(checks);
    origins.c = [ok];
    now += 2_000;
    expect(outcome(await forward(OUTGOING, pool.origins, pool, clock))).toBe("200 from c");
    const asked = sent.filter(isPage).map(({ url }) => new URL(url).hostname.slice(0, 1));
    expect(asked.join("")).toBe("aabbaabbc");
    spy.mockRestore();
  });
});

describe("an answer after which its route sends a request again", () => {
  const GATEWAY_ERROR = retriesOf({ retryOn: ["gateway-error"] });

  it.each<[string, Record<string, Behaviour[]>, Partial<Outgoing>, string, string]>([
    [
      "is replaced by the next origin's",
      { a: [by(503, "nginx")], b: [ok] },
      { retries: GATEWAY_ERROR },
      "ab",
      "200 from b",
    ],
    [
      "is the answer if the next origin loses the request",
      { a: [by(502, "nginx")] },
      { retries: GATEWAY_ERROR },
      "ab",
      "502 from a",
    ],
    [
      "is the answer of the last that may take it",
      { a: [by(502, "nginx")], b: [by(504, "nginx")], c: [ok] },
      { retries: GATEWAY_ERROR },
      "ab",
      "504 from b",
    ],
    ["is none of another status", { a: [by(500, "nginx")], b: [ok] }, { retries: GATEWAY_ERROR }, "a", "500 from a"],
    [
      "is 503 alone if it says that",
      { a: [by(502, "nginx")], b: [ok] },
      { retries: retriesOf({ retryOn: ["503"] }) },
      "a",
      "502 from a",
    ],
    [
      "is none of a request that is not idempotent",
      { a: [by(503, "nginx")], b: [ok] },
      { retries: retriesOf({ retryOn: ["gateway-error"] }, { method: "POST" }) },
      "a",
      "503 from a",
    ],
  ])("%s", async (_what, origins, given, asked, expected) => {
    const done = await forwardTo(origins, given);
    expect([done.asked, outcome(done.forwarded)]).toEqual([asked, expected]);
    expect(done.forwarded.attempts).toBe(asked.length);
  });

  it("is the answer when the retry budget is spent, with its body", async () => {
    const { spy } = answerAs({ a: [by(503, "nginx")], b: [ok] });
    const config = { ...poolConfig(["a", "b"]), retryBudget: { budgetPercent: 0, minRetries: 0 } };
    const pool = createPool(config);
    const forwarded = await forward({ ...OUTGOING, retries: GATEWAY_ERROR }, pool.origins, pool, () => T0);
    spy.mockRestore();
    expect(forwarded).toMatchObject({ kind: "response", attempts: 1, retry: "budget" });
    expect(forwarded.kind === "response" && (await forwarded.response.text())).toBe("fault");
  });
});
