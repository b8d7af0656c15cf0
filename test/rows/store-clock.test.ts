import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../src/log.ts";
import { createStoreClock } from "../../src/rows/store-clock.ts";
import { T0 } from "../support/time.ts";

/** A question that left at `T0`, and whose answer arrived `tookMs` later with the time of a store that is so many milliseconds ahead. */
function asked({ tookMs, aheadMs }: { tookMs: number; aheadMs: number }) {
  const lines: LogEntry[] = [];
  const translate = createStoreClock({ store: "rows", clock: () => T0 + tookMs, log: (line) => lines.push(line) });
  return { times: translate(T0 + aheadMs, T0), lines };
}

describe("the clock of a store", () => {
  it("is known within the time that its answer took, and each time that it is told errs to the safe side", () => {
    const { times } = asked({ tookMs: 400, aheadMs: 9_000 });
    // The store told its time at some moment of these 400 ms: it is 8,600 to 9,000 ms ahead.
    expect(times.atLeast(T0)).toBe(T0 + 9_000);
    expect(times.atMost(T0)).toBe(T0 + 8_600);
  });

  it("that the store does not tell is taken to be the same", () => {
    const lines: LogEntry[] = [];
    const translate = createStoreClock({ store: "rows", clock: () => T0, log: (line) => lines.push(line) });
    const times = translate(undefined, T0);
    expect([times.atLeast(T0), times.atMost(T0)]).toEqual([T0, T0]);
    expect(lines).toEqual([]);
  });

  it.each([
    ["ahead by what is certain", { tookMs: 400, aheadMs: 2_400 }, [2_000]],
    ["behind by what is certain", { tookMs: 400, aheadMs: -2_000 }, [-2_000]],
    ["not apart, if its time lies within a slow answer", { tookMs: 5_000, aheadMs: 3_000 }, []],
    ["not apart by a second", { tookMs: 0, aheadMs: 1_000 }, []],
  ])("is logged as %s", (_what, given, apart) => {
    expect(asked(given).lines).toEqual(
      apart.map((apartMs) => ({ event: "store_clock_apart", store: "rows", apartMs })),
    );
  });
});
