import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

/** A violation that axe has found, with the elements that have it. */
interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * The violations of accessibility that axe finds in the shown page, by all of its rules that are not experimental. A line for each element.
 */
export async function violationsIn(page: Page): Promise<string[]> {
  // The page's Content-Security-Policy lets no script element in. The debugger is not bound by it.
  await page.evaluate(source);
  const { violations } = (await page.evaluate("axe.run(document)")) as { violations: Violation[] };
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary = "" }) => `${id}: ${help}: ${html} ${failureSummary.replace(/\s+/g, " ")}`),
  );
}
