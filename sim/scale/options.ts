import { parseArgs } from "node:util";

/** The work that the command is asked to do. */
export type Options =
  | { readonly kind: "help" }
  | { readonly kind: "mistake"; readonly message: string }
  | {
      readonly kind: "run";
      readonly quick: boolean;
      readonly json: boolean;
      /** Whether the results replace the results that docs/explanation/scale.md shows. */
      readonly save: boolean;
      readonly seed: number;
    };

export const SEED = 20_261_121;

/** How the command is used. */
export const USAGE = `Plays Moor's own code for a sample of visitors, and says what it comes to for ten million.

npm run sim:scale -- [options]

  --quick     smaller samples, in less than a minute
  --seed N    another course of chance, a whole number from 0; default ${SEED}
  --json      prints, as the last line, one JSON object with everything
  --save      keeps the results in docs/explanation/scale/results.json, and shows them in docs/explanation/scale.md

What is assumed of a site and of Cloudflare's machines stands in sim/scale/assumptions.json, the platform's limits in
sim/scale/limits.json: change them and run it again.
`;

/** Reads the command's arguments. */
export function readOptions(args: readonly string[]): Options {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (fault) {
    return { kind: "mistake", message: (fault as Error).message };
  }
  const { help, quick = false, json = false, save = false, seed = String(SEED) } = values;
  if (help) return { kind: "help" };
  if (!/^\d{1,9}$/.test(seed)) {
    return {
      kind: "mistake",
      message: `--seed: found ${JSON.stringify(seed)}, accepted: a whole number of at most 9 digits`,
    };
  }
  if (quick && save) return { kind: "mistake", message: "--save keeps the results of a full run: leave --quick out" };
  return { kind: "run", quick, json, save, seed: Number(seed) };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean" },
      json: { type: "boolean" },
      save: { type: "boolean" },
      seed: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  }).values;
}
