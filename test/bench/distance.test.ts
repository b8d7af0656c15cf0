/** @needs nginx redis-server */
import { describe, expect, it } from "vitest";
import { measureDistance } from "../../bench/distance/distance.ts";

const { distances } = await measureDistance("tiny", () => {});
const [near, far] = distances;

describe("reads while Redis is far away", () => {
  it("take nginx with connect-redis longer than the way there and back", () => {
    expect(far?.redisMs).toBeGreaterThanOrEqual(20);
    expect(far?.reads.nginx.p50Ms.min).toBeGreaterThan(far?.redisMs as number);
  });

  it("do not wait for Redis behind Moor", () => {
    for (const name of ["moor", "moorStrict"] as const) {
      expect(far?.reads[name].p50Ms.min).toBeLessThan(far?.redisMs as number);
      expect(near?.reads[name].p50Ms.min).toBeGreaterThan(0);
    }
  });
});
