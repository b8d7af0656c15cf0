import { describe, expect, it } from "vitest";
import { at } from "../../support/time.ts";
import { CLIENTS, detection } from "./detection.ts";

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
      { kind: "ejected", index: 0, cause: "silence", reason: "does not answer", forMs: 10_000 },
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
