import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";

/**
 * The CPU that the Workers have to themselves, and the CPUs of everything else; undefined where processes cannot be
 * pinned.
 */
export const CPUS = split();

function split(): { readonly workers: string; readonly others: string } | undefined {
  const count = availableParallelism();
  if (process.platform !== "linux" || count < 2) return undefined;
  try {
    execFileSync("taskset", ["-p", String(process.pid)], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  return { workers: "0", others: count === 2 ? "1" : `1-${count - 1}` };
}

/** A command line that runs on these CPUs alone, where that is possible. */
export function on(cpus: keyof NonNullable<typeof CPUS>, command: readonly string[]): [string, ...string[]] {
  return [...(CPUS ? ["taskset", "-c", CPUS[cpus]] : []), ...command] as [string, ...string[]];
}

/** Moves this process off the CPU of the Workers. */
export function makeRoom(): void {
  moveTo("others");
}

/** Moves this process. Processes that it starts later run there, too, unless they are told otherwise. */
export function moveTo(cpus: keyof NonNullable<typeof CPUS>): void {
  if (CPUS) execFileSync("taskset", ["-acp", CPUS[cpus], String(process.pid)], { stdio: "ignore" });
}
