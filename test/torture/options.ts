import { parseArgs } from "node:util";
import { CONFIGS, type Config } from "./configs.ts";

/** What the command is asked to do. */
export type Options =
  | { readonly kind: "help" }
  | { readonly kind: "mistake"; readonly message: string }
  | {
      readonly kind: "play";
      readonly configs: readonly Config[];
      /** In each configuration. */
      readonly schedules: number;
      readonly seed: number;
      readonly path: string | undefined;
      readonly json: boolean;
    };

const MOST_SEED = 0x7fff_ffff;

/** How the command is used. */
export const USAGE = `Plays random schedules of visitors and failing stores, and judges what was seen.

npm run torture -- [options]

  --schedules N   how many schedules in each configuration; default 1,000
  --seed S        which schedules, 0 to ${MOST_SEED}; default: drawn, and printed
  --config NAME   one configuration; may be repeated; default: all
  --path P        plays one counterexample again; with --seed and one --config
  --json          prints the summaries as JSON

Ends with 1 if a configuration that promises breaks its promise, with 2 if an option is wrong.

Configurations:
${CONFIGS.map(({ name, about, promises }) => `  ${name.padEnd(16)}${about}${promises ? "" : " (counts only)"}`).join("\n")}
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
  const schedules = number(values.schedules ?? "1000", 1, Number.MAX_SAFE_INTEGER);
  const seed = values.seed === undefined ? drawSeed() % (MOST_SEED + 1) : number(values.seed, 0, MOST_SEED);
  if (schedules === undefined) return mistake("--schedules takes a whole number above 0");
  if (seed === undefined) return mistake(`--seed takes a whole number from 0 to ${MOST_SEED}`);
  const unknown = values.config?.find((name) => !CONFIGS.some((config) => config.name === name));
  if (unknown !== undefined) return mistake(`--config ${unknown}: there is no such configuration`);
  const configs = CONFIGS.filter(({ name }) => values.config?.includes(name) ?? true);
  const { path, json = false } = values;
  if (path !== undefined && !/^\d+(:\d+)*$/.test(path)) return mistake("--path takes numbers joined by colons");
  if (path !== undefined && (values.seed === undefined || configs.length !== 1)) {
    return mistake("--path needs --seed and one --config");
  }
  return { kind: "play", configs, schedules, seed, path, json };
}

function parse(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      schedules: { type: "string" },
      seed: { type: "string" },
      config: { type: "string", multiple: true },
      path: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  return values;
}

function number(text: string, min: number, max: number): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

function mistake(message: string): Options {
  return { kind: "mistake", message };
}
