import type { ResolvedHealthCheck } from "../../config/resolved.ts";
import { pollWhile } from "../../lib/poll.ts";
import { type Fault, gatewayFault } from "../send/gateway-fault.ts";
import { NO_CLIENT, type Reach } from "../send/reach.ts";

/** The result of a check: any answer at all, whatever its status, or the fault. */
export type CheckResult = "answered" | Fault;

/** The checks that an isolate sends to an origin by itself, after a loss and when an ejection is over. HAProxy's word is fail-check. */
export interface FailChecks {
  /** Checks an origin. The result of its last check is returned if that is fresh: within {@link FRESH_MS}. */
  check(index: number): Promise<CheckResult>;
  /** The origin has lost requests of several clients since it last answered: its last answer is fresh for {@link DISTRUSTED_MS}. */
  distrust(index: number): void;
  /** Whether no check is under way, and the result of the last check is not fresh. */
  isDue(index: number, now: number): boolean;
  /** Whether the origin has answered its last check, and that result is fresh. */
  hasJustAnswered(index: number, now: number): boolean;
  /** When the origin's last check ended, if the origin was silent to it; `undefined`: it has answered, or was never checked. */
  silentAt(index: number): number | undefined;
  /**
   * Whether any origin of the pool has lately answered a check. If so, an origin that does not answer is at fault
   * itself.
   */
  isAnswerable(now: number): boolean;
}

/** An origin is checked once in this time, however many requests it loses. */
const FRESH_MS = 1_000;
/**
 * The same for an origin that may have died since it answered. It was perhaps checked for a request that every origin
 * drops.
 */
const DISTRUSTED_MS = 250;
/** The headers of checks and probes. An application that redirects http to https would redirect each check. */
export const PROBE_HEADERS = { "User-Agent": "Moor-Health-Check", "X-Forwarded-Proto": "https" };
const MAX_CHECK_MS = 2_000;
const ANSWERABLE_MS = 60_000;

interface State {
  beganAt: number;
  endedAt: number;
  freshUntil: number;
  result: CheckResult;
}

/**
 * Checks are `HEAD /`, or GET of the health check's path, and may take two seconds at most.
 *
 * @param deadlineMs the deadline of a visitor's attempt: a check takes no longer.
 * @param onAnswer is told of each answer, and whether it was a server error, 5xx.
 */
export function createFailChecks(
  reaches: readonly Reach[],
  healthCheck: ResolvedHealthCheck | undefined,
  deadlineMs: number,
  clock: () => number,
  onAnswer: (index: number, isError: boolean) => void,
): FailChecks {
  const [method, target] = healthCheck ? ["GET", healthCheck.path] : ["HEAD", "/"];
  const withinMs = Math.min(healthCheck?.timeoutMs ?? MAX_CHECK_MS, MAX_CHECK_MS, deadlineMs);
  const states = reaches.map((): State => {
    return { beganAt: -Infinity, endedAt: -Infinity, freshUntil: -Infinity, result: "answered" };
  });
  let answeredAt = -Infinity;

  async function send(index: number): Promise<CheckResult> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), withinMs);
    const { signal } = deadline;
    try {
      const init: RequestInit = { method, headers: PROBE_HEADERS, redirect: "manual", cache: "no-store", signal };
      const response = await (reaches[index] as Reach)(target as string, init, NO_CLIENT);
      await response.body?.cancel();
      const fault = gatewayFault(response, 0);
      if (fault) return fault;
      answeredAt = clock();
      onAnswer(index, response.status >= 500);
      return "answered";
    } catch {
      // Expected: a request that is refused, reset or cut off throws.
      return signal.aborted ? "timeout" : "lost";
    } finally {
      clearTimeout(timer);
    }
  }

  const isRunning = (index: number, now: number) => {
    const { beganAt, endedAt } = states[index] as State;
    // The request that it was for may have been cut off: then it never ends.
    return beganAt > endedAt && now - beganAt < 2 * withinMs;
  };
  const isFresh = (index: number, now: number) => now < (states[index] as State).freshUntil;

  return {
    async check(index) {
      const state = states[index] as State;
      while (isRunning(index, clock())) await pollWhile(() => isRunning(index, clock()), 2 * withinMs);
      if (isFresh(index, clock())) return state.result;
      state.beganAt = clock();
      let result = await send(index);
      // The first may have met an idle connection that the origin had closed.
      if (result === "lost") result = await send(index);
      state.endedAt = clock();
      state.freshUntil = state.endedAt + FRESH_MS;
      state.result = result;
      return result;
    },
    distrust(index) {
      const state = states[index] as State;
      if (state.result === "answered") state.freshUntil = Math.min(state.freshUntil, state.endedAt + DISTRUSTED_MS);
    },
    isDue: (index, now) => !isRunning(index, now) && !isFresh(index, now),
    hasJustAnswered: (index, now) => isFresh(index, now) && states[index]?.result === "answered",
    silentAt(index) {
      const { endedAt, result } = states[index] as State;
      return result === "answered" ? undefined : endedAt;
    },
    isAnswerable: (now) => now - answeredAt < ANSWERABLE_MS,
  };
}
