import { CONFIGS, type Config } from "./configs.ts";
import { configWithout } from "./without/hunt.ts";
import { RULES } from "./without/rules.ts";

/**
 * A part of a campaign: a configuration, as it is or without a rule. It is plain data, which can be sent to a worker.
 */
export interface Part {
  /** A configuration's name. */
  readonly config: string;
  /** A rule's name. */
  readonly without?: string | undefined;
  /** Whether violations are counted. Then the first violation does not end the part. */
  readonly counts: boolean;
}

/** The text that tells a part from other parts. */
export function titleOf({ config, without }: Part): string {
  return without === undefined ? config : `${config} without ${without}`;
}

/** @throws TypeError if there is no such configuration or rule. */
export async function configOf(part: Part): Promise<Config> {
  const { config: name, without, counts } = part;
  const config = named(CONFIGS, name);
  const played = without === undefined ? config : await configWithout({ ...named(RULES, without), config: name });
  return { ...played, name: titleOf(part), promises: played.promises && !counts };
}

function named<T extends { readonly name: string }>(all: readonly T[], name: string): T {
  const found = all.find((known) => known.name === name);
  if (!found) throw new TypeError(`there is no ${name}`);
  return found;
}
