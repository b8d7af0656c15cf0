import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FakeMoor } from "../../test/sdk/conformance/fake-moor.ts";
import { on } from "../http/cpus.ts";
import { measure } from "../http/rounds.ts";
import { messageOf, startScript } from "../http/script.ts";
import { range, type Spread, spread } from "../http/statistics.ts";
import { table } from "../table.ts";

/** An Express origin on one CPU. */
export type ExpressResults = Readonly<
  Record<Load, { readonly requestsPerSecond: Spread; readonly cpuMicroseconds: Spread }>
>;

const LOADS = {
  known: { about: "all requests have the same handoff", signatures: "webcrypto" },
  fresh: { about: "each request has a new handoff", signatures: "webcrypto" },
  blocking: { about: "the same, and node:crypto checks it in the event loop", signatures: "node" },
} as const;
type Load = keyof typeof LOADS;

/** An origin remembers the last 512. */
const HANDOFFS = 4_000;
const WARM_ROUNDS = 3;
const ROUNDS = { rounds: 12, mostSeconds: 60, connections: 16, warmMs: 200, measureMs: 800 };

/** Measures an Express origin with each load. */
export async function measureExpress({ url }: FakeMoor, handoff: () => string): Promise<ExpressResults> {
  const load = startScript("load.ts");
  const names = Object.keys(LOADS) as Load[];
  const origins: ChildProcess[] = [];
  try {
    const requests = Array.from(
      { length: HANDOFFS },
      () => `GET / HTTP/1.1\r\nHost: app.test\r\nMoor-Session: ${handoff()}\r\n\r\n`,
    );
    const contestants = [];
    for (const name of names) {
      const origin = startOrigin(url, LOADS[name].signatures);
      origins.push(origin);
      const { port } = await messageOf<{ port: number }>(origin);
      const sent = name === "known" ? requests.slice(0, 1) : requests;
      contestants.push({ name, port, pid: origin.pid as number, requests: sent });
    }
    const seen = await measure(load, contestants, ROUNDS);
    const costOf = (name: Load) => {
      const rounds = (seen.get(name) ?? []).slice(WARM_ROUNDS);
      return {
        requestsPerSecond: spread(rounds.map(({ answered, seconds }) => answered / seconds)),
        cpuMicroseconds: spread(rounds.map(({ answered, cpuSeconds }) => (cpuSeconds / answered) * 1e6)),
      };
    };
    return Object.fromEntries(names.map((name) => [name, costOf(name)])) as ExpressResults;
  } finally {
    for (const child of [load, ...origins]) child.kill();
  }
}

function startOrigin(moor: string, signatures: string): ChildProcess {
  const [execPath, ...execArgv] = on("workers", [process.execPath]);
  const script = fileURLToPath(new URL("express-origin.ts", import.meta.url));
  return fork(script, ["--moor", moor, "--signatures", signatures], { execPath, execArgv });
}

/** The table of docs/explanation/performance.md. */
export function expressTable(results: ExpressResults): string {
  const rows = Object.entries(LOADS).map(([name, { about }]) => {
    const { requestsPerSecond, cpuMicroseconds } = results[name as Load];
    return [about, range(requestsPerSecond, 0), range(cpuMicroseconds, 0)];
  });
  return table(["an Express origin on one CPU", "requests/s", "CPU of a request, µs"], rows);
}
