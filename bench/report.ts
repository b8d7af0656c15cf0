import type { AffinityResult } from "./affinity/affinity.ts";
import { costTable } from "./cost/cost.ts";
import { distanceTable } from "./distance/table.ts";
import { dropInsTable } from "./drop-ins/drop-ins.ts";
import { growthTable, savingsTable } from "./growth/tables.ts";
import { handoffTables } from "./handoff/handoff.ts";
import { type ContestantName, FIELD } from "./http/contestants.ts";
import { cpuTable } from "./http/cpu.ts";
import { garbageTable } from "./http/garbage.ts";
import type { HttpResults, Latency, Throughput } from "./http/http.ts";
import type { MemoryResults } from "./http/memory.ts";
import type { ProfileResults } from "./http/profile.ts";
import { range } from "./http/statistics.ts";
import { ratiosOf as instructionRatiosOf } from "./instructions/ratios.ts";
import { instructionsTables } from "./instructions/tables.ts";
import { pathTable } from "./path/path.ts";
import type { Results } from "./results.ts";
import { rivalsTables } from "./rivals/tables.ts";
import { BUDGETS_KIB, type SizeResults } from "./size/size.ts";
import { partsTable } from "./size/treemap.ts";
import { table } from "./table.ts";

const PROFILE_ROWS = 25;

/**
 * For each contestant its requests/s and, as `…Cpu`, its CPU per request, both divided by the numbers of its yardstick. In addition,
 * the ratios that have a goal: of CPU, and of core instructions.
 */
export function ratiosOf({ http, cpu, instructions }: Results): Record<string, number> {
  const usual = http?.shapes[0]?.throughput ?? {};
  const measured = Object.entries(usual).flatMap(([name, { ratio, cpuRatio }]) => [
    [name, ratio.median],
    [`${name}Cpu`, cpuRatio.median],
  ]);
  const ofGoals = Object.entries(cpu ?? {}).map(([name, { ratio }]) => [name, ratio.median]);
  return { ...Object.fromEntries([...measured, ...ofGoals]), ...instructionRatiosOf(instructions?.costs ?? {}) };
}

/** The results as Markdown. */
export function tables(results: Results): string {
  return [machineLine(results), ...Object.values(tablesOf(results))].join("\n\n");
}

/** Where it was measured. */
export function machineLine({ machine }: Results): string {
  return `${machine.cpus} × ${machine.cpu}, Node ${machine.node}, workerd ${machine.workerd}, load ${machine.load.toFixed(1)} when it began`;
}

/** A table for each part that was measured. */
export function tablesOf(results: Results): Record<string, string> {
  const {
    http,
    cpu,
    affinity,
    size,
    cost,
    memory,
    garbage,
    path,
    handoff,
    profile,
    rivals,
    instructions,
    growth,
    distance,
    "drop-ins": dropIns,
  } = results;
  return {
    ...(instructions ? { instructions: instructionsTables(instructions).join("\n\n") } : {}),
    ...(growth ? { growth: growthTable(growth), savings: savingsTable(growth) } : {}),
    ...(cpu ? { cpu: cpuTable(cpu) } : {}),
    ...(http ? { http: httpTables(http).join("\n\n") } : {}),
    ...(profile ? { profile: profileTable(profile) } : {}),
    ...(memory ? { memory: memoryTable(memory) } : {}),
    ...(garbage ? { garbage: garbageTable(garbage) } : {}),
    ...(rivals ? { rivals: rivalsTables(rivals).join("\n\n") } : {}),
    ...(distance ? { distance: distanceTable(distance) } : {}),
    ...(affinity ? { affinity: affinityTable(affinity) } : {}),
    ...(size ? { size: sizeTables(size).join("\n\n") } : {}),
    ...(cost ? { cost: costTable(cost) } : {}),
    ...(path ? { path: pathTable(path) } : {}),
    ...(handoff ? { handoff: handoffTables(handoff) } : {}),
    ...(dropIns ? { "drop-ins": dropInsTable(dropIns) } : {}),
  };
}

function httpTables({ shapes, latencies }: HttpResults): string[] {
  return [
    ...shapes.map(({ shape, throughput }) => {
      const pages = shape.large ? "1 MiB" : "1 KiB";
      return `${shape.sessions} sessions of ${shape.recordBytes} bytes, pages of ${pages}\n\n${throughputTable(throughput)}`;
    }),
    ...latencies.map(({ rate, latency }) => `${rate} requests/s, milliseconds\n\n${latencyTable(latency)}`),
  ];
}

function throughputTable(throughput: Readonly<Record<string, Throughput>>): string {
  const rows = Object.entries(throughput).map(([name, { requestsPerSecond, cpuMicroseconds, ratio, cpuRatio }]) => {
    const { about, against } = FIELD[name as ContestantName];
    const compared =
      against === name ? ["", "", ""] : [FIELD[against].about.split(":")[0], range(ratio, 2), range(cpuRatio, 2)];
    return [about, range(requestsPerSecond, 0), range(cpuMicroseconds, 0), ...compared];
  });
  return table(["", "requests/s", "CPU µs per request", "compared with", "requests/s", "CPU"], rows);
}

function latencyTable(latency: Readonly<Record<string, Latency>>): string {
  const rows = Object.entries(latency).map(([name, { p50Ms, p99Ms, p999Ms, addedAtP50Ms }]) => {
    const times = [p50Ms, p99Ms, p999Ms].map((ms) => ms.toFixed(2));
    return [FIELD[name as ContestantName].about, ...times, name === "passThrough" ? "" : range(addedAtP50Ms, 2)];
  });
  return table(["", "p50", "p99", "p99.9", "added at p50"], rows);
}

const SIZED: Record<keyof Omit<SizeResults, "smallestBuild" | "logins">, string> = {
  moor: "Moor with everything",
  asDeployed: "as `moor deploy` makes it of most configurations",
  asDeployedWithLogin: "as deployed, with `login`",
  withoutRedis: "with everything but Redis",
  asDeployedWithoutRedis: "as deployed, without Redis",
  passThrough: "a bare pass-through Worker",
};

function sizeTables({ smallestBuild, logins, ...builds }: SizeResults): string[] {
  const rows = Object.entries(builds).map(([name, { gzippedBytes, startCpuMs }]) => [
    SIZED[name as keyof typeof SIZED],
    (gzippedBytes / 1024).toFixed(1),
    BUDGETS_KIB[name as keyof typeof BUDGETS_KIB]?.toFixed(1) ?? "",
    range(startCpuMs, 0),
  ]);
  return [
    table(["", "gzipped, KiB", "budget, KiB", "CPU of workerd until the first answer, ms"], rows),
    "A login adds to the second of them",
    table(
      ["a configuration with", "gzipped, KiB more"],
      Object.entries(logins).map(([settings, bytes]) => [settings, (bytes / 1024).toFixed(1)]),
    ),
    "The smallest build, by room and package",
    partsTable(smallestBuild),
  ];
}

function profileTable({ now, before }: ProfileResults): string {
  const rows = now.shares.slice(0, PROFILE_ROWS).map(({ name }) => name);
  const builds = before ? [now, before] : [now];
  const timesOf = (isOf: (name: string) => boolean) =>
    builds.map(({ cpuMicroseconds, shares }) => {
      const share = shares.filter(({ name }) => isOf(name)).reduce((sum, own) => sum + own.share, 0);
      return (share * cpuMicroseconds).toFixed(1);
    });
  return table(
    ["own time of", "µs per request", ...(before ? ["before"] : [])],
    [
      ...rows.map((name) => [name, ...timesOf((other) => other === name)]),
      ["everything else", ...timesOf((name) => !rows.includes(name))],
      ["all", ...timesOf(() => true)],
    ],
  );
}

function memoryTable({ steps, distinctTokens }: MemoryResults): string {
  const row = (what: string, bytes: number) => [what, (bytes / 1e6).toFixed(0)];
  const of = (list: MemoryResults["steps"], what: string) =>
    list.map(({ requests, residentBytes }) => row(`${requests.toLocaleString("en")} ${what}`, residentBytes));
  return table(["after", "MB resident"], [...of(steps, "clean reads"), ...of(distinctTokens, "distinct tokens")]);
}

function affinityTable(results: readonly AffinityResult[]): string {
  const rows = results.map(({ name, origins, pickNs, firstThreeNs, buildMs, inWorkerd, freshMs }) => [
    name,
    String(origins),
    ...[pickNs, firstThreeNs, inWorkerd.pickNs, inWorkerd.firstThreeNs].map((ns) => ns.toFixed(0)),
    buildMs.toFixed(2),
    freshMs.map(({ picks, ms }) => `${picks.toLocaleString("en")}: ${ms.toFixed(1)}`).join(", "),
  ]);
  const head = ["", "origins", "pick, ns", "three, ns", "pick in workerd", "three in workerd", "build, ms"];
  return table([...head, "fresh isolate, build and picks, ms"], rows);
}
