import { table } from "../table.ts";
import { type ContestantName, FIELD, startField } from "./contestants.ts";
import type { Order, Seen } from "./load.ts";
import { measure } from "./rounds.ts";
import { messageOf } from "./script.ts";
import { type Spread, spread } from "./statistics.ts";
import { inSurroundings } from "./surroundings.ts";

/** A contestant whose CPU is compared with that of another. */
interface Compared {
  readonly of: ContestantName;
  readonly over: ContestantName;
  /** The most that the ratio is to be. Absent: the contestant is a limit, which tells what is left of a goal. */
  readonly goal?: number;
}

/** The ratios of CPU that have a goal. Before three of them stands the ratio of their limit; that of a clean read is `rules`. */
export const CPU_RATIOS = {
  cleanReadOverRulesCpu: { of: "cleanRead", over: "rules", goal: 1.3 },
  firstByRulesOverPassThroughCpu: { of: "firstByRules", over: "passThrough" },
  anonymousOverPassThroughCpu: { of: "anonymous", over: "passThrough", goal: 1.65 },
  strictByRulesOverObjectCallCpu: { of: "strictByRules", over: "objectCall" },
  strictOverObjectCallCpu: { of: "strictRead", over: "objectCall", goal: 1.35 },
  changeByRulesOverObjectWriteCpu: { of: "changeByRules", over: "objectWrite" },
  changeOverObjectWriteCpu: { of: "change", over: "objectWrite", goal: 1.8 },
  backedUpChangeOverChangeCpu: { of: "changeAsync", over: "change", goal: 1.2 },
} as const satisfies Record<string, Compared>;

export type CpuRatioName = keyof typeof CPU_RATIOS;

/** The CPU of two contestants, and their ratio in each round. */
export interface CpuRatio {
  readonly ratio: Spread;
  readonly of: Spread;
  readonly over: Spread;
}

/** The measurements of `npm run bench -- cpu`. Missing: the ratio cannot be measured here. */
export type CpuRatios = Partial<Record<CpuRatioName, CpuRatio>>;

/**
 * More sessions than a second has changes. A record keeps the ids of the changes of eight seconds, and no visitor makes a hundred of these.
 */
const CHANGED_SESSIONS = 1_000;
const READ_SESSIONS = 100;
const RECORD_BYTES = 512;
/** V8 has compiled nearly all that it will compile then. */
const WARM_REQUESTS = 8_000;
const ROUNDS = { rounds: 60, mostSeconds: 60, connections: 16, warmMs: 100, measureMs: 300 };

/**
 * Measures each of {@link CPU_RATIOS}. The two contestants of a ratio have processes of their own, which answer nothing else, and
 * take turns. Each has answered {@link WARM_REQUESTS} before. Without a redis-server nothing is measured with backups.
 */
export function measureCpu(say: (line: string) => void): Promise<CpuRatios> {
  return inSurroundings(say, async (around, load) => {
    const ratios: CpuRatios = {};
    for (const [name, { of, over }] of Object.entries(CPU_RATIOS)) {
      say(`CPU: ${FIELD[of].about}, and ${FIELD[over].about}`);
      const sessions = of.startsWith("change") ? CHANGED_SESSIONS : READ_SESSIONS;
      const field = await startField(around, { sessions, recordBytes: RECORD_BYTES }, [of, over]);
      try {
        for (const { port, pid, requests } of field.contestants) {
          const slice = { connections: ROUNDS.connections, warmMs: 0, measureMs: 0, count: WARM_REQUESTS };
          load.send({ port, pid, requests, ...slice } satisfies Order);
          await messageOf<Seen>(load);
        }
        const ratio = cpuRatioOf(of, over, await measure(load, field.contestants, ROUNDS));
        if (ratio) ratios[name as CpuRatioName] = ratio;
      } finally {
        await field.stop();
      }
    }
    return ratios;
  });
}

/** The CPU of a contestant over that of another. `undefined`: one of them was not measured. */
export function cpuRatioOf(
  of: ContestantName,
  over: ContestantName,
  seen: ReadonlyMap<string, readonly Seen[]>,
): CpuRatio | undefined {
  const [dividends, divisors] = [seen.get(of)?.map(cpuMicroseconds), seen.get(over)?.map(cpuMicroseconds)];
  if (!dividends || !divisors) return undefined;
  const ratios = dividends.map((dividend, round) => dividend / (divisors[round] as number));
  return { ratio: spread(ratios), of: spread(dividends), over: spread(divisors) };
}

/** CPU of a request. */
export function cpuMicroseconds({ answered, cpuSeconds }: Seen): number {
  return (cpuSeconds / answered) * 1e6;
}

/** The results as Markdown; each number with its quartiles. */
export function cpuTable(ratios: CpuRatios): string {
  const rows = Object.entries(ratios).map(([name, { ratio, of, over }]) => {
    const { of: one, over: other, goal }: Compared = CPU_RATIOS[name as CpuRatioName];
    return [
      FIELD[one].about,
      quartiles(of, 0),
      FIELD[other].about,
      quartiles(over, 0),
      quartiles(ratio, 2),
      String(goal ?? ""),
    ];
  });
  return table(["", "CPU µs per request", "compared with", "CPU µs per request", "ratio", "goal"], rows);
}

function quartiles({ median, lowerQuartile, upperQuartile }: Spread, digits: number): string {
  const [middle, lower, upper] = [median, lowerQuartile, upperQuartile].map((value) => value.toFixed(digits));
  return `${middle} (${lower} to ${upper})`;
}
