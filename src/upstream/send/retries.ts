import type { ResolvedRoute } from "../../config/resolved.ts";
import type { Body } from "./body.ts";

/** After which failures a request is sent again. */
export interface Retries {
  /** Nothing of the request was sent: the next origin gets it. */
  readonly unsent: boolean;
  /** Its connection was lost. */
  readonly lost: boolean;
  /** The answer was late. `"if-silent"`: retry only if the origin answers nothing else either. */
  readonly timeout: "always" | "if-silent" | "never";
  /** The request was answered with one of these statuses. */
  readonly statuses: ReadonlySet<number>;
  /** How many origins may take it. */
  readonly origins: number;
}

const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** Compiles after which failures requests of a route are sent again. */
export function createRetries({
  retryOn,
  retryOrigins: origins,
}: Pick<ResolvedRoute, "retryOn" | "retryOrigins">): (request: Request, body: Body) => Retries {
  const on = new Set(retryOn);
  const never: Retries = { unsent: false, lost: false, timeout: "never", statuses: new Set(), origins };
  const onceOnly: Retries = { ...never, unsent: on.has("connect-failure") };
  const again: Retries = {
    ...onceOnly,
    lost: on.has("reset"),
    timeout: on.has("timeout") ? "always" : on.has("reset") ? "if-silent" : "never",
    statuses: new Set([...(on.has("gateway-error") ? [502, 503, 504] : []), ...(on.has("503") ? [503] : [])]),
  };

  return ({ method, headers }, body) => {
    if (body instanceof ReadableStream) return never;
    const mayRepeat = on.has("non-idempotent") || IDEMPOTENT.has(method) || headers.has("Idempotency-Key");
    // The origin of a WebSocket that was lost may have accepted it.
    return mayRepeat && !headers.has("Upgrade") ? again : onceOnly;
  };
}

/**
 * Which lost connections are tried once more on the same origin: connections that may have been closed while they were
 * idle.
 */
export interface SecondTries {
  /** Counts a lost connection to the origin at `index` of the pool; whether it is tried once more there. */
  isDue(index: number): boolean;
  /** The origin answered. */
  answered(index: number): void;
}

/** As many requests at once may meet connections that their origin has just closed; when it loses more, it is gone. */
const MOST_LOST_IDLE = 4;

/**
 * Allows a second try to the first few connections that an origin loses after its last answer. If many requests come at
 * once to an origin that is gone, the rest go on to the next origin. So each of them needs one retry of the budget
 * instead of two.
 *
 * @param size origins in the pool.
 */
export function createSecondTries(size: number): SecondTries {
  const lost = new Uint32Array(size);
  return {
    isDue(index) {
      const losses = (lost[index] as number) + 1;
      lost[index] = losses;
      return losses <= MOST_LOST_IDLE;
    },
    answered(index) {
      lost[index] = 0;
    },
  };
}
