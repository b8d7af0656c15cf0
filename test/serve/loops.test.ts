import { expect, it } from "vitest";
import { loopedBy, marked } from "../../src/serve/loops.ts";

const OWN = `moor-${"a".repeat(32)}`;
const OTHER = `moor-${"c".repeat(32)}; pool=intern; origin=x1`;
const marks = { own: OWN, known: [OWN] };

it("marks a request with the origin to which it goes, behind the marks of other sites", () => {
  expect(marked(marks, null, "shop", "a")).toBe(`${OWN}; pool=shop; origin=a`);
  expect(marked(marks, OTHER, "shop", "a")).toBe(`${OTHER}, ${OWN}; pool=shop; origin=a`);
});

it("marks a request that is sent again, to another origin, once", () => {
  const first = marked(marks, OTHER, "shop", "a");
  expect(marked(marks, first, "shop", "b")).toBe(`${OTHER}, ${OWN}; pool=shop; origin=b`);
});

it("finds its own mark alone", () => {
  expect(loopedBy(marks, marked(marks, OTHER, "shop.1", "a_b-c"))).toEqual({ pool: "shop.1", origin: "a_b-c" });
  expect(loopedBy(marks, OTHER)).toBeUndefined();
  expect(loopedBy(marks, null)).toBeUndefined();
});
