import { readdirSync, readFileSync } from "node:fs";

/**
 * CPU seconds that the threads of a process have used, user and system: the first number of `/proc/PID/task/TID/schedstat`,
 * nanoseconds. `/proc/PID/stat` says the same in hundredths of a second, which is coarse for half a second of work.
 *
 * `NaN` where there is no `/proc`.
 */
export function cpuSeconds(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const spent = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ", 1));
    return spent.reduce((sum, [nanoseconds]) => sum + Number(nanoseconds), 0) / 1e9;
  } catch {
    return Number.NaN;
  }
}
