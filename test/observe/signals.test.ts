import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LOG_DEFAULTS } from "../../src/config/defaults.ts";
import type { LogEntry } from "../../src/log.ts";
import { createCounters } from "../../src/observe/counters.ts";
import { type DataPoint, dataPoint } from "../../src/observe/data-point.ts";
import { explain } from "../../src/observe/explain.ts";
import type { RequestFacts } from "../../src/observe/request-facts.ts";
import { aboutRequest, requestLine } from "../../src/observe/request-line.ts";
import { createSignals, type SignalsParts } from "../../src/observe/signals.ts";
import { knownFacts, openedSession } from "../support/facts.ts";
import { routeOf } from "../support/pools.ts";
import { at, T0 } from "../support/time.ts";

/** Signals whose log and data points are kept; the clock goes on by 7 ms with each look. */
function watched(parts: Partial<SignalsParts> = {}) {
  const logged: LogEntry[] = [];
  const points: DataPoint[] = [];
  let now = T0;
  const signals = createSignals({
    config: { log: LOG_DEFAULTS, errorPage: undefined },
    log: (entry) => logged.push(entry),
    clock: () => {
      now += 7;
      return now;
    },
    metrics: { writeDataPoint: (point) => points.push(point) },
    ...parts,
  });
  const serve = (status = 200, asking: RequestInit = {}) =>
    signals.serve(new Request("https://shop.test/a?b", asking), async () => new Response("", { status }));
  return { signals, logged, points, serve };
}

describe("signals", () => {
  it("tell of a request when it has been answered, once each", async () => {
    const { logged, points, serve } = watched({
      config: { log: { ...LOG_DEFAULTS, requests: "all", path: true }, errorPage: "" },
    });
    await serve(201, { method: "POST" });
    expect(logged).toEqual([{ event: "request", request: expect.any(String), method: "POST", status: 201, tookMs: 7 }]);
    expect(points.map(({ doubles }) => doubles.slice(0, 2))).toEqual([[201, 7]]);
  });

  it.each<[LogEntry["event"] | "nothing", SignalsParts["config"]["log"]["requests"], number, number]>([
    ["request", "all", 200, 0.9],
    ["nothing", "failed", 499, 0],
    ["request", "failed", 500, 0.9],
    ["nothing", "off", 500, 0],
    ["request", 0.25, 200, 0.24],
    ["nothing", 0.25, 200, 0.25],
    ["request", 0.25, 503, 0.25],
    ["request", 1, 200, 0.99],
  ])("log %s, where %s is configured, of a %i", async (event, requests, status, drawn) => {
    const config = { log: { ...LOG_DEFAULTS, requests }, errorPage: undefined };
    const { logged, serve } = watched({ config, random: () => drawn });
    await serve(status);
    expect(logged.map((entry) => entry.event)).toEqual(event === "nothing" ? [] : [event]);
  });

  it("are not disturbed by a dataset that throws, which is told once", async () => {
    const writeDataPoint = () => {
      throw new TypeError("Cannot write");
    };
    const { logged, serve } = watched({ metrics: { writeDataPoint } });
    expect([(await serve()).status, (await serve()).status]).toEqual([200, 200]);
    expect(logged).toEqual([{ event: "metrics_failed", reason: "TypeError: Cannot write" }]);
  });

  it("tell of a fault of Moor's own: its line, its request's, and an answer with their id", async () => {
    const { signals, logged, points } = watched();
    const response = await signals.serve(new Request("https://shop.test/"), async (observer) => {
      observer.pooled("shop");
      throw new Error("broken");
    });
    const { request } = (await response.json()) as { request: string };
    expect(response.status).toBe(500);
    expect(logged).toEqual([
      { event: "internal_error", reason: "Error: broken", request, pool: "shop" },
      { event: "request", request, method: "GET", status: 500, code: "internal_error", pool: "shop", tookMs: 7 },
    ]);
    expect(points[0]?.blobs[7]).toBe("internal_error");
  });

  it("count store calls only where somebody is told of them", async () => {
    const counts = async (parts: Partial<SignalsParts>, headers = {}) => {
      let calls: unknown;
      const { signals } = watched({ metrics: undefined, debug: async (text) => text === "good", ...parts });
      await signals.serve(new Request("https://shop.test/", { headers }), async (observer) => {
        calls = observer.facts.calls;
        return new Response();
      });
      return calls !== undefined;
    };
    const config = (requests: "all" | 0.5) => ({
      config: { log: { ...LOG_DEFAULTS, requests }, errorPage: undefined },
    });
    expect(await counts({})).toBe(false);
    expect(await counts({}, { "Moor-Debug": "bad" })).toBe(false);
    expect(await counts({}, { "Moor-Debug": "good" })).toBe(true);
    expect(await counts(config("all"))).toBe(true);
    expect(await counts({ ...config(0.5), random: () => 0.4 })).toBe(true);
    expect(await counts({ ...config(0.5), random: () => 0.6 })).toBe(false);
    expect(await counts({ counters: createCounters(T0) })).toBe(true);
    expect(await counts({ metrics: { writeDataPoint: () => {} } })).toBe(true);
  });
});

describe("what is told of a request", () => {
  /** Nothing that is rendered has it by chance. */
  const secret = fc.stringMatching(/^[a-z0-9 "\\;=,\n]{0,12}$/).map((text) => `S3CRET${text}`);
  const attributes = fc.dictionary(secret, fc.oneof(secret, fc.array(secret), fc.dictionary(secret, secret)));
  const id = fc.stringMatching(/^[A-Za-z0-9_-]{22}$/);
  const request = fc.record({
    attributes,
    principal: fc.option(secret, { nil: undefined }),
    id,
    query: secret,
    passed: fc.subarray(["version", "unavailable", "settle"] as const),
    written: fc.constantFrom("object" as const, "journal" as const, undefined),
    path: fc.boolean(),
  });

  it("holds no value of its session, neither query nor headers, and no more of the id than 8 characters", () => {
    fc.assert(
      fc.property(request, ({ query, path, passed, ...known }) => {
        const { principal } = known;
        const opened = openedSession(known.id, {
          attributes: known.attributes as never,
          ...(principal === undefined ? {} : { principal }),
        });
        const copies = passed.map((why) => ({ source: "memory" as const, why, ...(opened.found as object) }));
        const headers = { Authorization: "S3CRET", Cookie: `a=S3CRET` };
        const facts: RequestFacts = knownFacts(
          {
            opened: { ...opened, found: { ...opened.found, passed: copies } as never },
            openedAt: at(1),
            sessionId: known.id,
            route: routeOf(),
            path: "/a",
            pool: "shop",
            origin: "a",
            chosen: "affinity",
            attempts: 1,
            written: known.written,
          },
          new Request(`https://shop.test/a?${encodeURIComponent(query)}`, { headers }),
        );
        const answered = { status: 200, tookMs: 1 };
        const counters = createCounters(T0);
        counters.count(facts, answered);
        const told = [
          explain(facts, []),
          JSON.stringify(requestLine(facts, answered, { path })),
          JSON.stringify(aboutRequest(facts, { event: "touch_failed" }, { trace: true })),
          JSON.stringify(dataPoint(facts, answered)),
          counters.text(),
        ];
        for (const text of told) {
          expect(text).not.toContain("S3CRET");
          expect(text).not.toContain(known.id.slice(0, 9));
        }
        expect(told[0]).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/);
        expect(told[1]).toContain(`"session":"${known.id.slice(0, 8)}"`);
      }),
    );
  });

  it("has no more places than Analytics Engine takes, and an index that it takes", () => {
    const point = dataPoint(knownFacts({ pool: "p".repeat(64), opened: openedSession("a") }), {
      status: 200,
      tookMs: 1,
    });
    expect(point.blobs.length).toBeLessThanOrEqual(20);
    expect(point.doubles.length).toBeLessThanOrEqual(20);
    expect(point.indexes).toEqual(["p".repeat(64)]);
    expect(point.doubles.every(Number.isFinite)).toBe(true);
  });
});
