import { describe, expect, it } from "vitest";
import { type Counters, createCounters } from "../../src/observe/counters.ts";
import { knownFacts, openedSession } from "../support/facts.ts";
import { routeOf } from "../support/pools.ts";
import { at, T0 } from "../support/time.ts";

function seriesIn(counters: Counters, metric: string): string[] {
  return counters
    .text()
    .split("\n")
    .filter((line) => line.startsWith(`${metric}{`));
}

describe("counters", () => {
  it("say what each is before the first request, and since when they count", () => {
    const text = createCounters(at(0.5)).text();
    expect(text).toContain("# HELP moor_requests_total Requests, ");
    expect(text).toContain("# TYPE moor_requests_total counter\n");
    expect(text).toContain(`\nmoor_isolate_start_time_seconds ${T0 / 1000 + 0.5}\n`);
    expect(text.endsWith("\n")).toBe(true);
  });

  it("add up what is alike, and keep apart what is not", () => {
    const counters = createCounters(T0);
    const facts = knownFacts({ pool: "shop", route: routeOf(), origin: "a", chosen: "affinity", attempts: 1 });
    for (const status of [200, 204, 304, 500]) counters.count(facts, { status, tookMs: 3 });
    counters.count({ ...facts, attempts: 3, chosen: "failover", written: "journal" }, { status: 200, tookMs: 3 });
    const lines = counters.text().split("\n");
    expect(lines).toContain('moor_requests_total{pool="shop",route="/*",status="2xx",code=""} 3');
    expect(lines).toContain('moor_requests_total{pool="shop",route="/*",status="5xx",code=""} 1');
    expect(lines).toContain('moor_origin_responses_total{pool="shop",origin="a",chosen="failover"} 1');
    expect(lines).toContain('moor_origin_attempts_total{pool="shop"} 7');
    expect(lines).toContain('moor_writes_total{pool="shop",store="journal"} 1');
  });

  it("count the second copy of a request by whose answer counted, and not as a retry", () => {
    const counters = createCounters(T0);
    const hedged = knownFacts({ pool: "shop", attempts: 2, hedge: true });
    counters.count({ ...hedged, origin: "b", chosen: "hedged" }, { status: 200, tookMs: 1 });
    counters.count({ ...hedged, origin: "a", chosen: "affinity" }, { status: 200, tookMs: 1 });
    counters.count({ ...hedged, origin: "c", chosen: "failover", attempts: 3 }, { status: 200, tookMs: 1 });
    counters.count({ ...hedged, code: "origin_unreachable" }, { status: 502, tookMs: 1 });
    expect(seriesIn(counters, "moor_hedges_total")).toEqual([
      'moor_hedges_total{pool="shop",outcome="won"} 1',
      'moor_hedges_total{pool="shop",outcome="lost"} 2',
      'moor_hedges_total{pool="shop",outcome="failed"} 1',
    ]);
    expect(seriesIn(counters, "moor_retries_total")).toEqual(['moor_retries_total{pool="shop",outcome="answered"} 1']);
  });

  it("count a login that the provider has made as failed if it could not be written", () => {
    const counters = createCounters(T0);
    for (const facts of [
      { login: "begun" },
      { login: "done" },
      { login: "done", code: "session_unavailable" },
    ] as const) {
      counters.count(knownFacts(facts), { status: 302, tookMs: 1 });
    }
    expect(seriesIn(counters, "moor_logins_total")).toEqual([
      'moor_logins_total{pool="",outcome="begun"} 1',
      'moor_logins_total{pool="",outcome="done"} 1',
      'moor_logins_total{pool="",outcome="session_unavailable"} 1',
    ]);
  });

  it("count where sessions came from, and store calls if those are known", () => {
    const counters = createCounters(T0);
    const calls = { object: 2, principal: 0, kv: 1, redis: 0 };
    counters.count(knownFacts({ pool: "shop", opened: openedSession("a", {}, "kv"), calls }), {
      status: 200,
      tookMs: 1,
    });
    counters.count(knownFacts(), { status: 404, tookMs: 1 });
    const lines = counters.text().split("\n");
    expect(lines).toContain('moor_sessions_total{pool="shop",source="kv"} 1');
    expect(lines.filter((line) => line.startsWith("moor_sessions_total"))).toHaveLength(1);
    expect(lines).toContain('moor_store_calls_total{pool="shop",store="object"} 2');
  });

  it("count the losses that tokens prove, by store", () => {
    const counters = createCounters(T0);
    const loss = { kind: "set-back", store: "redis" } as const;
    counters.count(knownFacts({ loss }), { status: 200, tookMs: 1 });
    counters.count(knownFacts(), { status: 200, tookMs: 1 });
    expect(seriesIn(counters, "moor_store_losses_total")).toEqual([
      'moor_store_losses_total{pool="",kind="set-back",store="redis"} 1',
    ]);
  });

  it("have buckets that hold all that is not above their bound", () => {
    const counters = createCounters(T0);
    for (const tookMs of [5, 6, 60_000]) counters.count(knownFacts({ pool: "shop" }), { status: 200, tookMs });
    const lines = counters.text().split("\n");
    const bucket = (le: string) =>
      lines.find((line) => line.startsWith(`moor_request_duration_seconds_bucket{pool="shop",le="${le}"}`));
    expect(bucket("0.005")).toMatch(/ 1$/);
    expect(bucket("0.01")).toMatch(/ 2$/);
    expect(bucket("30")).toMatch(/ 2$/);
    expect(bucket("+Inf")).toMatch(/ 3$/);
    expect(lines).toContain('moor_request_duration_seconds_sum{pool="shop"} 60.011');
  });

  it("escape what a label may not hold", () => {
    const counters = createCounters(T0);
    counters.count(knownFacts({ route: routeOf({ path: '/a"b\\c\nd' }) }), { status: 200, tookMs: 1 });
    expect(counters.text()).toContain('route="/a\\"b\\\\c\\nd"');
  });
});
