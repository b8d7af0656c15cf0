/** @quick */
import { expect, it } from "vitest";
import { divided } from "../../bench/size/treemap.ts";

const WHOLE = { x: 0, y: 0, width: 600, height: 400 };
const areaOf = ({ width, height }: { width: number; height: number }) => width * height;

it("divides a box by sizes, without gaps and without overlaps", () => {
  const sizes = [600, 500, 400, 300, 200, 100, 100, 100, 60, 40];
  const boxes = divided(WHOLE, sizes);
  const scale = areaOf(WHOLE) / sizes.reduce((sum, size) => sum + size, 0);
  expect(boxes.map((box) => Math.round(areaOf(box) / scale))).toEqual(sizes);
  for (const { x, y, width, height } of boxes) {
    expect(x).toBeGreaterThanOrEqual(0);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(x + width).toBeLessThanOrEqual(600.001);
    expect(y + height).toBeLessThanOrEqual(400.001);
    expect(Math.max(width / height, height / width)).toBeLessThan(3);
  }
});

it("divides a box among sizes of which some are nothing", () => {
  expect(divided(WHOLE, [0, 0]).map(areaOf)).toEqual([0, 0]);
  expect(divided(WHOLE, [3, 0, 1]).map(areaOf)).toEqual([180_000, 0, 60_000]);
});
