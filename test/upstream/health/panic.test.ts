import { describe, expect, it } from "vitest";
import type { Health } from "../../../src/upstream/health/ejections.ts";
import { createPanic } from "../../../src/upstream/health/panic.ts";

type Given = Partial<{ down: boolean; backup: boolean }>;
const HEALTHY: Health = "healthy";

function panicOf(origins: Given[], percent: number) {
  const changes: boolean[] = [];
  const panic = createPanic(
    origins.map((given) => ({ down: false, backup: false, ...given })),
    percent,
    (isOn) => changes.push(isOn),
  );
  /** Judges a pool in which the first so many origins are ejected. */
  const judge = (sick: number) =>
    panic.judge(sick === 0 ? undefined : origins.map((_, i) => (i < sick ? "ejected" : HEALTHY)));
  return { isOn: () => panic.isOn, judge, changes };
}
const plain = (count: number): Given[] => Array.from({ length: count }, () => ({}));

describe("a pool is in panic", () => {
  it.each<[number, number, number]>([
    [50, 4, 3],
    [50, 5, 3],
    [25, 4, 4],
    [25, 5, 4],
    [100, 3, 1],
    [1, 3, 3],
    [0, 3, 3],
  ])("with panicThresholdPercent %i of %i origins when %i are not healthy, and not before", (percent, count, sick) => {
    const panic = panicOf(plain(count), percent);
    expect(panic.judge(sick - 1)).toBe(false);
    expect(panic.judge(sick)).toBe(true);
  });

  it("as long as it lasts; beginning and end are told once", () => {
    const panic = panicOf(plain(2), 50);
    for (const sick of [0, 1, 2, 2, 2, 1, 0, 0]) expect(panic.judge(sick)).toBe(sick === 2);
    expect(panic.changes).toEqual([true, false]);
    panic.judge(2);
    expect([panic.isOn(), panic.judge(0), panic.isOn()]).toEqual([true, false, false]);
  });

  it("whether the others are ejected, or have to prove themselves", () => {
    const panic = panicOf(plain(2), 50);
    expect(panic.judge(2)).toBe(true);
    expect(createPanic([{ down: false, backup: false }], 50, () => {}).judge(["half-open"])).toBe(true);
  });

  it("according to the origins that are not down", () => {
    expect(panicOf([{}, { down: true }, { down: true }], 50).judge(1)).toBe(true);
    expect(panicOf([{ down: true }, {}, {}], 50).judge(1)).toBe(false);
  });

  it("not while a backup is healthy", () => {
    expect(panicOf([{}, {}, { backup: true }], 50).judge(2)).toBe(false);
    expect(panicOf([{}, {}, { backup: true }], 50).judge(3)).toBe(true);
    expect(panicOf([{}, {}, { backup: true, down: true }], 50).judge(2)).toBe(true);
  });
});
