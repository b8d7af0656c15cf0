import type { PoolConfig } from "../../../src/config/pool-types.ts";
import type { RetryCondition, RouteConfig } from "../../../src/config/types.ts";
import { clamped, DEADLINE_MS } from "../clamped.ts";
import { milliseconds } from "../durations.ts";
import type { Remark } from "../remark.ts";
import { readAffinity } from "./affinity.ts";
import { readHealth } from "./health.ts";
import { type Line, lastOf, type Section } from "./sections.ts";
import { readServers } from "./servers.ts";

/** A `backend` or `listen` section as a pool, with the settings of routes to it. */
export interface ReadBackend {
  readonly pool: PoolConfig;
  readonly settings: Pick<RouteConfig, "retryOn">;
  readonly refused: readonly Remark[];
  readonly notes: readonly Remark[];
}

/** Reads a section with servers as the pool of an id. */
export function readBackend(section: Section, id: string): ReadBackend {
  const { origins, check, slowStartSeconds, refused, notes: aboutServers } = readServers(section);
  const { settings: affinity, notes: aboutAffinity } = readAffinity(section);
  const { healthCheck, notes: aboutHealth } = readHealth(section, check);
  const notes = [...aboutServers, ...aboutAffinity, ...aboutHealth];
  const timeout = lastOf(section.lines, "timeout", "server");
  const timeoutMs = milliseconds(timeout?.args[0] ?? "", "ms");
  const attemptDeadlineMs = timeoutMs && clamped(timeoutMs, DEADLINE_MS);
  if (timeout && attemptDeadlineMs !== timeoutMs) {
    const text = `timeout server ${timeout.args[0]} becomes ${attemptDeadlineMs} ms, the nearest that Moor accepts`;
    notes.push({ file: timeout.line.file, line: timeout.line.line, text });
  }
  if (slowStartSeconds > 0) {
    const text =
      "slowstart becomes slowStartSeconds of the pool: it starts when an origin opens, and not when it is back";
    notes.push({ file: section.file, line: section.line, text });
  }
  const hasSlowStart = slowStartSeconds > 0 && affinity.affinity === undefined;
  return {
    pool: {
      id,
      origins: [...origins],
      ...affinity,
      ...(attemptDeadlineMs !== undefined && { attemptDeadlineMs }),
      ...(hasSlowStart && { slowStartSeconds }),
      ...(healthCheck && { healthCheck }),
    },
    settings: readRetries(section, notes),
    refused,
    notes,
  };
}

const CONDITIONS: Record<string, readonly RetryCondition[]> = {
  none: [],
  "conn-failure": ["connect-failure"],
  "empty-response": ["reset"],
  "junk-response": ["reset"],
  "response-timeout": ["timeout"],
  "0rtt-rejected": [],
  "503": ["503"],
  "502": ["gateway-error"],
  "504": ["gateway-error"],
  "all-retryable-errors": ["connect-failure", "reset", "timeout", "gateway-error"],
};

function readRetries(section: Section, notes: Remark[]): Pick<RouteConfig, "retryOn"> {
  const note = ({ file, line }: Line, text: string) => notes.push({ file, line, text });
  const retries = lastOf(section.lines, "retries");
  if (retries?.args[0] === "0") return { retryOn: [] };
  if (retries)
    note(retries.line, "retries is not carried over: retryOrigins of a route says how many origins may take a request");
  const conditions = lastOf(section.lines, "retry-on");
  if (!conditions) return {};
  const left = conditions.args.filter((word) => !(word in CONDITIONS));
  if (left.length > 0)
    note(conditions.line, `retry-on ${left.join(" ")} is not carried over: Moor sends no such request again`);
  const all = new Set(conditions.args.flatMap((word) => CONDITIONS[word] ?? []));
  if (all.has("gateway-error")) all.delete("503");
  return { retryOn: [...all] };
}
