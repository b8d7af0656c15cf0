import { parseArgs } from "node:util";
import { MOST_SEED, mistake, readSeeded, SEEDED_FLAGS, wholeNumber } from "../support/node/seeded.ts";
import { CONFIGS, type Config } from "./configs.ts";
import type { Rule } from "./without/rule.ts";
import { RULES } from "./without/rules.ts";

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
    }
  /** The rules of the protocol that can be taken away. */
  | { readonly kind: "rules" }
  | {
      readonly kind: "hunt";
      readonly rules: readonly Rule[];
      /** For each rule at most. `undefined`: the schedule that is recorded. */
      readonly schedules: number | undefined;
      readonly seed: number;
      readonly json: boolean;
    };

const MOST_SCHEDULES = Number.MAX_SAFE_INTEGER;
/** Schedules in each configuration. */
const EACH_BY_DEFAULT = 1_000;

/** How the command is used. */
export const USAGE = `Plays random schedules of visitors and failing stores, and judges what was seen.

npm run torture -- [options]

  --schedules N   how many schedules, shared among the configurations; default: 1,000 for each
  --seed S        which schedules, 0 to ${MOST_SEED}; default: drawn, and printed
  --config NAME   one configuration; may be repeated; default: all
  --path P        plays one counterexample again; with --seed and one --config
  --json          prints the summaries as JSON
  --without RULE  takes a rule of the protocol away, and plays until the promise is broken: the schedule that is
                  recorded for it, or with --schedules others; may be repeated; "all": each in turn
  --list-rules    prints the rules that can be taken away

Ends with 1 if a configuration that promises breaks its promise, with 2 if an option is wrong.

Configurations:
${CONFIGS.map(({ name, about, promises }) => `  ${name.padEnd(24)}${about}${promises ? "" : " (counts only)"}`).join("\n")}
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
  if (values["list-rules"]) return { kind: "rules" };
  const schedules = values.schedules === undefined ? undefined : wholeNumber(values.schedules, 1, MOST_SCHEDULES);
  if (values.schedules !== undefined && schedules === undefined)
    return mistake("--schedules takes a whole number above 0");
  const unknown = values.config?.find((name) => !CONFIGS.some((config) => config.name === name));
  if (unknown !== undefined) return mistake(`--config ${unknown}: there is no such configuration`);
  const configs = CONFIGS.filter(({ name }) => values.config?.includes(name) ?? true);
  const { json = false, without } = values;
  if (without && (values.config || values.path !== undefined)) {
    return mistake("--without goes with neither --config nor --path");
  }
  const seeded = readSeeded(values, drawSeed, { isChosen: configs.length === 1, flag: "--config" });
  if (seeded.kind === "mistake") return seeded;
  const { seed, path } = seeded;
  if (!without) {
    const each = schedules === undefined ? EACH_BY_DEFAULT : Math.ceil(schedules / configs.length);
    return { kind: "play", configs, schedules: each, seed, path, json };
  }
  const missing = without.find((name) => name !== "all" && !RULES.some((rule) => rule.name === name));
  if (missing !== undefined) return mistake(`--without ${missing}: there is no such rule; see --list-rules`);
  const rules = RULES.filter(({ name }) => without.includes(name) || without.includes("all"));
  return { kind: "hunt", rules, schedules, seed, json };
}

function parse(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      schedules: { type: "string" },
      config: { type: "string", multiple: true },
      without: { type: "string", multiple: true },
      "list-rules": { type: "boolean" },
      ...SEEDED_FLAGS,
    },
  });
  return values;
}
