import { readFile, writeFile } from "node:fs/promises";
import { replaced } from "../save.ts";
import { storeCostPlot, storeCosts } from "./cost.ts";
import { measureSizes, sizesTable } from "./sizes.ts";
import { measureStores, storesTable } from "./stores.ts";

const USAGE = `Measures how long requests take with each store of sessions on this machine, or writes what the stores cost and how large they are.

node bench/stores/run.ts [REQUESTS]
node bench/stores/run.ts cost
node bench/stores/run.ts sizes

  REQUESTS   of each kind for each store, 1 to 100,000; default: 500
  cost       writes the table and the plot of docs/guide/choosing-a-store.md from bench/cost/prices.json
  sizes      builds a Worker for each store, and writes the table of their sizes
`;
const GUIDE = "docs/guide/choosing-a-store.md";
const PLOT = "docs/guide/store-costs.svg";
const DEFAULT_REQUESTS = 500;
const MOST_REQUESTS = 100_000;

const [text, ...more] = process.argv.slice(2);
const requests = text === undefined ? DEFAULT_REQUESTS : Number(text);
if (text === "--help") process.stdout.write(USAGE);
else if (text === "cost" && more.length === 0) {
  await writeFile(GUIDE, replaced(await readFile(GUIDE, "utf8"), "cost", storeCosts()));
  await writeFile(PLOT, storeCostPlot());
} else if (text === "sizes" && more.length === 0) {
  const sizes = sizesTable(await measureSizes());
  await writeFile(GUIDE, replaced(await readFile(GUIDE, "utf8"), "sizes", sizes));
} else if (more.length > 0 || !Number.isInteger(requests) || requests < 1 || requests > MOST_REQUESTS) {
  process.stderr.write(
    `found ${JSON.stringify(process.argv.slice(2))}, accepted: cost, sizes, or a number from 1 to ${MOST_REQUESTS}\n`,
  );
  process.exitCode = 2;
} else {
  const times = await measureStores(requests, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${storesTable(times)}\n`);
}
