import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildMoor, buildScript, PLATFORM } from "../../test/support/node/build-worker.ts";
import { makeRoom } from "./cpus.ts";
import { type Profile, profiled } from "./inspector.ts";
import type { Order, Seen } from "./load.ts";
import { messageOf, startScript } from "./script.ts";
import { requestText, returningVisitors } from "./visitors.ts";
import { startMoor } from "./workerd.ts";

/** Where the time of a clean read goes, and where it went in an earlier build. */
export interface ProfileResults {
  readonly now: Profiled;
  readonly before?: Profiled | undefined;
}

/** How a build's clean read spends its time. */
export interface Profiled {
  /** Of the workerd process, per request, while it is profiled. */
  readonly cpuMicroseconds: number;
  /** A function or a call of the platform, and its own share of the busy time; the greatest first. */
  readonly shares: readonly { readonly name: string; readonly share: number }[];
}

/** The runtime itself, between calls of the Worker. */
const RUNTIME = "(program)";
const MEASURE_MS = 6_000;

/**
 * Profiles clean reads of 100 sessions by V8's sampling profiler.
 *
 * @param before a built Worker, a single file, that is profiled as well. Default: no such Worker.
 */
export async function measureProfile(say: (line: string) => void, before?: string): Promise<ProfileResults> {
  say("profile of a clean read");
  makeRoom();
  const folder = await mkdtemp(join(tmpdir(), "moor-bench-"));
  const [worker, platform] = await Promise.all([buildMoor(folder, ["--minify=false"]), buildScript(PLATFORM, folder)]);
  const origin = startScript("origin.ts");
  const load = startScript("load.ts");
  const { port } = await messageOf<{ port: number }>(origin);
  const profileOf = (file: string) => profileWorker({ worker: file, platform }, `http://127.0.0.1:${port}`, load);
  try {
    return { now: await profileOf(worker), before: before === undefined ? undefined : await profileOf(before) };
  } finally {
    load.kill();
    origin.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

async function profileWorker(
  files: { readonly worker: string; readonly platform: string },
  origin: string,
  load: ChildProcess,
): Promise<Profiled> {
  const origins = ["a", "b", "c"].map((id) => ({ id, url: origin }));
  const stores = { replicate: "off", backup: "off" } as const;
  const moor = await startMoor(files, { pools: [{ id: "shop", origins }], stores }, { inspect: true });
  try {
    const cookies = await returningVisitors(moor.port, 100, 512);
    const requests = cookies.map((cookie) => requestText("/catalog/shoes?page=2", { cookie }));
    const { port, pid, inspectorPort } = moor;
    const send = async (measureMs: number) => {
      load.send({ port, pid, requests, isSettled: true, connections: 16, warmMs: 0, measureMs } satisfies Order);
      return messageOf<Seen>(load);
    };
    await send(MEASURE_MS / 2);
    const seen = Promise.withResolvers<Seen>();
    const profile = await profiled(inspectorPort, async () => seen.resolve(await send(MEASURE_MS)));
    const { cpuSeconds, answered } = await seen.promise;
    return { cpuMicroseconds: (cpuSeconds / answered) * 1e6, shares: sharesOf(profile) };
  } finally {
    await moor.stop();
  }
}

/** Each function's own share of the time in which the Worker was busy, greatest first. */
export function sharesOf({ nodes, samples, timeDeltas }: Profile): Profiled["shares"] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  let busy = 0;
  for (const [index, sample] of samples.entries()) {
    const name = names.get(sample) ?? RUNTIME;
    if (name === "(idle)" || name === "(root)") continue;
    const time = timeDeltas[index] ?? 0;
    times.set(name, (times.get(name) ?? 0) + time);
    busy += time;
  }
  return [...times].map(([name, time]) => ({ name, share: time / busy })).sort((one, other) => other.share - one.share);
}

/** Calls of the platform have no line. Accessors of its objects have no name either. */
function nameOf({ functionName, lineNumber }: Profile["nodes"][number]["callFrame"]): string {
  if (functionName.startsWith("(")) return functionName;
  if (lineNumber < 0) return functionName === "" ? "platform: accessors" : `platform: ${functionName}`;
  return functionName === "" ? "arrow functions" : functionName;
}
