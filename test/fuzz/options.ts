import { parseArgs } from "node:util";
import { MOST_SEED, mistake, readSeeded, SEEDED_FLAGS, wholeNumber } from "../support/node/seeded.ts";
import type { Target } from "./target.ts";
import { TARGETS } from "./targets.ts";

/** The options of the command. */
export type Options =
  | { readonly kind: "help" }
  | { readonly kind: "mistake"; readonly message: string }
  | {
      readonly kind: "run";
      readonly targets: readonly Target[];
      /** The number of cases for each target. */
      readonly cases: number;
      readonly seed: number;
      readonly path: string | undefined;
      readonly json: boolean;
    };

const DEFAULT_CASES = 10_000;

/** How the command is used. */
export const USAGE = `Throws made-up tokens, cookies, headers, addresses, patches and handoffs at Moor, and watches what it must never do.

npm run fuzz -- [options]

  --cases N       how many for each target; default ${DEFAULT_CASES.toLocaleString("en")}
  --seed S        which ones, 0 to ${MOST_SEED}; default: drawn, and printed
  --target NAME   one target; may be repeated; default: all
  --path P        makes one finding again; with --seed and one --target
  --json          prints the counts as JSON

Ends with 1 if a target fails, with 2 if an option is wrong.

Targets:
${TARGETS.map(({ name, about }) => `  ${name.padEnd(16)}${about}`).join("\n")}
`;

/** Reads the command's arguments. */
export function readOptions(args: readonly string[], drawSeed: () => number): Options {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (fault) {
    return mistake((fault as Error).message);
  }
  if (values.help) return { kind: "help" };
  const cases = wholeNumber(values.cases ?? String(DEFAULT_CASES), 1, 1_000_000_000);
  if (cases === undefined) return mistake("--cases takes a whole number from 1 to 1,000,000,000");
  const unknown = values.target?.find((name) => !TARGETS.some((target) => target.name === name));
  if (unknown !== undefined) return mistake(`--target ${unknown}: there is no such target; see --help`);
  const targets = TARGETS.filter(({ name }) => values.target?.includes(name) ?? true);
  const seeded = readSeeded(values, drawSeed, { isChosen: targets.length === 1, flag: "--target" });
  if (seeded.kind === "mistake") return seeded;
  const { seed, path } = seeded;
  return { kind: "run", targets, cases, seed, path, json: values.json ?? false };
}

function parse(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cases: { type: "string" },
      target: { type: "string", multiple: true },
      ...SEEDED_FLAGS,
    },
  });
  return values;
}
