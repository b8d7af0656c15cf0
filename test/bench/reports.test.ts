import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { createCounters } from "../../src/observe/counters.ts";
import { NOTHING_KNOWN, type RequestFacts } from "../../src/observe/request-facts.ts";
import { createTally } from "../../src/totals/tally.ts";
import { createReporter } from "../../src/upstream/live/reporter.ts";

const REQUESTS = 50_000;
const TRIES = 10;
/** A busy isolate has this many requests in the minute between two reports. */
const REQUESTS_PER_REPORT = 6_000;

/** The facts of a clean read that memory has answered. */
const ROUTE = { methods: undefined, host: undefined, path: "/*" };
const FACTS = {
  ...NOTHING_KNOWN,
  request: new Request("https://shop.test/"),
  arrivedAt: 0,
  route: ROUTE,
  pool: "shop",
  origin: "a",
  chosen: "affinity",
  attempts: 1,
  originMs: 7,
  opened: { kind: "session", source: "memory" },
  calls: { object: 0, principal: 0, kv: 0, redis: 0 },
} as unknown as RequestFacts;

/** Microseconds of a request that totals take: counts, sightings, the question whether a report is due, and the reports. */
function microseconds(): number {
  const tally = createTally();
  const reporter = createReporter({
    tally,
    isolate: "one",
    async send(ask) {
      structuredClone(ask);
      return { kind: "seen", watched: false };
    },
    state: () => ({ version: "v1", config: "c1", ejected: [], panics: false, open: [] }),
    keepAlive: () => {},
    random: () => 0,
  });
  const ids = Array.from({ length: 1_000 }, (_, nth) => `session-${nth}`.padEnd(22, "x"));
  const counters = createCounters(0, { of: () => reporter, all: [tally] });
  const beganAt = performance.now();
  for (let sent = 0; sent < REQUESTS; sent++) {
    for (let series = 0; sent % REQUESTS_PER_REPORT === 0 && series < 69; series++) tally.add(`series ${series}`);
    reporter.see("a", ids[sent % ids.length] as string);
    counters.count({ ...FACTS, arrivedAt: (sent * 60_000) / REQUESTS_PER_REPORT }, { status: 200, tookMs: 8 });
  }
  return ((performance.now() - beganAt) * 1000) / REQUESTS;
}

describe("the counts and the reports of an isolate", () => {
  it("take at most 1 % of the CPU of a clean read", async () => {
    const { http } = JSON.parse(await readFile("docs/explanation/performance/http.json", "utf8")) as {
      http: { shapes: [{ throughput: { cleanRead: { cpuMicroseconds: { median: number } } } }] };
    };
    const cleanRead = http.shapes[0].throughput.cleanRead.cpuMicroseconds.median;
    const took = Math.min(...Array.from({ length: TRIES }, microseconds));
    console.log(
      `counts and reports take ${took.toFixed(2)} µs of a request, ${((took / cleanRead) * 100).toFixed(2)} % of a clean read`,
    );
    expect(took).toBeGreaterThan(0);
    expect(took).toBeLessThanOrEqual(cleanRead / 100);
  });
});
