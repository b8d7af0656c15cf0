import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/read.ts";
import { formatMistakes } from "../../src/settings/mistakes.ts";
import * as configurations from "./snippets/configurations.ts";
import * as logins from "./snippets/logins.ts";

const pages = import.meta.glob<string>(
  ["../../docs/guide/*.md", "../../docs/guide/moving-in/*.md", "../../sdk/java/*.md"],
  {
    query: "?raw",
    import: "default",
    eager: true,
  },
);
/** `npm run types` checks the snippets, and a test of conformance builds and runs the shop on Next.js. */
const sources = import.meta.glob<string>(["./snippets/*.ts", "../conformance/adoption/old-next/**/*.js"], {
  query: "?raw",
  import: "default",
  eager: true,
});
const checked = Object.values(sources).map(withoutLayout);

/** The package's own test compiles it, because a declaration for `moor/express` needs the built package. */
const COMPILED_ELSEWHERE = 'declare module "moor/express"';

describe("the code in the guides", () => {
  const snippets = Object.entries(pages).flatMap(([page, text]) =>
    snippetsOf(text).map((snippet) => ({ page: page.replace("../../", ""), snippet, begin: snippet.split("\n")[0] })),
  );

  it("is found in the pages", () => expect(snippets.length).toBeGreaterThan(10));

  it.each(snippets)("in $page stands in a file that is checked: $begin", ({ snippet }) => {
    if (snippet.startsWith(COMPILED_ELSEWHERE)) return;
    const isThere = checked.some((file) => file.includes(withoutLayout(snippet)));
    expect(isThere, "write it into a file of test/docs/snippets, or of the application that it is of").toBe(true);
  });
});

describe("each configuration of the guides", () => {
  it.each(Object.entries({ ...configurations, ...logins }))("is valid: %s", (_name, config) => {
    const read = readConfig(config);
    expect(read.kind === "ok" ? "" : formatMistakes(read.mistakes)).toBe("");
  });
});

/** The blocks of TypeScript and JavaScript in a page. */
function snippetsOf(page: string): string[] {
  return Array.from(page.matchAll(/^```(?:ts|js)\n([\s\S]*?)^```$/gm), ([, code = ""]) => code);
}

/** Code without white space, commas at the end of a list, the name of its file, and the import that names Moor's own package. */
function withoutLayout(code: string): string {
  return code
    .replace(/^\/\/ [\w/-]+\.js$/m, "")
    .replace(/^import .* from "moor\/config";$/m, "")
    .replace(/\s+/g, "")
    .replace(/,(?=[\])}]|$)/g, "");
}
