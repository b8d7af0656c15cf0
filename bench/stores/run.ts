import { measureStores, storesTable } from "./stores.ts";

const USAGE = `Measures how long requests take with each store of sessions on this machine.

node bench/stores/run.ts [REQUESTS]

  REQUESTS   of each kind for each store, 1 to 100,000; default: 500
`;
const DEFAULT_REQUESTS = 500;
const MOST_REQUESTS = 100_000;

const [text, ...more] = process.argv.slice(2);
const requests = text === undefined ? DEFAULT_REQUESTS : Number(text);
if (text === "--help") process.stdout.write(USAGE);
else if (more.length > 0 || !Number.isInteger(requests) || requests < 1 || requests > MOST_REQUESTS) {
  process.stderr.write(
    `found ${JSON.stringify(process.argv.slice(2))}, accepted: a number from 1 to ${MOST_REQUESTS}\n`,
  );
  process.exitCode = 2;
} else {
  const times = await measureStores(requests, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${storesTable(times)}\n`);
}
