import { expect, it } from "vitest";
import readme from "../../README.md?raw";

it("keeps README.md at 150 lines at most, so that a newcomer reads it to the end", () => {
  expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(150);
});
