/** @quick */
import { describe, expect, it } from "vitest";
import { collectionIn, garbageOf, garbageTable } from "../../bench/http/garbage.ts";

const SCAVENGE =
  "[41:0x7f1c9c000]      842 ms: Scavenge 9.5 (12.0) -> 5.5 (13.2) MB, pooled: 0.0 MB, 0.61 / 0.00 ms (average mu = 1.000) task;";
const FULL =
  "[41:0x7f1c9c000]     2207 ms: Mark-Compact (reduce) 7.0 (14.4) -> 6.5 (9.9) MB, pooled: 0.0 MB, 2.93 / 0.00 ms (+ 1.0 ms in 9 steps) finalize incremental marking;";

describe("a line of V8's collector", () => {
  it("tells how many bytes a collection has freed, of the young generation or of all", () => {
    expect(collectionIn(SCAVENGE)).toEqual({ isScavenge: true, freedBytes: 4 * 2 ** 20 });
    expect(collectionIn(FULL)).toEqual({ isScavenge: false, freedBytes: 2 ** 19 });
  });

  it("tells nothing if it is another line", () => {
    expect(collectionIn('{"event":"request","took":"9.5 (12.0) -> 5.5 (13.2) MB"}')).toBeUndefined();
    expect(collectionIn("")).toBeUndefined();
  });
});

describe("the garbage of a request", () => {
  const measured = garbageOf([SCAVENGE, "another line", SCAVENGE, FULL], 1_024);

  it("is what all collections have freed, by their kind, for each request", () => {
    expect(measured).toEqual({ young: 8_192, old: 512, scavenges: 2 });
  });

  it("has a row for each contestant, in KiB", () => {
    const table = garbageTable({ garbage: { cleanRead: measured } });
    expect(table).toContain("| Moor: returning clean read | 8.0 | 2 | 0.5 |");
  });
});
