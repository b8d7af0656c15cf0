import { parseArgs } from "node:util";
import { mistake } from "../../test/support/node/seeded.ts";
import { FRONTS, type FrontName } from "./fronts.ts";
import { SCENARIOS, SIMULATIONS } from "./scenarios.ts";

/** The work that the command is asked to do. */
export type Options =
  | { readonly kind: "help" }
  | { readonly kind: "mistake"; readonly message: string }
  | {
      readonly kind: "run";
      /** Names of scenarios and simulations. */
      readonly only: readonly string[];
      readonly fronts: readonly FrontName[];
      readonly json: boolean;
      /** Whether the results replace the kept results that the documents show. */
      readonly save: boolean;
    };

const ALL_FRONTS = Object.keys(FRONTS) as FrontName[];
const ABOUT = [...SCENARIOS.map(({ name, about }) => [name, about]), ...Object.entries(SIMULATIONS)] as [
  string,
  string,
][];
const NAMES = ABOUT.map(([name]) => name);

/** How the command is used. */
export const USAGE = `Plays what may happen to the origins of a pool, before Moor, nginx and HAProxy, and says what visitors see of it.

npm run sim -- health [options]

  --only NAME     one of those below; several times for several. Default: all, in about ten minutes
  --front FRONT   ${ALL_FRONTS.join(", ")}; several times for several. Default: all
  --json          prints, as the last line, one JSON object with everything
  --save          keeps the results of a full run, and shows them in docs/explanation/health/scenarios.md

Ends with 1 if Moor does not hold what a scenario demands, and with 2 if an option is wrong. It needs nginx and haproxy on
the PATH, and uwsgi for one scenario; what cannot be played without them is skipped.

${ABOUT.map(([name, about]) => `  ${name.padEnd(16)}${about}`).join("\n")}
`;

/** Reads the command's arguments. */
export function readOptions(args: readonly string[]): Options {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (fault) {
    return mistake((fault as Error).message);
  }
  const { help, json = false, save = false, only = NAMES, front: fronts = ALL_FRONTS } = values;
  if (help) return { kind: "help" };
  const unknown = only.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) return mistake(`--only: found ${JSON.stringify(unknown)}, accepted: ${NAMES.join(", ")}`);
  const odd = fronts.find((name) => !isFront(name));
  if (odd !== undefined) return mistake(`--front: found ${JSON.stringify(odd)}, accepted: ${ALL_FRONTS.join(", ")}`);
  const isFull = values.only === undefined && values.front === undefined;
  if (save && !isFull) return mistake("--save keeps the results of a full run: leave --only and --front out");
  return { kind: "run", only, fronts: fronts.filter(isFront), json, save };
}

function isFront(name: string): name is FrontName {
  return Object.hasOwn(FRONTS, name);
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      only: { type: "string", multiple: true },
      front: { type: "string", multiple: true },
      json: { type: "boolean" },
      save: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  }).values;
}
