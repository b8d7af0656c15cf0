import { existsSync, statfsSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg } from "node:os";
import { measureAffinity } from "./affinity/affinity.ts";
import { costs } from "./cost/cost.ts";
import { measureDistance } from "./distance/distance.ts";
import { measureDropIns, missingForDropIns } from "./drop-ins/drop-ins.ts";
import { measureGrowth } from "./growth/growth.ts";
import { measureHandoff } from "./handoff/handoff.ts";
import { measureCpu } from "./http/cpu.ts";
import { measureGarbage, missingStdbuf } from "./http/garbage.ts";
import { judge as judgeCpu } from "./http/guard.ts";
import { measureHttp } from "./http/http.ts";
import { measureMemory } from "./http/memory.ts";
import { measureProfile } from "./http/profile.ts";
import { missingValgrind } from "./instructions/callgrind.ts";
import type { ContestantName } from "./instructions/contestants.ts";
import { committedCosts, guard as guardInstructions } from "./instructions/guard.ts";
import { measureInstructions } from "./instructions/instructions.ts";
import { type Options, readOptions, USAGE } from "./options.ts";
import { measurePath } from "./path/path.ts";
import { ratiosOf, tables } from "./report.ts";
import type { Results } from "./results.ts";
import { missingPrograms } from "./rivals/proxies.ts";
import { measureRivals } from "./rivals/rivals.ts";
import { save } from "./save.ts";
import { measureSize } from "./size/size.ts";

/**
 * Stored data is kept in memory where there is a file system for that. Otherwise the table would compare waits for
 * disks.
 */
const IN_MEMORY = "/dev/shm";
/** Ten thousand objects have a file each; containers often have 64 MB there. */
const ROOM_BYTES = 2 ** 30;

const options = readOptions(process.argv.slice(2));
if (hasRoom(IN_MEMORY)) process.env.TMPDIR = IN_MEMORY;
switch (options.kind) {
  case "help":
    process.stdout.write(USAGE);
    break;
  case "mistake":
    process.stderr.write(`${options.message}\n`);
    process.exitCode = 2;
    break;
  case "guard": {
    const { text, code } = await guard(options.of);
    process.stdout.write(`${text}\n`);
    process.exitCode = code;
    break;
  }
  case "run": {
    const { parts, quick, json, before } = options;
    const noFile = before !== undefined && !existsSync(before) ? `--before: ${before} does not exist` : undefined;
    const ofRivals = parts.includes("rivals") || parts.includes("distance") ? missingPrograms() : undefined;
    const missing = noFile ?? ofRivals ?? (parts.includes("drop-ins") ? missingForDropIns() : undefined);
    if (missing !== undefined) {
      process.stderr.write(`${missing}\n`);
      process.exitCode = 2;
      break;
    }
    const counts = parts.includes("instructions") || parts.includes("growth");
    const uncounted = counts ? missingValgrind() : undefined;
    if (uncounted !== undefined) say(`instructions are not counted: ${uncounted}`);
    const unbuffered = parts.includes("garbage") ? missingStdbuf() : undefined;
    if (unbuffered !== undefined) say(`garbage is not measured: ${unbuffered}`);
    const machine = machineNow();
    const results: Results = {
      machine,
      cost: parts.includes("cost") ? await costs() : undefined,
      path: parts.includes("path") ? await measurePath() : undefined,
      handoff: parts.includes("handoff") ? await measureHandoff(say) : undefined,
      size: parts.includes("size") ? await measureSize(say) : undefined,
      affinity: parts.includes("affinity") ? await measureAffinity(quick, say) : undefined,
      instructions:
        parts.includes("instructions") && uncounted === undefined ? await measureInstructions(say) : undefined,
      growth: parts.includes("growth") && uncounted === undefined ? await measureGrowth(say) : undefined,
      cpu: parts.includes("cpu") ? await measureCpu(say) : undefined,
      http: parts.includes("http") ? await measureHttp(quick ? "quick" : "full", say) : undefined,
      profile: parts.includes("profile") ? await measureProfile(say, before) : undefined,
      memory: parts.includes("memory") ? await measureMemory(say) : undefined,
      garbage: parts.includes("garbage") && unbuffered === undefined ? await measureGarbage(say) : undefined,
      rivals: parts.includes("rivals") ? await measureRivals(quick ? "quick" : "full", say) : undefined,
      distance: parts.includes("distance") ? await measureDistance(quick ? "quick" : "full", say) : undefined,
      "drop-ins": parts.includes("drop-ins") ? await measureDropIns(say) : undefined,
    };
    if (options.save) await save(results);
    process.stdout.write(`${tables(results)}\n`);
    if (json) process.stdout.write(`${JSON.stringify({ ratios: ratiosOf(results), ...results })}\n`);
  }
}

/** Judges this machine's run; 1: it is out of bounds, 2: it cannot be measured here. */
async function guard(of: Extract<Options, { kind: "guard" }>["of"]): Promise<{ text: string; code: number }> {
  if (of === "http") {
    const { kind, text } = judgeCpu((await measureHttp("guard", say)).shapes[0]?.throughput ?? {});
    return { text, code: kind === "worse" ? 1 : 0 };
  }
  const missing = missingValgrind();
  if (missing !== undefined) return { text: `bench: instructions are not counted: ${missing}`, code: 2 };
  const count = async (names: readonly ContestantName[]) => (await measureInstructions(say, names)).costs;
  const { kind, text } = await guardInstructions(count, await committedCosts());
  return { text, code: kind === "differs" ? 1 : 0 };
}

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= ROOM_BYTES;
  } catch {
    return false;
  }
}

function machineNow(): Results["machine"] {
  const { version } = createRequire(import.meta.url)("workerd/package.json") as { version: string };
  const [processor] = cpus();
  const [load = 0] = loadavg();
  const cpu = processor?.model.trim() ?? "unknown";
  return { cpu, cpus: cpus().length, node: process.version, workerd: version, load };
}

function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}
