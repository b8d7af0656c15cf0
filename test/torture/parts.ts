import { CONFIGS, type Config } from "./configs.ts";
import { configWithout } from "./without/hunt.ts";
import { RULES } from "./without/rules.ts";

/** What is played: a configuration, as it is or without a rule. Plain data, which a worker can be sent. */
export interface Part {
  /** A configuration's name. */
  readonly config: string;
  /** A rule's name. */
  readonly without?: string | undefined;
  /** Whether violations are counted, and the first one ends nothing. */
  readonly counts: boolean;
}

/** What tells a part from others. */
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
