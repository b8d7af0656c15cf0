import { table } from "../table.ts";
import { type ContestantName, FIELD } from "./contestants.ts";
import type { Cost } from "./count.ts";
import type { InstructionsResults } from "./instructions.ts";
import { RATIOS, type RatioName, ratiosOf } from "./ratios.ts";

/** The contestants whose calls are shown, with the heads of their columns. */
const SHOWN: Partial<Record<ContestantName, string>> = {
  passThrough: "pass-through",
  rules: "rules",
  cleanRead: "clean read",
  anonymous: "anonymous",
  strictRead: "strict read",
  change: "change",
  backedUpChange: "with backup",
};
/** Calls that fewer requests make are left out. */
const LEAST_TIMES = 0.05;

/** The results as Markdown. */
export function instructionsTables(results: InstructionsResults): string[] {
  return [
    `Instructions of a request, in thousands\n\n${costTable(results)}`,
    `Core instructions compared\n\n${ratioTable(results)}`,
    `Calls of a request from JavaScript into workerd, and the instructions of a call with all that it calls\n\n${callTable(results)}`,
  ];
}

function costTable({ costs }: InstructionsResults): string {
  const rows = Object.entries(costs).map(([name, cost]) => {
    const { core, malloc, garbageCollection, compilation } = cost;
    const thousands = [core, malloc, garbageCollection, compilation].map((count) => (count / 1000).toFixed(0));
    return [FIELD[name as ContestantName], ...thousands];
  });
  return table(["", "core", "malloc", "garbage collection", "compilation"], rows);
}

function ratioTable({ costs }: InstructionsResults): string {
  const rows = Object.entries(ratiosOf(costs)).map(([name, ratio]) => {
    const [one, other] = RATIOS[name as RatioName];
    return [FIELD[one], FIELD[other], ratio.toFixed(3)];
  });
  return table(["", "compared with", "ratio"], rows);
}

function callTable({ costs }: InstructionsResults): string {
  const columns = Object.entries(SHOWN).flatMap(([name, head]) => {
    const cost = costs[name as ContestantName];
    return cost ? [{ head, calls: callsOf(cost) }] : [];
  });
  const names = new Set(columns.flatMap(({ calls }) => [...calls.keys()]));
  const rows = [...names].map((name) => {
    const made = columns.map(({ calls }) => calls.get(name) ?? { times: 0, each: 0 });
    const most = made.reduce((one, other) => (other.times > one.times ? other : one));
    return { name, each: most.each, sum: most.each * most.times, times: made.map(({ times }) => times) };
  });
  const shown = rows.filter(({ times }) => Math.max(...times) >= LEAST_TIMES).sort((one, other) => other.sum - one.sum);
  return table(
    ["", "instructions each", ...columns.map(({ head }) => head)],
    shown.map(({ name, each, times }) => [`\`${name}\``, each.toFixed(0), ...times.map(timesText)]),
  );
}

function callsOf({ calls }: Cost): Map<string, Cost["calls"][number]> {
  return new Map(calls.map((call) => [call.name, call]));
}

/** Whole where it is nearly whole. */
function timesText(times: number): string {
  return Math.abs(times - Math.round(times)) < LEAST_TIMES ? times.toFixed(0) : times.toFixed(1);
}
