/** @quick */
import { expect, it } from "vitest";
import { Order } from "./order.ts";

it("the order follows from one event to the next, and not back", () => {
  const order = new Order();
  order.add(1, 2);
  order.add(2, 3);
  order.add(4, 3);
  expect(order.reaches(1, 3)).toBe(true);
  expect(order.reaches(3, 1)).toBe(false);
  expect(order.reaches(1, 4)).toBe(false);
});

it("the order ends where it goes in a circle", () => {
  const order = new Order();
  order.add(1, 2);
  order.add(2, 1);
  expect(order.reaches(1, 1)).toBe(true);
  expect(order.reaches(1, 3)).toBe(false);
});
