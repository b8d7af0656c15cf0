import { withBuild } from "./build.ts";
import { playFailures } from "./failures.ts";
import { type FrontName, isMissing } from "./fronts.ts";
import { ATTACKS, DEATHS, ISOLATES, playAttack, playDeath } from "./isolates.ts";
import type { Played } from "./results.ts";
import type { Scenario } from "./scenario.ts";
import type { Simulation } from "./scenarios.ts";
import { playBefore } from "./stage.ts";

type Tell = (line: string) => void;

/** Plays scenarios with fronts, one after the other, because they share the processor. */
export async function playScenarios(
  scenarios: readonly Scenario[],
  fronts: readonly FrontName[],
  tell: Tell,
): Promise<Played[]> {
  return withBuild(async (build) => {
    const played: Played[] = [];
    for (const scenario of scenarios) {
      for (const front of fronts.filter((each) => scenario.fronts?.includes(each) ?? true)) {
        const about = { scenario: scenario.name, front };
        const missing = [...(scenario.needs ?? []), ...(front === "moor" ? [] : [front])].filter(isMissing);
        tell(`${scenario.name}, ${front}${missing.length > 0 ? ` is skipped: no ${missing.join(", ")}` : ""}`);
        if (missing.length > 0) played.push({ ...about, skipped: `no ${missing.join(", ")}` });
        else played.push({ ...about, outcome: await playBefore(front, scenario, build) });
      }
    }
    return played;
  });
}

/** Plays the simulations that need no front. A simulation that was not asked for has no rows. */
export async function playSimulations(only: readonly string[], tell: Tell) {
  const isAsked = (simulation: Simulation) => only.includes(simulation);
  return {
    deaths: await each(isAsked("deaths") ? DEATHS : [], ({ death, perMinute }) => {
      tell(`deaths, ${death}, ${perMinute} requests a minute`);
      return playDeath(death, perMinute, ISOLATES);
    }),
    attacks: await each(isAsked("attacks") ? ATTACKS : [], (attack) => {
      tell(`attacks, ${attack.drops}, ${attack.method}, ${attack.addresses} addresses`);
      return playAttack(attack);
    }),
    failures: isAsked("failures") ? await playFailures() : [],
  };
}

async function each<Item, Result>(items: readonly Item[], play: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) results.push(await play(item));
  return results;
}
