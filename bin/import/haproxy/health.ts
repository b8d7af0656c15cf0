import type { HealthCheckConfig } from "../../../src/config/health-types.ts";
import { probeBody, probePath } from "../../../src/settings/grammar.ts";
import { clamped } from "../clamped.ts";
import { milliseconds } from "../durations.ts";
import type { Remark } from "../remark.ts";
import { allOf, type Line, lastOf, type Section } from "./sections.ts";

const INTERVAL_SECONDS = [1, 300] as const;
const THRESHOLD = [1, 100] as const;
/** HAProxy checks every two seconds, and takes redirects for healthy. */
const DEFAULT_INTERVAL = "2s";
const DEFAULT_STATUSES = { start: 200, end: 400 };

/** The probes of a section, and remarks about checks that a probe cannot make. */
export interface ReadHealth {
  readonly healthCheck: HealthCheckConfig | undefined;
  readonly notes: readonly Remark[];
}

/** Reads `option httpchk`, `http-check` and the parameters of a checked server. */
export function readHealth(section: Section, check: ReadonlyMap<string, string> | undefined): ReadHealth {
  const notes: Remark[] = [];
  const note = ({ file, line }: Line, text: string) => notes.push({ file, line, text });
  const option = lastOf(section.lines, "option", "httpchk");
  if (!check) return { healthCheck: undefined, notes };
  if (!option) {
    const text = "check without option httpchk is not carried over: Moor probes by HTTP, so set healthCheck by hand";
    return { healthCheck: undefined, notes: [{ file: section.file, line: section.line, text }] };
  }
  const { method, path, hasMore } = requestOf(section, option.args);
  if (!probePath.accepts(path)) {
    note(option.line, `option httpchk ${path} is not carried over: a probe asks for a path`);
    return { healthCheck: undefined, notes };
  }
  if (method !== "GET") note(option.line, `option httpchk: probes are GET, and not ${method}`);
  if (hasMore) note(option.line, "option httpchk: probes send no headers of the file's own");
  const seconds = (name: string) => {
    const ms = milliseconds(check.get(name) ?? "", "ms");
    return ms === undefined ? undefined : clamped(Math.ceil(ms / 1_000), INTERVAL_SECONDS);
  };
  const intervalSeconds =
    seconds("inter") ?? clamped((milliseconds(DEFAULT_INTERVAL, "ms") ?? 0) / 1_000, INTERVAL_SECONDS);
  const unhealthyIntervalSeconds = seconds("downinter");
  const timeout = lastOf(section.lines, "timeout", "check");
  const timeoutMs = milliseconds(timeout?.args[0] ?? "", "ms");
  const shortest = Math.min(intervalSeconds, unhealthyIntervalSeconds ?? intervalSeconds) * 1_000;
  const [healthyThreshold, unhealthyThreshold] = ["rise", "fall"].map((name) => check.get(name));
  return {
    healthCheck: {
      path,
      ...expected(section, note),
      intervalSeconds,
      ...(unhealthyIntervalSeconds !== undefined && { unhealthyIntervalSeconds }),
      ...(timeoutMs !== undefined && { timeoutMs: clamped(timeoutMs, [10, Math.min(shortest, 60_000)]) }),
      ...(healthyThreshold !== undefined && { healthyThreshold: clamped(Number(healthyThreshold), THRESHOLD) }),
      ...(unhealthyThreshold !== undefined && { unhealthyThreshold: clamped(Number(unhealthyThreshold), THRESHOLD) }),
    },
    notes,
  };
}

function requestOf(section: Section, args: readonly string[]): { method: string; path: string; hasMore: boolean } {
  const send = lastOf(section.lines, "http-check", "send")?.args ?? [];
  const sent = (name: string) => (send.includes(name) ? send[send.indexOf(name) + 1] : undefined);
  const [method, path] = args.length > 1 ? args : [undefined, args[0]];
  return {
    method: sent("meth") ?? method ?? "OPTIONS",
    path: sent("uri") ?? path ?? "/",
    hasMore: send.includes("hdr") || send.includes("body") || args.length > 3 || /\r|\n|\\r/.test(args[2] ?? ""),
  };
}

function expected(section: Section, note: (line: Line, text: string) => void): Partial<HealthCheckConfig> {
  let settings: Partial<HealthCheckConfig> = { expectedStatuses: [DEFAULT_STATUSES] };
  for (const line of allOf(section.lines, "http-check")) {
    const [, action = "", ...words] = line.words;
    if (action === "send") continue;
    const [kind = "", value = ""] = words[0] === "min-recv" ? words.slice(2) : words;
    const statuses = kind === "status" ? statusesOf(value) : undefined;
    if (action === "expect" && statuses) settings = { ...settings, expectedStatuses: statuses };
    else if (action === "expect" && kind === "string" && probeBody.accepts(value))
      settings = { ...settings, expectedBody: value };
    else note(line, `${line.words.join(" ")} is not carried over: a probe expects statuses, or a text in the body`);
  }
  return settings;
}

/** `200`, `200,204`, `200-399`. */
function statusesOf(text: string): { start: number; end: number }[] | undefined {
  const ranges = text.split(",").map((part) => /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(part));
  return ranges.includes(null)
    ? undefined
    : ranges.map((range) => ({ start: Number(range?.[1]), end: Number(range?.[2] ?? range?.[1]) + 1 }));
}
