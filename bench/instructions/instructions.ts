import { type ContestantName, FIELD, start, WITH_REDIS } from "./contestants.ts";
import type { Plan } from "./count.ts";
import { countAll } from "./count-all.ts";
import type { Costs } from "./ratios.ts";

/** The measurements of `npm run bench -- instructions`. */
export interface InstructionsResults {
  /** Of each contestant that could run: with backups, only where there is a Redis. */
  readonly costs: Costs;
}

/**
 * After 700 requests the instructions of a clean read stop falling, because V8 has compiled nearly all that it will compile. Those of a
 * change fall until about 1,500.
 */
const PLAN: Plan = { warm: 2_000, counted: 400 };

/** Counts the instructions of contestants. Default: of all. */
export async function measureInstructions(
  say: (line: string) => void,
  names: readonly ContestantName[] = Object.keys(FIELD) as ContestantName[],
): Promise<InstructionsResults> {
  const costs = await countAll(
    names.map((name) => ({
      name: FIELD[name],
      start(around, options) {
        if (WITH_REDIS.includes(name) && !around.redis) {
          say("no redis-server here: no instructions are counted with backups");
          return undefined;
        }
        return start(name, around, options);
      },
    })),
    PLAN,
    say,
  );
  return {
    costs: Object.fromEntries(names.flatMap((name, place) => (costs[place] ? [[name, costs[place]]] : []))),
  };
}
