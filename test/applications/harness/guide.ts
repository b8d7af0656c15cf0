import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The address of the site in guides. */
export const PUBLIC_ADDRESS = "https://shop.example.com";

/**
 * The lines of a file in a guide of docs/guide/frameworks. The guide shows them in a block of code whose first line is a comment with the
 * name of the file. A test that takes its lines from here checks the guide.
 */
export function snippetOf(guide: string, file: string): string {
  const page = readFileSync(join("docs/guide/frameworks", `${guide}.md`), "utf8");
  const blocks = Array.from(page.matchAll(/^```\w*\n(.*)\n([\s\S]*?)^```$/gm));
  const found = blocks.find(([, comment = ""]) => comment.split(/\s/).includes(file));
  if (found === undefined) throw new Error(`${guide}.md has no block of code whose first line names ${file}`);
  return found[2] as string;
}

/** A file's snippet as rows of the table: each line with the name of its file. */
export function linesOf(guide: string, file: string): string[] {
  const lines = snippetOf(guide, file).split("\n");
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^(\/\/|#|;)/.test(line))
    .map((line) => `${file}: ${line}`);
}
