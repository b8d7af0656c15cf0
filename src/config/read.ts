import { type BaseIssue, safeParse } from "valibot";
import { describe, formatPath, type Mistake } from "../settings/mistakes.ts";
import { relationMistakes } from "./checks/checks.ts";
import { fillDefaults } from "./defaults.ts";
import type { ResolvedConfig } from "./resolved.ts";
import { configSchema } from "./schema.ts";

/** The result of reading a configuration. */
export type ReadConfig = { kind: "ok"; config: ResolvedConfig } | { kind: "invalid"; mistakes: Mistake[] };

/**
 * Validates a configuration and fills in its defaults. It never throws on a value that JSON can hold.
 *
 * @param input a `MoorConfig`, as `moor.config.ts` exports it or `MOOR_CONFIG` holds it as JSON. An earlier result is also
 * accepted, and reads as itself.
 * @param options.deploy also refuses origins by IP address or on localhost, which a deployed Worker cannot reach. Default
 * `false`.
 * @returns the resolved configuration, or all of its mistakes (`formatMistakes` prints them).
 */
export function readConfig(input: unknown, options: { deploy?: boolean } = {}): ReadConfig {
  const parsed = safeParse(configSchema, input);
  const mistakes = [
    ...(parsed.issues ?? []).map(toMistake),
    ...relationMistakes(input, { deploy: options.deploy ?? false }),
  ];
  return parsed.success && mistakes.length === 0
    ? { kind: "ok", config: fillDefaults(parsed.output) }
    : { kind: "invalid", mistakes };
}

/** The mistake that valibot has found in a value. */
export function toMistake(issue: BaseIssue<unknown>): Mistake {
  return {
    path: formatPath((issue.path ?? []).map((item) => item.key as PropertyKey)),
    found: issue.type === "never" ? "an unknown key" : describe(issue.input),
    accepted: issue.message,
  };
}
