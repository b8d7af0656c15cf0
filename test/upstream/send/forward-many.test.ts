import { afterEach, describe, expect, it, vi } from "vitest";
import type { ResolvedRetryBudget } from "../../../src/config/resolved.ts";
import { createPool } from "../../../src/upstream/pool.ts";
import { type Forwarded, forward } from "../../../src/upstream/send/forward.ts";
import { answerAs, type Behaviour } from "../../support/origins.ts";
import { poolConfig } from "../../support/pools.ts";
import { T0 } from "../../support/time.ts";
import { by, forwardTo, isPage, ONCE, OUTGOING, ok, onlyDrop, outcome, times } from "./forwarding.ts";

afterEach(() => vi.restoreAllMocks());

describe("the retry budget", () => {
  /** The answers to one request each of so many consecutive clients, and how often each request has asked each origin. */
  async function forwardMany(count: number, origins: Record<string, Behaviour[]>, retryBudget: ResolvedRetryBudget) {
    const { sent, spy } = answerAs(origins);
    const pool = createPool(
      { ...poolConfig(["a", "b", "c"]), retryBudget, attemptDeadlineMs: 10 },
      { clock: () => T0 },
    );
    const all: Forwarded[] = [];
    for (let i = 0; i < count; i++) {
      all.push(await forward({ ...OUTGOING, session: `session-${i}` }, pool.origins, pool, () => T0));
    }
    spy.mockRestore();
    return { all, sent };
  }

  it("ends a storm: origins get the requests, and the retries that it allows", async () => {
    const { all, sent } = await forwardMany(100, {}, { budgetPercent: 20, minRetries: 10 });
    expect(sent.filter(isPage)).toHaveLength(100 + 20 + 10);
    expect(all[0]).toEqual({ kind: "unreachable", attempts: 4 });
    expect(all).toContainEqual({ kind: "unreachable", attempts: 1, retry: "budget" });
    expect(all.filter(({ attempts }) => attempts > 1).length).toBeLessThan(30);
  });

  it("keeps half for other clients, though a client's requests are lost by every origin on and on", async () => {
    const { sent, spy } = answerAs({ a: [onlyDrop], b: [onlyDrop], c: [onlyDrop] });
    const pool = createPool({ ...poolConfig(["a", "b", "c"]), retryBudget: { budgetPercent: 0, minRetries: 12 } });
    const scan = { ...OUTGOING, target: "/drop", session: "scanner", clientIp: "192.0.2.1" };
    for (let i = 0; i < 10; i++) await forward({ ...scan, session: `s${i}` }, pool.origins, pool, () => T0);
    expect(sent.filter(isPage)).toHaveLength(10 + 6);
    const other = { ...scan, clientIp: "192.0.2.2" };
    expect(await forward(other, pool.origins, pool, () => T0)).toEqual({ kind: "unreachable", attempts: 3 });
    spy.mockRestore();
  });

  it("that is spent leaves the first failure as it is", async () => {
    const { all } = await forwardMany(1, { a: ["silent"] }, { budgetPercent: 0, minRetries: 0 });
    expect(all).toEqual([{ kind: "timeout", attempts: 1, retry: "budget" }]);
  });

  it("is not touched by answered requests, by errors, or by requests that cannot be sent again", async () => {
    const { all } = await forwardMany(50, { a: [by(503, "nginx")] }, { budgetPercent: 0, minRetries: 0 });
    expect(all.every(({ attempts, retry }) => attempts === 1 && retry === undefined)).toBe(true);
    const { forwarded } = await forwardTo({}, ONCE);
    expect(forwarded).toEqual({ kind: "unreachable", attempts: 1 });
  });
});

describe("many requests at once", () => {
  it("to an origin that is gone try it a second time four times in all; for the others the next is due at once", async () => {
    const { sent, spy } = answerAs({ b: [ok] });
    const pool = createPool(poolConfig(["a", "b", "c"]), { clock: () => T0 });
    const all = await Promise.all(times(20, () => forward(OUTGOING, pool.origins, pool, () => T0)));
    expect(all.map(outcome)).toEqual(times(20, () => "200 from b"));
    expect(sent.filter(isPage).filter(({ url }) => url.startsWith("http://a.test"))).toHaveLength(20 + 4);
    await vi.waitFor(() => expect(pool.health.of(0, T0)).toBe("ejected"), { timeout: 10_000 });
    spy.mockRestore();
  });

  it("pass over an origin that has been ejected in the meantime, while an origin behind it is not ejected", async () => {
    const { sent, spy } = answerAs({ c: [ok] });
    const pool = createPool(poolConfig(["a", "b", "c"]));
    const under = forward(OUTGOING, pool.origins, pool, () => T0);
    pool.health.failed(1, false, T0);
    expect(outcome(await under)).toBe("200 from c");
    const pages = () => sent.filter(isPage).map(({ url }) => new URL(url).hostname);
    expect(pages()).toEqual(["a.test", "a.test", "c.test"]);

    spy.mockRestore();
  });

  it("go to an origin that has been ejected in the meantime, while no origin behind it is well", async () => {
    const { sent, spy } = answerAs({});
    const pool = createPool(poolConfig(["a", "b", "c"]), { clock: () => T0 });
    const under = forward(OUTGOING, pool.origins, pool, () => T0);
    for (const index of [1, 2]) pool.health.failed(index, false, T0);
    await under;
    spy.mockRestore();
    expect(new Set(sent.filter(isPage).map(({ url }) => new URL(url).hostname))).toEqual(new Set(["a.test", "b.test"]));
  });
});

describe("the origins' health", () => {
  it("does not suffer from parallel requests that each lose a connection", async () => {
    const { spy } = answerAs({ a: ["lost", "lost", ok] });
    const logged: string[] = [];
    const pool = createPool(poolConfig(["a", "b", "c"]), { log: ({ event }) => logged.push(event) });
    const both = [1, 2].map(() => forward(OUTGOING, pool.origins, pool, () => T0));
    expect((await Promise.all(both)).map(outcome)).toEqual(["200 from a", "200 from a"]);
    spy.mockRestore();
    expect(logged).toEqual([]);
  });

  it("is restored by any answer", async () => {
    const { spy } = answerAs({ a: [by(500, "nginx")] });
    const pool = createPool(poolConfig(["a", "b", "c"]));
    pool.health.failed(0, false, T0);
    await forward(OUTGOING, pool.origins, pool, () => T0);
    spy.mockRestore();
    expect(pool.health.of(0, T0)).toBe("healthy");
  });
});
