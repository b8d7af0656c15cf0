/** `npm run report-costs`: writes the cost of isolates' reports into docs/reference/metrics.md, and prints it. */
import { readFile, writeFile } from "node:fs/promises";
import { replaced } from "../save.ts";
import { reportCosts } from "./cost.ts";

const PAGE = "docs/reference/metrics.md";
const costs = await reportCosts();
await writeFile(PAGE, replaced(await readFile(PAGE, "utf8"), "reports", costs));
process.stdout.write(`${costs}\n`);
