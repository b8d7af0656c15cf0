/** Prose of one file: its comments, the paragraphs of a document, or the names of its tests. */
export interface Prose {
  readonly file: string;
  readonly paragraphs: readonly string[];
}

/** A `what` or `who` that stands for a noun, found by the word before it. */
const HEADLESS =
  /(?:^|[.;:(,]\s+|\b(?:of|by|for|to|on|with|and|or|but|is|are|says|tells|shows|knows|holds|reads|needs|has)\s+)(?:what|who|whoever)\b/gi;

/** A comment of TypeScript that begins its line. Later in a line, `/*` may be part of a string, such as a path. */
const COMMENT = /^[ \t]*\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*\n?)+/gm;

/**
 * The comments of TypeScript source. Consecutive line comments make one paragraph, and so does each part of a
 * docstring.
 */
export function commentsOf(file: string, source: string): Prose {
  const blocks = source.match(COMMENT) ?? [];
  const paragraphs = blocks.flatMap((block) =>
    block
      .replace(/^\s*\/\*+|\*\/$/g, "")
      .replace(/^[ \t]*(?:\*|\/\/)[ \t]?/gm, "")
      .split(/\n\s*\n|\n(?=\s*(?:@\w+|- ))/),
  );
  return { file, paragraphs: tidied(paragraphs) };
}

/** The paragraphs, list items, and table cells of Markdown, without headings, code, and the addresses of links. */
export function paragraphsOf(file: string, markdown: string): Prose {
  const text = markdown.replace(/^```[\s\S]*?^```/gm, "").replace(/^#.*$/gm, "");
  const blocks = text.split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+\.)\s)|\n(?=\|)/);
  return { file, paragraphs: tidied(blocks.flatMap((block) => (block.startsWith("|") ? block.split("|") : [block]))) };
}

/** The names of the tests and suites of a test file. */
export function testNamesOf(file: string, source: string): Prose {
  const names = source.matchAll(/\b(?:it|test|describe)(?:\.\w+)*(?:<[^(]*>)?\(\s*(["'`])(.+?)\1\s*,/g);
  return { file, paragraphs: tidied(Array.from(names, ([, , name]) => name as string)) };
}

function tidied(paragraphs: readonly string[]): string[] {
  return paragraphs
    .map((each) =>
      each
        .replace(/`[^`]*`/g, "X")
        .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
        .replace(/\{@link ([^}]*)\}/g, "$1")
        .replace(/\s+/g, " ")
        .trim(),
    )
    .filter((each) => /[a-z]/i.test(each));
}

/** How many words a text has. */
export function wordsIn(text: string): number {
  return text.match(/[A-Za-z']+/g)?.length ?? 0;
}

/** The clauses in which `what` or `who` stands for a noun that is not named, each with some of the words around it. */
export function headlessIn({ file, paragraphs }: Prose): string[] {
  return paragraphs.flatMap((text) =>
    Array.from(text.matchAll(HEADLESS), ({ index }) => `${file}: …${text.slice(Math.max(0, index - 30), index + 70)}…`),
  );
}

/** The sentences of some prose. */
export function sentencesOf({ file, paragraphs }: Prose): { file: string; sentence: string; words: number }[] {
  return paragraphs.flatMap((text) =>
    text
      .split(/(?<=[.!?])\s+/)
      .map((sentence) => ({ file, sentence, words: wordsIn(sentence) }))
      .filter(({ words }) => words > 2),
  );
}

/** Headless clauses in a thousand words, and the share of sentences with more than `most` words. */
export function ratesOf(all: readonly Prose[], most: number) {
  const words = all.flatMap(({ paragraphs }) => paragraphs).reduce((sum, text) => sum + wordsIn(text), 0);
  const headless = all.flatMap(headlessIn);
  const sentences = all.flatMap(sentencesOf);
  const long = sentences.filter((each) => each.words > most);
  return {
    words,
    headless,
    long,
    perThousand: (1000 * headless.length) / words,
    longShare: long.length / sentences.length,
  };
}
