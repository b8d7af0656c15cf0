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
  const mayRepeat = ({ method, headers }: Request) =>
    on.has("non-idempotent") || IDEMPOTENT.has(method) || headers.has("Idempotency-Key");

  return (request, body) => {
    if (body instanceof ReadableStream) return never;
    // The origin of a WebSocket that was lost may have accepted it.
    return mayRepeat(request) && !request.headers.has("Upgrade") ? again : onceOnly;
  };
}
