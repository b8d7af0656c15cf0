import { expect, it } from "vitest";

const files = import.meta.glob<string>("../conformance/**/*.test.ts", {
  query: "?raw",
  import: "default",
  eager: true,
});
const [page = ""] = Object.values(
  import.meta.glob<string>("../conformance/README.md", { query: "?raw", import: "default", eager: true }),
);

/** The lines of files that have a column, in the order of the columns. */
const TAGS = ["any-authority", "any-runtime", "without-login", "any-fallback"];

/** The folder of a file, as the table names it. */
function groupOf(path: string): string {
  const [, , folder = "", file] = path.split("/");
  return file === undefined ? "no folder" : `\`${folder}\``;
}

it("test/conformance/README.md tells how many files of each group run in which places, and why the others do not", () => {
  const groups = Map.groupBy(Object.entries(files), ([path]) => groupOf(path));
  const counted = [...groups].map(([group, of]) => {
    const withTag = (tag: string) => of.filter(([, text]) => text.includes(`/** @${tag} */\n`)).length;
    const cells = [of.length, ...TAGS.map(withTag)].map((count) => (count === 0 ? "-" : String(count)));
    return [group, [...cells, expect.stringMatching(/\w/)]];
  });
  const rows = Array.from(page.matchAll(/^\| (.+) \|$/gm), ([, row = ""]) => row.split(" | "));
  const told = rows.filter(([, count = ""]) => /^\d+$/.test(count)).map(([group, ...cells]) => [group, cells]);
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(counted));
});
