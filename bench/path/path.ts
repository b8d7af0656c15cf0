import type { Profiler } from "node:inspector";
import { Session } from "node:inspector/promises";
import { readConfig } from "../../src/config/read.ts";
import { createTokens } from "../../src/inbound/token/tokens.ts";
import { createMoor } from "../../src/moor.ts";
import { policyOf } from "../../src/session/policy.ts";
import { createHandoff } from "../../src/upstream/wire/handoff.ts";
import { handoffRing, macRing } from "../../test/support/rings.ts";
import { Client } from "../cost/client.ts";
import { createCountedStores } from "../cost/counted-stores.ts";
import { table } from "../table.ts";

/** How much of `src/` a request runs through. */
export interface Path {
  readonly files: number;
  readonly functions: number;
  readonly calls: number;
  /** Each file with the functions that ran, in the order of the files' names. */
  readonly ran: readonly { readonly file: string; readonly functions: readonly string[] }[];
}

/** The requests that are followed: a page of a stored session, and a change of it by `Moor-Patch`. */
export interface PathResults {
  readonly cleanRead: Path;
  readonly change: Path;
}

const NOW = Date.UTC(2026, 10, 20);
const RING = macRing(1);
const STEP_MS = 200;
/** After that time a copy in memory may answer for a change. */
const SETTLED_SECONDS = 10;

/**
 * Follows a request of each kind through the code by V8's precise coverage. The stores are in memory; the object's code
 * counts.
 */
export async function measurePath(): Promise<PathResults> {
  const { ask } = await inFrontOfAnOrigin();
  const inspector = new Session();
  inspector.connect();
  await inspector.post("Profiler.enable");
  // A usual request meets an isolate that has opened its token before, and whose memory holds a copy of its session.
  for (const kind of ["change", "page", "change", `+${SETTLED_SECONDS}`, "page", "page"]) await ask(kind);
  await inspector.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  const follow = async (kind: string): Promise<Path> => {
    await inspector.post("Profiler.takePreciseCoverage");
    await ask(kind);
    const { result } = await inspector.post("Profiler.takePreciseCoverage");
    return pathIn(result);
  };
  const results = { cleanRead: await follow("page"), change: await follow("change") };
  inspector.disconnect();
  return results;
}

function pathIn(coverage: readonly Profiler.ScriptCoverage[]): Path {
  const sources = new URL("../../src/", import.meta.url).href;
  const ran = coverage
    .filter(({ url }) => url.startsWith(sources))
    .map(({ url, functions }) => ({
      file: url.slice(sources.length),
      called: functions.filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0),
    }))
    .filter(({ called }) => called.length > 0)
    .sort((one, other) => one.file.localeCompare(other.file));
  const all = ran.flatMap(({ called }) => called);
  return {
    files: ran.length,
    functions: all.length,
    calls: all.reduce((sum, { ranges }) => sum + (ranges[0]?.count ?? 0), 0),
    ran: ran.map(({ file, called }) => ({ file, functions: called.map(({ functionName }) => functionName) })),
  };
}

async function inFrontOfAnOrigin() {
  let now = NOW;
  const clock = () => now;
  const stores = createCountedStores(clock, RING, "off");
  const client = new Client();
  const read = readConfig({
    pools: [{ id: "shop", origins: ["a", "b", "c"].map((id) => ({ id, url: `http://${id}.test` })) }],
    routes: [{ path: "/*", pool: "shop" }],
  });
  if (read.kind === "invalid") throw new TypeError("the configuration of the measurement is not valid");
  const moor = createMoor({
    ...stores.forIsolate(),
    config: read.config,
    tokens: createTokens(RING),
    handoff: createHandoff({
      ring: await handoffRing(1),
      issuer: "https://shop.test",
      ...read.config.handoff,
      policy: policyOf(read.config),
    }),
    clock,
    log: () => {},
  });

  return {
    async ask(kind: string): Promise<void> {
      if (kind.startsWith("+")) {
        now += Number(kind) * 1000;
        return;
      }
      now += STEP_MS;
      const { fetch } = globalThis;
      const headers: Record<string, string> = kind === "change" ? { "Moor-Patch": `{"at":${now}}` } : {};
      globalThis.fetch = (async () => new Response("", { headers })) as typeof fetch;
      try {
        const response = await moor(client.request(kind, "home"), () => {});
        if (response.status !== 200) throw new Error(`${kind} was answered with ${response.status}`);
        client.receive(response);
      } finally {
        globalThis.fetch = fetch;
      }
      await stores.settled();
    },
  };
}

/** The results as Markdown. */
export function pathTable({ cleanRead, change }: PathResults): string {
  const row = (name: string, { files, functions, calls }: Path) => [
    name,
    String(files),
    String(functions),
    String(calls),
  ];
  return table(["", "files", "functions", "calls"], [row("a clean read", cleanRead), row("a change", change)]);
}
