import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { createTally } from "../../src/totals/tally.ts";
import { createReporter } from "../../src/upstream/live/reporter.ts";

const REQUESTS = 50_000;
const TRIES = 10;
/** A busy isolate has this many requests in the minute between two reports. */
const REQUESTS_PER_REPORT = 6_000;

/** Microseconds of a request that the reports of its isolate take: sightings, the question whether a report is due, and the reports. */
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
  const request = new Request("https://shop.test/");
  const beganAt = performance.now();
  for (let sent = 0; sent < REQUESTS; sent++) {
    for (let series = 0; sent % REQUESTS_PER_REPORT === 0 && series < 69; series++) tally.add(`series ${series}`);
    reporter.see("a", ids[sent % ids.length] as string);
    reporter.counted((sent * 60_000) / REQUESTS_PER_REPORT, request);
  }
  return ((performance.now() - beganAt) * 1000) / REQUESTS;
}

describe("the reports of an isolate", () => {
  it("take at most 1 % of the CPU of a clean read", async () => {
    const { http } = JSON.parse(await readFile("docs/explanation/performance/http.json", "utf8")) as {
      http: { shapes: [{ throughput: { cleanRead: { cpuMicroseconds: { median: number } } } }] };
    };
    const cleanRead = http.shapes[0].throughput.cleanRead.cpuMicroseconds.median;
    const took = Math.min(...Array.from({ length: TRIES }, microseconds));
    console.log(
      `reports take ${took.toFixed(2)} µs of a request, ${((took / cleanRead) * 100).toFixed(2)} % of a clean read`,
    );
    expect(took).toBeGreaterThan(0);
    expect(took).toBeLessThanOrEqual(cleanRead / 100);
  });
});
