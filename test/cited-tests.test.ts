import { describe, expect, it } from "vitest";

const pages = import.meta.glob<string>(["../docs/explanation/consistency.md", "../docs/reference/http.md"], {
  query: "?raw",
  import: "default",
  eager: true,
});
const files = import.meta.glob<string>("./**/*.test.ts", { query: "?raw", import: "default", eager: true });

/** The tests that a page lists: `1. "path": "title"`. */
function listedIn(text: string): { number: number; path: string; title: string }[] {
  const lines = text.matchAll(/^(\d+)\. `test\/([^`]+)`: "(.+)"$/gm);
  return Array.from(lines, ([, number, path = "", title = ""]) => ({ number: Number(number), path, title }));
}

/** Those that are titles of nothing in their file. */
function missing(text: string): string[] {
  return listedIn(text)
    .filter(
      ({ path, title }) => !['"', "'", "`"].some((quote) => files[`./${path}`]?.includes(`${quote}${title}${quote}`)),
    )
    .map(({ path, title }) => `${path}: ${title}`);
}

describe.each(Object.entries(pages))("the tests that %s names", (_path, page) => {
  it("exist, under these titles", () => {
    expect(missing(page)).toEqual([]);
    expect(missing('1. `test/architecture.test.ts`: "point both ways"')).toHaveLength(1);
    expect(missing('1. `test/none.test.ts`: "point one way"')).toHaveLength(1);
  });

  it("are numbered consecutively, and each is cited", () => {
    const numbers = listedIn(page).map(({ number }) => number);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    const cited = new Set(Array.from(page.matchAll(/\[(\d+)\](?!\()/g), ([, number]) => Number(number)));
    expect([...cited].sort((one, other) => one - other)).toEqual(numbers);
    expect(numbers.length).toBeGreaterThan(20);
  });
});
