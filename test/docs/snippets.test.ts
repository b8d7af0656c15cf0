import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/read.ts";
import { formatMistakes } from "../../src/settings/mistakes.ts";
import * as configurations from "./snippets/configurations.ts";

const pages = import.meta.glob<string>(["../../docs/guide/*.md", "../../sdk/java/*.md"], {
  query: "?raw",
  import: "default",
  eager: true,
});
const sources = import.meta.glob<string>("./snippets/*.ts", { query: "?raw", import: "default", eager: true });
/** `npm run types` checks these files, so a snippet that one of them contains has no mistake of type. */
const checked = Object.values(sources).map(withoutLayout);

/** The package's own test compiles it, because a declaration for `moor/express` needs the built package. */
const COMPILED_ELSEWHERE = 'declare module "moor/express"';

describe("the code in the guides", () => {
  const snippets = Object.entries(pages).flatMap(([page, text]) =>
    snippetsOf(text).map((snippet) => ({ page: page.replace("../../", ""), snippet, begin: snippet.split("\n")[0] })),
  );

  it("is found in the pages", () => expect(snippets.length).toBeGreaterThan(10));

  it.each(snippets)("in $page stands in a file that the type checker reads: $begin", ({ snippet }) => {
    if (snippet.startsWith(COMPILED_ELSEWHERE)) return;
    const isThere = checked.some((file) => file.includes(withoutLayout(snippet)));
    expect(isThere, "write it into a file of test/docs/snippets as well").toBe(true);
  });
});

describe("each configuration of the guides", () => {
  it.each(Object.entries(configurations))("is valid: %s", (_name, config) => {
    const read = readConfig(config);
    expect(read.kind === "ok" ? "" : formatMistakes(read.mistakes)).toBe("");
  });
});

/** The blocks of TypeScript and JavaScript in a page. */
function snippetsOf(page: string): string[] {
  return Array.from(page.matchAll(/^```(?:ts|js)\n([\s\S]*?)^```$/gm), ([, code = ""]) => code);
}

/** Code without white space, commas at the end of a list, and the import that names Moor's own package. */
function withoutLayout(code: string): string {
  return code
    .replace(/^import .* from "moor\/config";$/m, "")
    .replace(/\s+/g, "")
    .replace(/,(?=[\])}]|$)/g, "");
}
