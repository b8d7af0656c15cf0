import { type Campaign, campaign, playMade } from "../campaign.ts";
import { CONFIGS, type Config } from "../configs.ts";
import { type ConfigurationName, configurations } from "../moor/configurations.ts";
import { moorKind } from "../moor/subject.ts";
import type { Rule } from "./rule.ts";
import { moorWithout } from "./source.ts";

/** The schedules that are played without a rule. Default: the recorded schedule. */
export interface HuntOptions {
  readonly schedules?: number | undefined;
  readonly seed: number;
  readonly onProgress?: Parameters<typeof campaign>[1]["onProgress"];
}

/** How many schedules are played if the recorded schedule does not break the promise any more. */
const FIRST = 400;

/** The findings without a rule: the first schedule that breaks the promise, as it was drawn. */
export type Hunt = Campaign & { readonly rule: Rule };

/** Plays Moor without a rule until the promise is broken. */
export async function hunt(rule: Rule, options: HuntOptions): Promise<Hunt> {
  const { found, made } = rule;
  const config = await configWithout(rule);
  const play = (more: object) => campaign(config, { ...options, schedules: FIRST, ...more, shrinks: false });
  if (options.schedules !== undefined) return { rule, ...(await play({ schedules: options.schedules })) };
  if (made) return { rule, ...(await playMade(config, made)) };
  if (!found) return { rule, ...(await play({ schedules: 1 })) };
  const { seed } = found;
  const again = await play({ seed, path: String(found.number) });
  // A change elsewhere may have made another schedule of this number.
  return { rule, ...(again.counterexample ? again : await play({ seed })) };
}

/** The configuration that a rule names, and Moor in it without the rule. */
export async function configWithout(rule: Rule): Promise<Config> {
  return configFor(rule, await moorWithout(rule));
}

/** Plays the schedule that is recorded for a rule with the rule in its place. */
export async function playWithRule(rule: Rule): Promise<Campaign> {
  const config = configFor(rule, moorKind);
  if (rule.made) return playMade(config, rule.made);
  if (!rule.found) throw new TypeError(`no schedule is recorded for ${rule.name}`);
  const { seed, number } = rule.found;
  return campaign(config, { schedules: 1, seed, path: String(number), shrinks: false });
}

function configFor({ config: name, shape }: Rule, kindOf: typeof moorKind): Config {
  const config = CONFIGS.find((known) => known.name === name);
  if (!config) throw new TypeError(`there is no configuration ${name}`);
  const configuration = configurations[name.replace("moor-", "") as ConfigurationName];
  return { ...config, shape: { ...config.shape, ...shape }, start: async () => kindOf(configuration) };
}
