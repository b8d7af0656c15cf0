import { beforeEach, describe, expect, it } from "vitest";
import { createOutlierDetection, type OutlierDetection } from "../../src/upstream/health.ts";
import { at } from "../support/time.ts";

describe("passive outlier detection", () => {
  let health: OutlierDetection;
  const stateAt = (seconds: number, index = 0) => health.of(index, at(seconds));
  beforeEach(() => {
    health = createOutlierDetection();
  });

  it("takes an origin for healthy that it has not met", () => expect(stateAt(0)).toBe("healthy"));

  it("forgives one failure: it may have been an idle connection that the origin had closed", () => {
    health.failed(0, at(0));
    expect(stateAt(0)).toBe("healthy");
  });

  it("ejects an origin at its second failure running, for 10 seconds, then lets it prove itself", () => {
    health.failed(0, at(0));
    health.failed(0, at(1));
    expect([stateAt(1), stateAt(10.999), stateAt(11)]).toEqual(["ejected", "ejected", "half-open"]);
  });

  it("ejects it again at once when it fails to", () => {
    health.failed(0, at(0));
    health.failed(0, at(0));
    health.failed(0, at(12));
    expect([stateAt(12), stateAt(22)]).toEqual(["ejected", "half-open"]);
  });

  it("forgets everything at an answer", () => {
    for (const second of [0, 1, 2]) health.failed(0, at(second));
    health.answered(0);
    expect(stateAt(2)).toBe("healthy");
    health.failed(0, at(3));
    expect(stateAt(3)).toBe("healthy");
  });

  it("knows origins apart", () => {
    for (const second of [0, 1]) health.failed(1, at(second));
    health.answered(0);
    expect([stateAt(1, 0), stateAt(1, 1), stateAt(1, 2)]).toEqual(["healthy", "ejected", "healthy"]);
  });
});
