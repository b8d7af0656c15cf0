import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TEST_ISSUER } from "../../support/node/workerd.ts";

/** The address of the site in guides. */
export const PUBLIC_ADDRESS = "https://shop.example.com";

/** The server's own host in guides. */
const OWN_HOST = "app-1.internal";

/** A snippet with the hosts of the tests in place of the guide's. */
export const ofTest = (snippet: string): string =>
  snippet.replaceAll(new URL(PUBLIC_ADDRESS).host, new URL(TEST_ISSUER).host).replaceAll(OWN_HOST, "127.0.0.1");

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

/** The lines of a file in a guide, for an application that has them in its source. The text of the guide and the source must not drift apart. */
export function linesIn(source: string, guide: string, file: string): string[] {
  const present = new Set(
    readFileSync(source, "utf8")
      .split("\n")
      .map((line) => line.trim()),
  );
  const lines = linesOf(guide, file);
  const missing = lines.filter((line) => !present.has(line.slice(`${file}: `.length)));
  if (missing.length > 0) throw new Error(`${source} lacks lines of ${guide}.md: ${missing.join(" | ")}`);
  return lines;
}
