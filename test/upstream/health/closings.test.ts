import { describe, expect, it } from "vitest";
import { closedSeconds, createClosings, MAX_CLOSED_SECONDS } from "../../../src/upstream/health/closings.ts";
import { at, T0 } from "../../support/time.ts";

const closedTo = (closings: ReturnType<typeof createClosings>, born: number, now: number) => {
  const flags = closings.closedTo(at(born), at(now));
  return flags && [...flags];
};

describe("an origin that has closed itself", () => {
  it("is closed to sessions that are born from then on, until its time is over", () => {
    const closings = createClosings(3);
    expect(closedTo(closings, 0, 0)).toBe(undefined);
    closings.close(1, 30, at(10));
    expect(closedTo(closings, 9, 11)).toBe(undefined);
    expect(closedTo(closings, 10, 11)).toEqual([0, 1, 0]);
    expect(closedTo(closings, 10, 39.999)).toEqual([0, 1, 0]);
    expect(closedTo(closings, 10, 40)).toBe(undefined);
  });

  it("keeps sessions that may have been born before it within the same second: births are rounded down", () => {
    const closings = createClosings(1);
    closings.close(0, 30, at(10.4));
    expect(closedTo(closings, 10, 10.9)).toBe(undefined);
    expect(closedTo(closings, 11, 11)).toEqual([1]);
  });

  it("keeps sessions born before it first said so, however often it says it again; the last word tells how long", () => {
    const closings = createClosings(2);
    expect(closings.close(0, 30, at(10))).toBe(true);
    expect(closings.close(0, 30, at(20))).toBe(false);
    expect(closedTo(closings, 15, 45)).toEqual([1, 0]);
    expect(closings.close(0, 5, at(21))).toBe(false);
    expect(closedTo(closings, 15, 26)).toBe(undefined);
  });

  it("opens with a 0, and may close again to sessions that are born after that", () => {
    const closings = createClosings(2);
    closings.close(0, 300, at(10));
    expect(closings.close(0, 0, at(20))).toBe(false);
    expect(closedTo(closings, 15, 20)).toBe(undefined);
    expect(closings.close(0, 300, at(30))).toBe(true);
    expect(closedTo(closings, 15, 31)).toBe(undefined);
    expect(closedTo(closings, 30, 31)).toEqual([1, 0]);
  });

  it("says nothing of others that are closed for longer", () => {
    const closings = createClosings(2);
    closings.close(0, 100, at(0));
    closings.close(1, 10, at(0));
    expect(closedTo(closings, 5, 5)).toEqual([1, 1]);
    expect(closedTo(closings, 5, 50)).toEqual([1, 0]);
    expect(closedTo(closings, 5, 100)).toBe(undefined);
  });
});

describe("a response closes its origin", () => {
  const seconds = (status: number, headers: Record<string, string>, header = true, closeOn = [503]) =>
    closedSeconds(new Response(null, { status, headers }), closeOn, T0, header);
  const date = (second: number) => new Date(at(second)).toUTCString();

  it.each<[number, Record<string, string>, number | undefined]>([
    [200, {}, undefined],
    [200, { "Moor-Closed": "30" }, 30],
    [503, { "Moor-Closed": "30", "Retry-After": "60" }, 30],
    [200, { "Moor-Closed": "0" }, 0],
    [200, { "Moor-Closed": "3600" }, 3_600],
    [503, {}, undefined],
    [503, { "Retry-After": "60" }, 60],
    [429, { "Retry-After": "60" }, undefined],
    [503, { "Retry-After": "0" }, undefined],
    [503, { "Retry-After": "86400" }, MAX_CLOSED_SECONDS],
    [503, { "Retry-After": date(90) }, 90],
    [503, { "Retry-After": date(-90) }, undefined],
    [503, { "Retry-After": "soon" }, undefined],
    [503, { "Retry-After": "-5" }, undefined],
    [500, { "Retry-After": "60" }, undefined],
    [301, { "Retry-After": "60" }, undefined],
    [503, { "Retry-After": "60", Age: "3" }, undefined],
  ])("%i with %o: for %s seconds", (status, headers, expected) => expect(seconds(status, headers)).toBe(expected));

  it("by 429 only if its pool says so, and by no status if the pool names no status", () => {
    expect(seconds(429, { "Retry-After": "60" }, true, [503, 429])).toBe(60);
    expect(seconds(503, { "Retry-After": "60" }, true, [])).toBe(undefined);
  });

  it.each(["", "3601", "-1", "1.5", "30, 30", "30s", "0x1e", "00030"])("not by a malformed word: %j", (value) => {
    expect(seconds(503, { "Moor-Closed": value, "Retry-After": "60" })).toBe(undefined);
  });

  it("not by its word where that does not count, but by Retry-After", () => {
    expect(seconds(200, { "Moor-Closed": "30" }, false)).toBe(undefined);
    expect(seconds(503, { "Moor-Closed": "30", "Retry-After": "60" }, false)).toBe(60);
  });
});
