import { describe, expect, it } from "vitest";
import type { ResolvedOutlierDetection } from "../../../src/config/resolved.ts";
import { at } from "../../support/time.ts";
import { detection } from "./detection.ts";

describe("server errors", () => {
  const errors = (health: ReturnType<typeof detection>, count: number, second = 0) => {
    for (let error = 0; error < count; error++) health.answer(second, true);
  };

  it("eject no origin unless the pool says so: an error is up to the origin", () => {
    const health = detection();
    errors(health, 1_000);
    expect(health.state(0)).toBe("healthy");
  });

  it("eject an origin when the number of consecutive errors reaches the pool's limit", () => {
    const health = detection({ consecutive5xx: 5 });
    errors(health, 4);
    health.answer(0);
    errors(health, 4);
    expect(health.state(0)).toBe("healthy");
    errors(health, 1);
    expect(health.state(0)).toBe("ejected");
    expect(health.changes).toMatchObject([{ kind: "ejected", reason: "5 consecutive server errors" }]);
  });

  it("include a missing answer, too", () => {
    const health = detection({ consecutive5xx: 3, consecutiveGatewayFailure: 100 });
    health.lose(0, ["v", "v"]);
    errors(health, 1);
    expect(health.state(0)).toBe("ejected");
  });

  it("keep an origin away until its time is over, whatever it answers in the meantime; then a single answer decides", () => {
    const health = detection({ consecutive5xx: 2 });
    errors(health, 2);
    health.answer(1);
    expect(health.state(1)).toBe("ejected");
    health.answer(10);
    expect(health.state(10)).toBe("healthy");
  });

  it("are not made good by a check that is answered with a server error", () => {
    const health = detection({ consecutive5xx: 2 });
    errors(health, 2);
    health.passed(0, true, at(10));
    expect(health.state(10)).toBe("ejected");
    health.passed(0, false, at(30));
    expect(health.state(30)).toBe("healthy");
  });

  it("keep it away for longer if that answer is a server error as well", () => {
    const health = detection({ consecutive5xx: 2 });
    errors(health, 2);
    errors(health, 1, 10);
    expect([29.999, 30].map((second) => health.state(second))).toEqual(["ejected", "half-open"]);
  });
});

describe("success rates", () => {
  const successRate = { minimumHosts: 5, requestVolume: 100, stdevFactor: 1_900 };
  /** An interval in which each origin has failed so many of its 100 requests, and the request that closes it. */
  const afterFailures = (
    failures: number[],
    given: Partial<ResolvedOutlierDetection> = { successRate },
    volume = 100,
  ) => {
    const health = detection(given, failures.length);
    failures.forEach((failed, index) => {
      for (let request = 0; request < volume; request++) health.answer(1, request < failed, index);
    });
    health.answer(11, false, 0);
    return failures.flatMap((_, index) => (health.state(11, index) === "healthy" ? [] : [index]));
  };

  it("are not compared unless the pool says so", () => expect(afterFailures([0, 0, 0, 0, 0, 90], {})).toEqual([]));

  it("eject the origin that answers worse than the others", () => {
    expect(afterFailures([1, 0, 2, 0, 1, 30])).toEqual([5]);
  });

  it("eject no origin when all are as bad", () => {
    expect(afterFailures([30, 28, 31, 29, 30, 32])).toEqual([]);
    expect(afterFailures([50, 50, 50, 50, 50])).toEqual([]);
  });

  it("need enough origins with enough requests", () => {
    expect(afterFailures([0, 0, 0, 0, 90])).toEqual([4]);
    expect(afterFailures([0, 0, 0, 90])).toEqual([]);
    expect(afterFailures([0, 0, 0, 0, 90], { successRate }, 99)).toEqual([]);
  });

  it("begin anew in each interval", () => {
    const health = detection({ successRate }, 5);
    const half = (second: number) => {
      for (let request = 0; request < 50; request++) {
        for (const index of [0, 1, 2, 3, 4]) health.answer(second, index === 4, index);
      }
    };
    half(0);
    half(10);
    health.answer(20);
    expect(health.state(20, 4)).toBe("healthy");
    half(20);
    half(29);
    health.answer(30);
    expect(health.state(30, 4)).toBe("ejected");
  });

  it("count lost connections, and leave the ejected out", () => {
    const health = detection({ successRate, consecutiveGatewayFailure: 50 }, 6);
    for (let request = 0; request < 100; request++) {
      for (const index of [1, 2, 3, 4, 5]) health.answer(1, index === 5 && request < 10, index);
      health.lose(1, ["v"]);
    }
    health.fail(1);
    health.answer(11, false, 1);
    // Beside the dead origin's rate of 0 %, a rate of 90 % would not deviate enough.
    expect(health.state(11, 5)).toBe("ejected");
  });
});
