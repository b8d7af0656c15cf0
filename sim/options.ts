import { parseArgs } from "node:util";
import { mistake, wholeNumber } from "../test/support/node/seeded.ts";
import { type Scenario, scenarios } from "./scenarios.ts";

/** The work that the command is asked to do. */
export type Options =
  | { readonly kind: "help" }
  | { readonly kind: "mistake"; readonly message: string }
  | {
      readonly kind: "run";
      readonly scenarios: readonly Scenario[];
      /** How many sessions there are. */
      readonly sessions: number;
      /** The folder of affinity.md. */
      readonly docs: string;
    };

const MOST_SESSIONS = 10_000_000;

/** How the command is used. */
export const USAGE = `Plays what may happen to pools, and writes the tables and plots of docs/explanation/affinity.md. The same numbers come out every time.

npm run sim -- [options] [scenario...]
npm run sim -- health --help

  --sessions N    how many sessions there are, 1 to ${MOST_SESSIONS.toLocaleString("en")}; default 1,000,000
  --docs FOLDER   where affinity.md is, with the marks; default docs

Ends with 2 if an option is wrong. Scenarios, default all, which take minutes together:
${scenarios.map(({ name, about }) => `  ${name.padEnd(16)}${about}`).join("\n")}
`;

/** Reads the command's arguments. */
export function readOptions(args: readonly string[]): Options {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (fault) {
    return mistake((fault as Error).message);
  }
  const { help, sessions: given = "1000000", docs = "docs" } = parsed.values;
  if (help) return { kind: "help" };
  const sessions = wholeNumber(given, 1, MOST_SESSIONS);
  if (sessions === undefined) {
    return mistake(`--sessions takes a whole number from 1 to ${MOST_SESSIONS.toLocaleString("en")}`);
  }
  const { positionals } = parsed;
  const unknown = positionals.find((asked) => !scenarios.some(({ name }) => name === asked));
  if (unknown !== undefined) {
    return mistake(`${unknown}: scenarios are ${scenarios.map(({ name }) => name).join(", ")}`);
  }
  const asked = scenarios.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  return { kind: "run", scenarios: asked, sessions, docs };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { sessions: { type: "string" }, docs: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
}
