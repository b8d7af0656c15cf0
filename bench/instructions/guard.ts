import { readFile } from "node:fs/promises";
import type { ContestantName } from "./contestants.ts";
import type { InstructionsResults } from "./instructions.ts";
import { type Costs, RATIOS, type RatioName, ratiosOf } from "./ratios.ts";

/** Whether a run agrees with the committed figures. */
export interface Verdict {
  readonly kind: "fine" | "differs";
  readonly text: string;
  /** The ratios that are out of bounds. */
  readonly differing: readonly RatioName[];
}

/** How far a ratio may be from the committed ratio. Two counts of the same code are about half a per cent apart. */
const MOST_DIFFERENCE = 0.02;
const COMMITTED = "docs/explanation/performance/instructions.json";
const ANEW = "`npm run bench -- instructions --save` writes the figures anew";

/** The costs that `--save` has written. */
export async function committedCosts(): Promise<Costs> {
  const { instructions } = JSON.parse(await readFile(COMMITTED, "utf8")) as { instructions: InstructionsResults };
  return instructions.costs;
}

/** The contestants that a ratio compares. */
const GUARDED: readonly ContestantName[] = [...new Set(Object.values(RATIOS).flat())];

/**
 * Counts the contestants of the ratios and judges them. The contestants of a ratio that differs are counted once more, and the second count
 * decides.
 *
 * @param count counts these contestants.
 */
export async function guard(
  count: (names: readonly ContestantName[]) => Promise<Costs>,
  committed: Costs,
): Promise<Verdict> {
  const costs = await count(GUARDED);
  const first = judge(costs, committed);
  if (first.kind === "fine") return first;
  const names = new Set(first.differing.flatMap((ratio) => RATIOS[ratio]));
  return judge({ ...costs, ...(await count([...names])) }, committed);
}

/**
 * Compares the ratios of a run with the committed ratios. Ratios, because another processor runs other variants of the same function.
 * A ratio that has fallen differs as well: otherwise the next change could give the gain back unseen.
 */
export function judge(costs: Costs, committed: Costs): Verdict {
  const [measured, expected] = [ratiosOf(costs), ratiosOf(committed)];
  const judged = (Object.keys(RATIOS) as RatioName[]).map((name) => {
    const [is, was] = [measured[name], expected[name]];
    if (is === undefined || was === undefined)
      return { name, agrees: false, text: `${name}: not measured, or not committed` };
    const difference = is / was - 1;
    const percent = `${difference < 0 ? "" : "+"}${(100 * difference).toFixed(1)} %`;
    return {
      name,
      agrees: Math.abs(difference) <= MOST_DIFFERENCE,
      text: `${name}: ${is.toFixed(3)}, committed ${was.toFixed(3)}: ${percent}`,
    };
  });
  const differing = judged.flatMap(({ name, agrees }) => (agrees ? [] : [name]));
  const kind = differing.length === 0 ? "fine" : "differs";
  const lines = judged.map(({ agrees, text }) => `bench: ${text}${agrees ? "" : ", out of bounds"}`);
  const bounds = `bench: bounds are ±${100 * MOST_DIFFERENCE} %${kind === "fine" ? "" : `; ${ANEW}`}`;
  return { kind, text: [...lines, bounds].join("\n"), differing };
}
