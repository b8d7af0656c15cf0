import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FakeMoor } from "../../test/sdk/conformance/fake-moor.ts";
import { on } from "../http/cpus.ts";
import { measure } from "../http/rounds.ts";
import { messageOf, startScript } from "../http/script.ts";
import { range, type Spread, spread } from "../http/statistics.ts";
import { table } from "../table.ts";

/** Requests per second of an Express origin on one CPU, where each request has a handoff that is new to it. */
export type ExpressResults = Readonly<Record<Signatures, Spread>>;

const SIGNATURES = {
  webcrypto: "by WebCrypto, in another thread",
  node: "by node:crypto, in the event loop",
} as const;
type Signatures = keyof typeof SIGNATURES;

/** An origin remembers the last 512. */
const HANDOFFS = 4_000;
const ROUNDS = { rounds: 12, mostSeconds: 40, connections: 16, warmMs: 200, measureMs: 800 };

/** Measures an Express origin with each way to check signatures. */
export async function measureExpress({ url }: FakeMoor, handoff: () => string): Promise<ExpressResults> {
  const load = startScript("load.ts");
  const names = Object.keys(SIGNATURES) as Signatures[];
  const origins: ChildProcess[] = [];
  try {
    const requests = Array.from(
      { length: HANDOFFS },
      () => `GET / HTTP/1.1\r\nHost: app.test\r\nMoor-Session: ${handoff()}\r\n\r\n`,
    );
    const contestants = [];
    for (const name of names) {
      const origin = startOrigin(url, name);
      origins.push(origin);
      const { port } = await messageOf<{ port: number }>(origin);
      contestants.push({ name, port, pid: origin.pid as number, requests });
    }
    const seen = await measure(load, contestants, ROUNDS);
    // The first rounds warm the compiler.
    const ofName = (name: Signatures) => (seen.get(name) ?? []).slice(3);
    return Object.fromEntries(
      names.map((name) => [name, spread(ofName(name).map(({ answered, seconds }) => answered / seconds))]),
    ) as ExpressResults;
  } finally {
    for (const child of [load, ...origins]) child.kill();
  }
}

function startOrigin(moor: string, signatures: Signatures): ChildProcess {
  const [execPath, ...execArgv] = on("workers", [process.execPath]);
  const script = fileURLToPath(new URL("express-origin.ts", import.meta.url));
  return fork(script, ["--moor", moor, "--signatures", signatures], { execPath, execArgv });
}

/** The table of docs/explanation/performance.md. */
export function expressTable(results: ExpressResults): string {
  const rows = Object.entries(SIGNATURES).map(([name, about]) => [about, range(results[name as Signatures], 0)]);
  return table(["an Express origin with one CPU, each handoff new; the signature", "requests/s"], rows);
}
