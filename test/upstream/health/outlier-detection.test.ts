import { describe, expect, it } from "vitest";
import type { ResolvedOutlierDetection } from "../../../src/config/resolved.ts";
import {
  type ConfirmedLoss,
  createOutlierDetection,
  type HealthChange,
} from "../../../src/upstream/health/outlier-detection.ts";
import { OUTLIER_DETECTION } from "../../support/pools.ts";
import { at } from "../../support/time.ts";

/** The outlier detection of a pool, with the events that it has told. */
function detection(given: Partial<ResolvedOutlierDetection> = {}, size = 6, random = 0) {
  const changes: HealthChange[] = [];
  const health = createOutlierDetection({
    config: { ...OUTLIER_DETECTION, ...given },
    size,
    random: () => random,
    onChange: (change) => changes.push(change),
  });
  return {
    ...health,
    changes,
    state: (seconds: number, index = 0) => health.of(index, at(seconds)),
    /** The origin does not answer a check. */
    fail: (...seconds: number[]) => {
      for (const second of seconds) health.failed(0, false, at(second));
    },
    /** Another origin has answered requests that this origin has lost. */
    lose: (second: number, clients: string[], given: Partial<ConfirmedLoss> = {}, index = 0) => {
      for (const client of clients) {
        health.confirmLoss(index, { client, isLate: false, isHeard: false, ...given }, at(second));
      }
    },
    answer: (second: number, isError = false, index = 0) => health.answered(index, isError, at(second)),
  };
}
const CLIENTS = ["v", "w", "x", "y", "z"];

describe("an origin that does not answer a check", () => {
  it("is unknown before it was met, and healthy", () => expect(detection().state(0)).toBe("healthy"));

  it("is ejected for 10 seconds, then it has to prove itself", () => {
    const health = detection();
    health.fail(1);
    expect([1, 10.999, 11].map((second) => health.state(second))).toEqual(["ejected", "ejected", "half-open"]);
    expect(health.allHealthy()).toBe(false);
  });

  it("comes back with any answer, to a visitor or to a check", () => {
    for (const answers of ["answered", "passed"] as const) {
      const health = detection();
      health.fail(0);
      health[answers](0, false, at(2));
      expect(health.state(2)).toBe("healthy");
    }
  });

  it("stays if the check is late and one client alone waits for it", () => {
    const health = detection();
    health.noteLoss(0, "v", true, at(0));
    health.failed(0, true, at(1));
    expect(health.state(1)).toBe("healthy");
    health.noteLoss(0, "w", true, at(1));
    health.failed(0, true, at(2));
    expect(health.state(2)).toBe("ejected");
  });

  it("is told once for each ejection, and so is its return", () => {
    const health = detection();
    health.fail(0, 1, 2);
    health.answer(4);
    health.answer(5);
    expect(health.changes).toEqual([
      { kind: "ejected", index: 0, reason: "does not answer", forMs: 10_000 },
      { kind: "returned", index: 0 },
    ]);
  });
});

describe("an origin that loses requests which others answer", () => {
  it("is ejected when they are of five clients, and no client counts twice", () => {
    const health = detection();
    health.lose(0, [...CLIENTS.slice(1), ...CLIENTS.slice(1)]);
    expect(health.state(0)).toBe("healthy");
    health.lose(0, CLIENTS);
    expect(health.state(0)).toBe("ejected");
    expect(health.changes).toMatchObject([{ reason: "lost requests of 5 clients" }]);
  });

  it("is ejected when they are of as many as the pool says", () => {
    const health = detection({ consecutiveGatewayFailure: 2 });
    health.lose(0, ["v"]);
    expect(health.state(0)).toBe("healthy");
    health.lose(0, ["w"]);
    expect(health.state(0)).toBe("ejected");
  });

  it("is not if they are longer ago than a minute", () => {
    const health = detection();
    for (const [index, client] of CLIENTS.entries()) health.lose(20 * index, [client]);
    expect(health.state(80)).toBe("healthy");
  });

  it("is not if it has answered others since, unless they are a tenth of its requests in ten seconds", () => {
    const losing = (requests: number) => {
      const health = detection();
      for (let request = 0; request < requests - CLIENTS.length; request++) health.answer(1);
      health.lose(2, CLIENTS, { isHeard: true });
      return health.state(2);
    };
    expect([51, 50].map(losing)).toEqual(["healthy", "ejected"]);
  });

  it("is ejected by clients alone only while that leaves half of the pool", () => {
    const health = detection({}, 4);
    for (const index of [0, 1, 2]) health.lose(0, CLIENTS, {}, index);
    expect([0, 1, 2, 3].map((index) => health.state(0, index))).toEqual(["ejected", "ejected", "healthy", "healthy"]);
  });

  it("is ejected anew by a single lost request when it was to prove itself", () => {
    const health = detection();
    health.fail(0);
    expect(health.hasFailedProof(0)).toBe(false);
    health.lose(10, ["v"]);
    expect([29.999, 30].map((second) => health.state(second))).toEqual(["ejected", "half-open"]);
    expect(health.hasFailedProof(0)).toBe(true);
  });

  it("had lost another client's request before a time, or had not", () => {
    const health = detection();
    health.noteLoss(0, "v", false, at(1));
    expect(health.hasLostOthersBefore(0, "w", at(2))).toBe(true);
    expect(health.hasLostOthersBefore(0, "w", at(1))).toBe(false);
    expect(health.hasLostOthersBefore(0, "v", at(2))).toBe(false);
    health.answer(2);
    expect(health.hasLostOthersBefore(0, "w", at(3))).toBe(false);
  });
});

describe("an ejection", () => {
  it("takes longer each time that the origin fails to prove itself, up to a bound", () => {
    const health = detection({ maxEjectionSeconds: 35 });
    for (const second of [0, 10, 30, 60, 95]) health.fail(second);
    const lasted = health.changes.map((change) => change.kind === "ejected" && change.forMs / 1000);
    expect(lasted).toEqual([10, 20, 30, 35, 35]);
  });

  it("does not grow while it lasts: requests that had nowhere else to go fail, too", () => {
    const health = detection();
    health.fail(0, 0, 1, 2, 9.999);
    expect(health.state(10)).toBe("half-open");
  });

  it("is shorter by one step for each interval that the origin has behaved", () => {
    const lastsAfter = (behaved: number) => {
      const health = detection();
      health.fail(0, 0, 10, 30); // for 10, 20 and 30 seconds
      health.answer(60);
      health.fail(60 + behaved);
      const last = health.changes.at(-1);
      return last?.kind === "ejected" && last.forMs / 1000;
    };
    expect([0, 9, 10, 19, 20, 30, 1_000].map(lastsAfter)).toEqual([40, 40, 30, 30, 20, 10, 10]);
  });

  it("takes a random part of the jitter more", () => {
    const lasts = (random: number) => {
      const health = detection({ maxEjectionJitterSeconds: 4 }, 6, random);
      health.fail(0, 0);
      return health.changes.map((change) => change.kind === "ejected" && change.forMs);
    };
    expect([0, 0.5, 0.9999].map(lasts)).toEqual([[10_000], [12_000], [13_999]]);
  });

  it.each<[number, number, number]>([
    [100, 6, 6],
    [50, 6, 3],
    [49, 6, 2],
    [34, 3, 1],
    [66, 3, 1],
    [67, 3, 2],
    [10, 6, 1],
    [1, 6, 1],
    [0, 6, 0],
  ])(
    "with maxEjectionPercent %i of %i origins meets at most %i, and one of them in any case",
    (percent, size, most) => {
      const health = detection({ maxEjectionPercent: percent }, size);
      const all = Array.from({ length: size }, (_, index) => index);
      for (const index of all) health.failed(index, false, at(1));
      expect(all.filter((index) => health.state(1, index) === "ejected")).toEqual(all.slice(0, most));
    },
  );

  it("makes room for another when it is over", () => {
    const health = detection({ maxEjectionPercent: 10 });
    health.fail(0, 0);
    health.failed(1, false, at(0));
    expect(health.state(0, 1)).toBe("healthy");
    health.answer(1);
    health.failed(1, false, at(2));
    expect([health.state(2, 0), health.state(2, 1)]).toEqual(["healthy", "ejected"]);
  });
});

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
