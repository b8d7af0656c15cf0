import { describe, expect, it } from "vitest";
import type { Unavailable } from "../../../src/lib/unavailable.ts";
import { createTally } from "../../../src/totals/tally.ts";
import type { Seen, SeenOrigin } from "../../../src/upstream/live/pool-contracts.ts";
import { GIVE_UP_MS, REPORT_EVERY_MS, type Report, WATCHED_EVERY_MS } from "../../../src/upstream/live/report.ts";
import { createReporter } from "../../../src/upstream/live/reporter.ts";
import { countOf } from "../../../src/upstream/live/sketch.ts";
import { at } from "../../support/time.ts";

const STATE = { version: "v1", config: "c1", ejected: ["b"], panics: false, open: ["redis"] };
const TAKEN: Seen = { kind: "seen", watched: false };
const LOST: Unavailable = { kind: "unavailable", cause: new Error("lost") };

/** An isolate that reports to an object, whose answers the test chooses. */
function isolate(random = 0) {
  const sent: { seen: SeenOrigin[]; report: Report }[] = [];
  const work: Promise<unknown>[] = [];
  const object: { answer: Seen | Unavailable } = { answer: TAKEN };
  const reporter = createReporter({
    tally: createTally(),
    isolate: "one",
    async send(ask) {
      sent.push(structuredClone(ask));
      return object.answer;
    },
    state: () => STATE,
    keepAlive: (promise) => work.push(promise),
    random: () => random,
  });
  return {
    object,
    sent,
    see: reporter.see,
    async request(second: number, colo?: string): Promise<void> {
      reporter.tally.add("requests");
      reporter.counted(at(second), new Request("https://shop.test", { cf: { colo } } as RequestInit));
      await Promise.all(work);
    },
    counts: () => sent.map(({ report }) => report.counts.requests),
  };
}

describe("the reports of an isolate", () => {
  it("come with the first request, then at most once a minute, each with the counts since the report before", async () => {
    const { request, counts, sent } = isolate();
    for (let second = 0; second <= 120; second++) await request(second);
    expect(counts()).toEqual([1, 60, 60]);
    expect(sent.map(({ report }) => report.number)).toEqual([1, 2, 3]);
  });

  it("come the second time at a moment of its own, so that isolates that began together do not report together", async () => {
    const { request, counts } = isolate(0.75);
    for (const second of [0, 14, 15, 74, 75]) await request(second);
    expect(counts()).toEqual([1, 2, 2]);
  });

  it("name the isolate, its location, its build, and the origins and stores that it does not use", async () => {
    const { request, sent } = isolate();
    await request(0, "FRA");
    expect(sent[0]?.report).toEqual({ ...STATE, colo: "FRA", isolate: "one", number: 1, counts: { requests: 1 } });
  });

  it("hold the sessions that were seen on each origin", async () => {
    const { request, see, sent } = isolate();
    for (const session of ["s1", "s2", "s2"]) see("a", session);
    see("b", "s3");
    await request(0);
    expect(sent[0]?.seen.map(({ origin, sketch }) => [origin, countOf(sketch)])).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
  });

  it("are sent again unchanged after an answer that did not come, because the object may have counted them", async () => {
    const { request, object, sent } = isolate();
    object.answer = LOST;
    await request(0);
    object.answer = TAKEN;
    await request(60);
    await request(120);
    expect(sent.map(({ report: { number, counts } }) => [number, counts.requests])).toEqual([
      [1, 1],
      [1, 1],
      [2, 2],
    ]);
  });

  it("are given up after five minutes, before the object forgets their numbers", async () => {
    const { request, object, sent } = isolate();
    object.answer = LOST;
    await request(0);
    object.answer = TAKEN;
    await request(GIVE_UP_MS / 1000 + 1);
    expect(sent.map(({ report: { number, counts } }) => [number, counts.requests])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it("come every five seconds while an operator watches, and once a minute after that", async () => {
    const { request, object, sent } = isolate();
    object.answer = { kind: "seen", watched: true };
    for (let second = 0; second <= 20; second++) await request(second);
    const watched = sent.length;
    expect(watched).toBe(1 + 20 / (WATCHED_EVERY_MS / 1000));
    object.answer = TAKEN;
    for (let second = 21; second <= 21 + 2 * (REPORT_EVERY_MS / 1000); second++) await request(second);
    expect(sent.length - watched).toBeLessThanOrEqual(3);
  });
});
