import { readdir, readFile, readlink } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** A process that runs on this machine. */
export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly command: string;
  /** Its working directory. */
  readonly folder: string;
}

/** The processes that run. A process that has ended does not count, even if its parent has not noticed. */
export async function runningProcesses(): Promise<RunningProcess[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  return (await Promise.all(pids.map(running))).flatMap((process) => process ?? []);
}

/** The processes that a process has started, with their own descendants. */
export async function descendants(pid: number): Promise<RunningProcess[]> {
  const all = await runningProcesses();
  const below = (parent: number): RunningProcess[] =>
    all.filter((process) => process.parent === parent).flatMap((process) => [process, ...below(process.pid)]);
  return below(pid);
}

/** Commands of those processes that have not ended. */
export async function alive(pids: readonly number[]): Promise<string[]> {
  return (await runningProcesses()).filter(({ pid }) => pids.includes(pid)).map(({ command }) => command);
}

/** Commands of those processes that have not ended within a minute. */
export async function remaining(pids: readonly number[]): Promise<string[]> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const commands = await alive(pids);
    if (commands.length === 0 || Date.now() > deadline) return commands;
    await sleep(50);
  }
}

async function running(pid: string): Promise<RunningProcess | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const [, state = "Z", parent, group] = /^\d+ \(.*\) (\S) (\d+) (\d+)/s.exec(stat) ?? [];
    if (state === "Z") return undefined;
    const command = (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ").trim();
    const folder = await readlink(`/proc/${pid}/cwd`);
    return { pid: Number(pid), parent: Number(parent), group: Number(group), command, folder };
  } catch {
    return undefined; // it has just ended
  }
}
