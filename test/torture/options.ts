import { parseArgs } from "node:util";
import { MOST_SEED, mistake, readSeeded, SEEDED_FLAGS, wholeNumber } from "../support/node/seeded.ts";
import { CONFIGS } from "./configs.ts";
import type { Part } from "./parts.ts";
import type { Rule } from "./without/rule.ts";
import { RULES } from "./without/rules.ts";

/** The options of the command. */
export type Options =
  | { readonly kind: "help" }
  | { readonly kind: "mistake"; readonly message: string }
  | {
      readonly kind: "play";
      readonly parts: readonly Part[];
      /** The number of schedules in each part. */
      readonly schedules: number;
      /** How many workers play them. */
      readonly jobs: number;
      readonly seed: number;
      readonly path: string | undefined;
      readonly json: boolean;
    }
  /** The rules of the protocol that can be taken away. */
  | { readonly kind: "rules" }
  | {
      readonly kind: "hunt";
      readonly rules: readonly Rule[];
      /** The most time for each rule. `undefined`: only the recorded schedule is played. */
      readonly schedules: number | undefined;
      readonly seed: number;
      readonly json: boolean;
    };

const MOST_SCHEDULES = Number.MAX_SAFE_INTEGER;
/** Schedules in each configuration. */
const EACH_BY_DEFAULT = 1_000;
const MOST_JOBS = 64;

/** How the command is used. */
export const USAGE = `Plays random schedules of visitors and failing stores, and judges what was seen.

npm run torture -- [options]

  --schedules N   how many schedules, shared among the configurations; default: 1,000 for each
  --seed S        which schedules, 0 to ${MOST_SEED}; default: drawn, and printed
  --config NAME   one configuration; may be repeated; default: all
  --jobs N        how many workers play them at once, 1 to ${MOST_JOBS}; what is found is the same; default: 1
  --count         goes on after a schedule that breaks the promise, and counts how many do
  --path P        plays one counterexample again; with --seed and one --config
  --json          prints the summaries as JSON
  --without RULE  takes a rule of the protocol away, and plays until the promise is broken: the schedule that is
                  recorded for it, or with --schedules others; may be repeated; "all": each in turn;
                  with --count in the configurations that --config names, or else in the rule's own
  --list-rules    prints the rules that can be taken away

Ends with 1 if a configuration that promises breaks its promise, with 2 if an option is wrong.

Configurations:
${CONFIGS.map(({ name, about, promises }) => `  ${name.padEnd(32)}${about}${promises ? "" : " (counts only)"}`).join("\n")}
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
  const { json = false, count: counts = false, without } = values;
  const jobs = wholeNumber(values.jobs ?? "1", 1, MOST_JOBS);
  if (jobs === undefined) return mistake(`--jobs takes a whole number from 1 to ${MOST_JOBS}`);
  if (without && values.path !== undefined) return mistake("--without does not go with --path");
  if (without && !counts && (values.config || jobs > 1)) {
    return mistake("--without goes with --config and --jobs only to --count");
  }
  const seeded = readSeeded(values, drawSeed, { isChosen: configs.length === 1, flag: "--config" });
  if (seeded.kind === "mistake") return seeded;
  const { seed, path } = seeded;
  const playing = (parts: readonly Part[]): Options => {
    const each = schedules === undefined ? EACH_BY_DEFAULT : Math.ceil(schedules / parts.length);
    return { kind: "play", parts, schedules: each, jobs, seed, path, json };
  };
  if (!without) return playing(configs.map(({ name }) => ({ config: name, counts })));
  const missing = without.find((name) => name !== "all" && !RULES.some((rule) => rule.name === name));
  if (missing !== undefined) return mistake(`--without ${missing}: there is no such rule; see --list-rules`);
  const rules = RULES.filter(({ name }) => without.includes(name) || without.includes("all"));
  if (!counts) return { kind: "hunt", rules, schedules, seed, json };
  return playing(
    rules.flatMap(({ name, config }) =>
      (values.config ?? [config]).map((played) => ({ config: played, without: name, counts })),
    ),
  );
}

function parse(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      schedules: { type: "string" },
      config: { type: "string", multiple: true },
      without: { type: "string", multiple: true },
      "list-rules": { type: "boolean" },
      jobs: { type: "string" },
      count: { type: "boolean" },
      ...SEEDED_FLAGS,
    },
  });
  return values;
}
