import type { ChildProcess } from "node:child_process";
import { type ContestantName, CPU_RATIOS, type CpuRatioName, type Surroundings, startField } from "./contestants.ts";
import type { Order, Seen } from "./load.ts";
import { measure } from "./rounds.ts";
import { messageOf } from "./script.ts";
import { type Spread, spread } from "./statistics.ts";

/** The ratios of CPU that have a goal, each of the pair of contestants that it compares. Missing: it cannot be measured here. */
export type CpuRatios = Partial<Record<CpuRatioName, Spread>>;

/**
 * More sessions than a second has changes. A record keeps the ids of the changes of eight seconds, and no visitor makes a hundred of these.
 */
const CHANGED_SESSIONS = 1_000;
const READ_SESSIONS = 100;
const RECORD_BYTES = 512;
/** V8 has compiled nearly all that it will compile then. */
const WARM_REQUESTS = 8_000;
const SLICE = { connections: 16, warmMs: 100, measureMs: 300 };

/**
 * Measures each ratio of CPU that has a goal. The two contestants of a ratio have processes of their own, which answer nothing else, and
 * take turns. Each has answered {@link WARM_REQUESTS} before.
 */
export async function measureCpuRatios(
  around: Surroundings,
  load: ChildProcess,
  { rounds, mostSeconds }: { readonly rounds: number; readonly mostSeconds: number },
  say: (line: string) => void,
): Promise<CpuRatios> {
  const ratios: CpuRatios = {};
  for (const [name, pair] of Object.entries(CPU_RATIOS) as [CpuRatioName, (typeof CPU_RATIOS)[CpuRatioName]][]) {
    say(`CPU of ${pair.join(" and ")}`);
    const sessions = pair[0].startsWith("change") ? CHANGED_SESSIONS : READ_SESSIONS;
    const field = await startField(around, { sessions, recordBytes: RECORD_BYTES }, pair);
    try {
      for (const { port, pid, requests } of field.contestants) {
        const warming = {
          port,
          pid,
          requests,
          connections: SLICE.connections,
          warmMs: 0,
          measureMs: 0,
          count: WARM_REQUESTS,
        };
        load.send(warming satisfies Order);
        await messageOf<Seen>(load);
      }
      const seen = await measure(load, field.contestants, { ...SLICE, rounds, mostSeconds });
      const ratio = cpuRatioOf(pair, seen);
      if (ratio) ratios[name] = ratio;
    } finally {
      await field.stop();
    }
  }
  return ratios;
}

/** The CPU of the first contestant over that of the second, within each round. `undefined`: one of them was not measured. */
export function cpuRatioOf(
  [one, other]: readonly [ContestantName, ContestantName],
  seen: ReadonlyMap<string, readonly Seen[]>,
): Spread | undefined {
  const [dividends, divisors] = [seen.get(one), seen.get(other)];
  if (!dividends || !divisors) return undefined;
  return spread(dividends.map((slice, round) => cpuMicroseconds(slice) / cpuMicroseconds(divisors[round] as Seen)));
}

/** CPU of a request. */
export function cpuMicroseconds({ answered, cpuSeconds }: Seen): number {
  return (cpuSeconds / answered) * 1e6;
}
