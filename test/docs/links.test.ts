import { describe, expect, it } from "vitest";
import { anchorsOf, brokenLinks, linksOf } from "./links.ts";

const pages = import.meta.glob<string>(["../../*.md", "../../docs/**/*.md", "../../{examples,sdk}/**/*.md"], {
  query: "?raw",
  import: "default",
  eager: true,
});
/** Only the names are needed: a glob without `eager` loads no file. */
const others = import.meta.glob(
  [
    "../../*",
    "../../.ci/*",
    "../../{bench,bin,demo,docs,emulation,examples,sdk,sim,src,test}/**/*",
    "!../../package-lock.json",
  ],
  { query: "?raw" },
);

const fromRoot = (path: string) => new URL(path, "file:///test/docs/").pathname.slice(1);
const texts = new Map(Object.entries(pages).map(([path, text]) => [fromRoot(path), text]));
const files = new Set(Object.keys(others).map(fromRoot));

describe("the links between documents", () => {
  it.each([...texts.keys()])("in %s lead to files and headings that exist", (path) => {
    expect(brokenLinks(path, texts, files)).toEqual([]);
  });

  it("lead from docs/README.md to the decisions in the order of their numbers", () => {
    const decisions = linksOf(texts.get("docs/README.md") ?? "").filter((link) => /\/decisions\/\d/.test(link));
    expect(decisions.length).toBeGreaterThan(50);
    expect(decisions).toEqual(decisions.toSorted());
  });

  it("lead from docs/README.md to every page of docs", () => {
    const listed = linksOf(texts.get("docs/README.md") ?? "").map((link) => `docs/${link}`);
    const isPage = (path: string) => path.startsWith("docs/") && path !== "docs/README.md";
    expect([...texts.keys()].filter((path) => isPage(path) && !listed.includes(path))).toEqual([]);
  });

  it("include the documents that a newcomer meets first", () => {
    const newcomers = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/README.md"];
    expect([...texts.keys()]).toEqual(expect.arrayContaining(newcomers));
  });
});

describe("brokenLinks", () => {
  const given = new Map([
    ["docs/a.md", "# A\n\n[b](b.md#one-heading) [c](../src/c.ts) [web](https://example.com/x)"],
    ["docs/b.md", "## One heading\n"],
  ]);
  const broken = (text: string) =>
    brokenLinks("docs/a.md", new Map([...given, ["docs/a.md", text]]), new Set(["src/c.ts"]));

  it("finds nothing when every file and heading exists", () => {
    expect(brokenLinks("docs/a.md", given, new Set(["src/c.ts"]))).toEqual([]);
  });

  it.each([
    ["a file that does not exist", "[b](c.md)"],
    ["a heading that another page does not have", "[b](b.md#other-heading)"],
    ["a heading that the page itself does not have", "[a](#b)"],
    ["a picture that does not exist", "![b](b.svg)"],
    ["a file outside of the repository", "[b](../../b.md)"],
  ])("finds a link to %s", (_what, text) => expect(broken(text)).toHaveLength(1));

  it("accepts a link to a folder", () => expect(broken("[source](../src)")).toEqual([]));
});

describe("linksOf", () => {
  it("ignores links in code", () => expect(linksOf("`[a](b.md)`\n\n```\n[a](c.md)\n```\n[a](d.md)")).toEqual(["d.md"]));

  it("finds links whose text has code or brackets", () =>
    expect(linksOf("[`pools[]`](a.md) [b\nc](b.md)")).toEqual(["a.md", "b.md"]));
});

describe("anchorsOf", () => {
  it("makes anchors as GitHub makes them", () => {
    const text =
      "# An origin's own word\n## `pools[]`\n## See [a](b.md): x_y-z\n```\n# no heading\n```\n## Twice\n### Twice";
    expect([...anchorsOf(text)]).toEqual(["an-origins-own-word", "pools", "see-a-x_y-z", "twice", "twice-1"]);
  });
});
