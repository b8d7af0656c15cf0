/** @quick */
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { RULES } from "./rules.ts";

const places = RULES.flatMap(({ name, edits }) => edits.map(({ file, from }) => [name, file, from] as const));

it.each(places)("the rule %s stands in %s, in one place", async (_name, file, from) => {
  expect((await readFile(file, "utf8")).split(from).length - 1, from).toBe(1);
});
