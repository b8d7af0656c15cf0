import { expect, it } from "vitest";

const pages = import.meta.glob<string>("../../README.md", { query: "?raw", import: "default", eager: true });

it("keeps README.md at 150 lines at most, so that a newcomer reads it to the end", () => {
  const [readme = ""] = Object.values(pages);
  expect(readme.trimEnd().split("\n")).toSatisfy((lines: string[]) => lines.length > 50 && lines.length <= 150);
});
