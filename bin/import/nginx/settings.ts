import type { RetryCondition, RouteConfig } from "../../../src/config/types.ts";
import { clamped, DEADLINE_MS } from "../clamped.ts";
import { milliseconds } from "../durations.ts";
import type { Remark } from "../remark.ts";
import { inherited, singleValue } from "./blocks.ts";
import type { Directive } from "./directives.ts";

/** The settings of a route, and remarks about settings that it cannot have. */
export interface RouteSettings {
  readonly settings: Pick<RouteConfig, "attemptDeadlineMs" | "retryOn" | "retryOrigins">;
  readonly notes: readonly Remark[];
}

const MOST_ORIGINS = 3;

/** Reads `proxy_read_timeout` and the directives of `proxy_next_upstream` that hold in a location. */
export function readSettings(blocks: readonly Directive[]): RouteSettings {
  const notes: Remark[] = [];
  const note = ({ file, line }: Directive, text: string) => notes.push({ file, line, text });
  const settings: { -readonly [Key in keyof RouteSettings["settings"]]: RouteSettings["settings"][Key] } = {};

  const timeout = singleValue(blocks, "proxy_read_timeout");
  const timeoutMs = timeout && milliseconds(timeout.value, "s");
  if (timeout && timeoutMs !== undefined) {
    settings.attemptDeadlineMs = clamped(timeoutMs, DEADLINE_MS);
    if (settings.attemptDeadlineMs !== timeoutMs) {
      note(
        timeout.directive,
        `proxy_read_timeout ${timeout.value} becomes ${settings.attemptDeadlineMs} ms, the nearest that Moor accepts`,
      );
    }
  }
  const conditions = inherited(blocks, "proxy_next_upstream").at(-1);
  if (conditions) {
    const { retryOn, left } = retriesOf(conditions.args);
    settings.retryOn = retryOn;
    if (left.length > 0)
      note(conditions, `proxy_next_upstream ${left.join(" ")} is not carried over: Moor sends no such request again`);
  }
  const tries = singleValue(blocks, "proxy_next_upstream_tries");
  if (tries) {
    const count = Number(tries.value) || MOST_ORIGINS;
    settings.retryOrigins = Math.min(count, MOST_ORIGINS);
    if (count > MOST_ORIGINS)
      note(
        tries.directive,
        `proxy_next_upstream_tries ${tries.value} becomes ${MOST_ORIGINS}, the most that Moor asks`,
      );
  }
  return { settings, notes };
}

const CONDITIONS: Record<string, readonly RetryCondition[]> = {
  error: ["connect-failure", "reset"],
  timeout: ["timeout"],
  non_idempotent: ["non-idempotent"],
  off: [],
};

function retriesOf(words: readonly string[]): { retryOn: RetryCondition[]; left: string[] } {
  const retryOn = words.flatMap((word) => CONDITIONS[word] ?? []);
  const gateway = words.filter((word) => /^http_50[234]$/.test(word));
  if (gateway.length === 1 && gateway[0] === "http_503") retryOn.push("503");
  else if (gateway.length > 0) retryOn.push("gateway-error");
  return { retryOn, left: words.filter((word) => !(word in CONDITIONS) && !gateway.includes(word)) };
}
