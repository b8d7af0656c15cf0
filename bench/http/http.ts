import type { ChildProcess } from "node:child_process";
import { type ContestantName, FIELD, type Shape, startField } from "./contestants.ts";
import { cpuMicroseconds } from "./cpu.ts";
import type { Seen } from "./load.ts";
import { measure, type Rounds } from "./rounds.ts";
import { quantile, type Spread, spread } from "./statistics.ts";
import { inSurroundings } from "./surroundings.ts";

/** The measurements of a contestant at full load. */
export interface Throughput {
  readonly requestsPerSecond: Spread;
  /** Of the Worker's process, user and system. */
  readonly cpuMicroseconds: Spread;
  /** Requests per second and CPU per request, in each round divided by the numbers of the contestant's yardstick. */
  readonly ratio: Spread;
  readonly cpuRatio: Spread;
}

/** The measurements of a contestant at a fixed rate, from the time when each request was to start. */
export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** The median, in each round less that of the bare pass-through. */
  readonly addedAtP50Ms: Spread;
}

/** The measurements of `npm run bench` over HTTP. */
export interface HttpResults {
  readonly shapes: readonly { readonly shape: Shape; readonly throughput: Record<string, Throughput> }[];
  readonly latencies: readonly { readonly rate: number; readonly latency: Record<string, Latency> }[];
}

interface Plan {
  /** Default: all contestants. */
  readonly only?: readonly ContestantName[];
  readonly shapes: readonly Shape[];
  readonly rates: readonly number[];
  readonly throughput: Rounds;
  readonly latency: Rounds;
}

const USUAL: Shape = { sessions: 100, recordBytes: 512 };

const QUICK: Plan = {
  shapes: [USUAL],
  rates: [200],
  throughput: { rounds: 20, mostSeconds: 50, connections: 16, warmMs: 60, measureMs: 240 },
  latency: { rounds: 4, mostSeconds: 15, connections: 64, warmMs: 100, measureMs: 700 },
};

const FULL: Plan = {
  shapes: [
    USUAL,
    { ...USUAL, sessions: 1 },
    { ...USUAL, sessions: 10_000 },
    { ...USUAL, recordBytes: 4_096 },
    { ...USUAL, recordBytes: 32_768 },
    { ...USUAL, large: true },
  ],
  rates: [200, 500, 1_000],
  throughput: { rounds: 30, mostSeconds: 60, connections: 16, warmMs: 100, measureMs: 300 },
  latency: { rounds: 10, mostSeconds: 60, connections: 64, warmMs: 200, measureMs: 1_500 },
};

/** Enough to see that something is wrong. */
const GUARD: Plan = {
  only: ["passThrough", "rules", "cleanRead", "anonymous"],
  shapes: [USUAL],
  rates: [],
  throughput: { ...QUICK.throughput, mostSeconds: 30 },
  latency: QUICK.latency,
};

const PLANS = { guard: GUARD, quick: QUICK, full: FULL };

/** Contestants whose latencies are measured. */
const TIMED: readonly string[] = [
  "passThrough",
  "rules",
  "objectCall",
  "cleanRead",
  "anonymous",
  "strictRead",
  "objectWrite",
  "change",
];

/** Runs the contestants next to each other. */
export function measureHttp(how: keyof typeof PLANS, say: (line: string) => void): Promise<HttpResults> {
  const plan = PLANS[how];
  return inSurroundings(say, async (around, load) => {
    const shapes: HttpResults["shapes"][number][] = [];
    let latencies: HttpResults["latencies"] = [];
    for (const shape of plan.shapes) {
      say(
        `starting, with ${shape.sessions} sessions of ${shape.recordBytes} bytes${shape.large ? ", pages of 1 MiB" : ""}`,
      );
      const field = await startField(around, shape, plan.only);
      try {
        const { rounds } = plan.throughput;
        const seen = await measure(load, field.contestants, plan.throughput, (round) => {
          if (round % 10 === 0) say(`throughput, round ${round + 1} of ${rounds}`);
        });
        shapes.push({ shape, throughput: throughputOf(seen) });
        if (shape === USUAL) latencies = await timed(load, field.contestants, plan, say);
      } finally {
        await field.stop();
      }
    }
    return { shapes, latencies };
  });
}

async function timed(
  load: ChildProcess,
  contestants: Parameters<typeof measure>[1],
  { rates, latency }: Plan,
  say: (line: string) => void,
): Promise<HttpResults["latencies"]> {
  const latencies: HttpResults["latencies"][number][] = [];
  const few = contestants.filter(({ name }) => TIMED.includes(name));
  for (const rate of rates) {
    say(`latency at ${rate} requests/s`);
    latencies.push({ rate, latency: latencyOf(await measure(load, few, { ...latency, rate })) });
  }
  return latencies;
}

/** Ratios compare numbers of the same round, so that other work of the machine is on both sides. */
export function throughputOf(seen: ReadonlyMap<string, readonly Seen[]>): Record<string, Throughput> {
  const rate = ({ answered, seconds }: Seen) => answered / seconds;
  return Object.fromEntries(
    [...seen].map(([name, slices]) => {
      const others = seen.get(FIELD[name as ContestantName].against) ?? [];
      const ratios = (value: (slice: Seen) => number) => ratiosOf(slices, others, value);
      const throughput: Throughput = {
        requestsPerSecond: spread(slices.map(rate)),
        cpuMicroseconds: spread(slices.map(cpuMicroseconds)),
        ratio: ratios(rate),
        cpuRatio: ratios(cpuMicroseconds),
      };
      return [name, throughput];
    }),
  );
}

function ratiosOf(dividends: readonly Seen[], divisors: readonly Seen[], value: (slice: Seen) => number): Spread {
  return spread(dividends.map((slice, round) => value(slice) / value(divisors[round] as Seen)));
}

function latencyOf(seen: ReadonlyMap<string, readonly Seen[]>): Record<string, Latency> {
  const sorted = (values: readonly number[]) => [...values].sort((one, other) => one - other);
  const median = ({ latenciesMs }: Seen) => quantile(sorted(latenciesMs), 0.5);
  const limit = seen.get("passThrough") ?? [];
  return Object.fromEntries(
    [...seen].map(([name, slices]) => {
      const all = sorted(slices.flatMap(({ latenciesMs }) => latenciesMs));
      const latency: Latency = {
        p50Ms: quantile(all, 0.5),
        p99Ms: quantile(all, 0.99),
        p999Ms: quantile(all, 0.999),
        addedAtP50Ms: spread(slices.map((slice, round) => median(slice) - median(limit[round] as Seen))),
      };
      return [name, latency];
    }),
  );
}
