/** @quick */
import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { commentsOf, headlessIn, type Prose, paragraphsOf, ratesOf, sentencesOf, testNamesOf } from "./prose.ts";

/** Clauses whose `what` or `who` stands for a noun, in a thousand words. */
const MOST_HEADLESS = 2;
/** Words in a sentence, and the share of sentences that may have more. */
const LONG_WORDS = 25;
const MOST_LONG_SHARE = 0.1;

const read = (patterns: readonly string[], proseOf: (file: string, text: string) => Prose): Prose[] =>
  patterns.flatMap((pattern) => globSync(pattern)).map((file) => proseOf(file, readFileSync(file, "utf8")));

const ROOMS = "{hono,inbound,observe,request,session,store,support}";

describe.each<[string, readonly Prose[]]>([
  ["comments in src and bin", read(["src/**/*.ts", "bin/**/*.ts"], commentsOf)],
  ["comments in demo, bench, sim and emulation", read(["{demo,bench,sim,emulation}/**/*.ts"], commentsOf)],
  ["comments in test", read(["test/**/*.ts"], commentsOf)],
  // Folders of their own, because the larger folders would hide their clauses.
  [`comments in test/${ROOMS}`, read([`test/${ROOMS}/**/*.ts`], commentsOf)],
  ["documents", read(["*.md", "docs/**/*.md"], paragraphsOf)],
  ["names of tests", read(["test/**/*.ts"], testNamesOf)],
])("%s", (_name, texts) => {
  const { words, headless, perThousand, long, longShare } = ratesOf(texts, LONG_WORDS);

  it("have words to read", () => expect(words).toBeGreaterThan(5_000));

  it(`name their things: at most ${MOST_HEADLESS} headless clauses in a thousand words`, () => {
    expect(perThousand, headless.slice(0, 20).join("\n")).toBeLessThanOrEqual(MOST_HEADLESS);
  });

  it(`have at most ${LONG_WORDS} words in nine of ten sentences`, () => {
    const shown = long.slice(0, 20).map(({ file, sentence }) => `${file}: ${sentence}`);
    expect(longShare, shown.join("\n")).toBeLessThanOrEqual(MOST_LONG_SHARE);
  });
});

describe("the measure", () => {
  it("finds the clauses in comments, documents, and names of tests", () => {
    const found = [
      commentsOf("a.ts", "/** What is kept. */\nconst a = 1; // no comment of its own\n// Tells who asked.\n"),
      paragraphsOf("a.md", "# What it is\n\nIt says what came, and `what` it is not.\n"),
      testNamesOf("a.test.ts", 'it("knows what to do", () => {});\nit.each([1])("holds %s", () => {});'),
    ];
    expect(found.map((prose) => headlessIn(prose).length)).toEqual([2, 1, 1]);
  });

  it("takes no part of a string for a comment", () => {
    const source = 'const paths = ["/a/*", "or /* here"];\n  /** A reason. */\n';
    expect(commentsOf("a.ts", source).paragraphs).toEqual(["A reason."]);
  });

  it("counts the words of sentences, and takes a link or code for one word", () => {
    const prose = paragraphsOf(
      "a.md",
      "One `long piece of code` here. See [the page](docs/page.md) for more.\n\n- A list item.",
    );
    expect(sentencesOf(prose).map(({ words }) => words)).toEqual([3, 5, 3]);
  });
});
