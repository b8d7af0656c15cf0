import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { Fate } from "../../../bin/import/fates.ts";
import { LINE_FATES, SECTION_FATES } from "../../../bin/import/haproxy/fates.ts";
import { DIRECTIVE_FATES, UPSTREAM_FATES } from "../../../bin/import/nginx/fates.ts";
import { KEY_FATES } from "../../../bin/import/traefik/fates.ts";

const page = await readFile("docs/reference/import.md", "utf8");

const TABLES: [heading: string, fates: readonly Fate[]][] = [
  ["### Outside of `upstream`", DIRECTIVE_FATES],
  ["### In `upstream`", UPSTREAM_FATES],
  ["### Lines", LINE_FATES],
  ["### Sections", SECTION_FATES],
  ["## Traefik", KEY_FATES],
];

const KINDS = { carried: "carried over", noted: "note", platform: "one note for all" };

/** The row of a table: the names, whether they are carried over, and what becomes of them. */
function rowOf({ names, kind, text }: Fate): string {
  const sentence = text[0]?.toUpperCase() + text.slice(1);
  return `| ${names.map((name) => `\`${name}\``).join(", ")} | ${KINDS[kind]} | ${sentence} |`;
}

/** The rows of the table below a heading. */
function rowsBelow(heading: string): string[] {
  const section = page.split(`${heading}\n`)[1]?.split(/^#/m)[0] ?? "";
  return section.split("\n").filter((line) => line.startsWith("| `"));
}

describe("the reference of moor import", () => {
  it.each(TABLES)("has a row for each setting that the command knows: %s", (heading, fates) => {
    expect(rowsBelow(heading)).toEqual(fates.map(rowOf));
  });
});
