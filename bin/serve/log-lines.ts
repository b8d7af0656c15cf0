import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** An entry of the command's own. */
export interface ServeEntry {
  readonly event:
    | "serving"
    | "draining"
    | "stopped_accepting"
    | "accept_queue_open"
    | "drained"
    | "drain_cut_off"
    | "runtime"
    | "runtime_ended"
    | "cron_failed"
    | "probing_failed";
  readonly [field: string]: unknown;
}

/** Writes one line of JSON to stdout. */
export function logEntry(entry: ServeEntry): void {
  console.log(JSON.stringify({ time: new Date().toISOString(), ...entry }));
}

/** Passes on the log of workerd: entries of Moor as they are, with their time, and everything else as an entry `runtime`. */
export function passOnLog(output: Readable): void {
  createInterface({ input: output }).on("line", (line) => console.log(lineOf(line)));
}

/** A line of the log for a line of workerd. */
export function lineOf(line: string): string {
  const { timestamp, level, message } = objectIn(line) ?? { message: line };
  const at = Number(timestamp);
  const time = new Date(Number.isSafeInteger(at) && timestamp !== undefined ? at : Date.now()).toISOString();
  const entry = typeof message === "string" ? objectIn(message) : undefined;
  return JSON.stringify(entry ? { time, ...entry } : { time, event: "runtime", level, message });
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
