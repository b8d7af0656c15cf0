import type { Body } from "./body.ts";
import type { Origin, Pool } from "./pool.ts";

/** A request as it goes to whichever origin answers. */
export interface Outgoing {
  readonly method: string;
  /** Path and query, normalised: what was routed is what is sent. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: Body;
  /** Whether it may be sent again when no response came. */
  readonly resendable: boolean;
  /** Whether the response may come from a cache or go into one. */
  readonly cacheable: boolean;
}

/** What became of a request. `attempts` counts what was sent. */
export type Forwarded =
  | { kind: "response"; response: Response; origin: Origin; attempts: number }
  | { kind: "unreachable"; attempts: number }
  | { kind: "timeout"; attempts: number };

type Attempt = { kind: "response"; response: Response } | { kind: "lost" } | { kind: "timeout" };

/** A lost connection may be one that the origin had closed while it was idle: the same origin is tried once more. */
const TRIES_PER_ORIGIN = 2;
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/**
 * Sends a request to the first origin that answers, in order. It is sent again only if no response came and it is
 * resendable; a lost connection is tried once more on the same origin, a late answer only on the next.
 */
export async function forward(
  outgoing: Outgoing,
  order: readonly Origin[],
  pool: Pool,
  clock: () => number,
): Promise<Forwarded> {
  let attempts = 0;
  let kind: "unreachable" | "timeout" = "unreachable";
  for (const origin of order) {
    for (let tries = 0; tries < TRIES_PER_ORIGIN; tries++) {
      attempts++;
      const attempt = await send(outgoing, origin, pool.config.attemptDeadlineMs);
      if (attempt.kind === "response") {
        pool.health.answered(origin.index);
        return { ...attempt, origin, attempts };
      }
      pool.health.failed(origin.index, clock());
      kind = attempt.kind === "timeout" ? "timeout" : "unreachable";
      if (!outgoing.resendable) return { kind, attempts };
      if (kind === "timeout") break;
    }
  }
  return { kind, attempts };
}

async function send(outgoing: Outgoing, origin: Origin, deadlineMs: number): Promise<Attempt> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), deadlineMs);
  try {
    const response = await fetch(origin.base + outgoing.target, {
      method: outgoing.method,
      headers: outgoing.headers,
      body: outgoing.body,
      redirect: "manual",
      signal: deadline.signal,
      ...(outgoing.cacheable ? {} : { cache: "no-store" }),
    });
    if (!isGatewayFault(response)) return { kind: "response", response };
    await response.body?.cancel();
    return { kind: response.status === 524 ? "timeout" : "lost" };
  } catch {
    // A refused connection, a reset and cut headers all read "Network connection lost.": nothing more can be told.
    return { kind: deadline.signal.aborted ? "timeout" : "lost" };
  } finally {
    clearTimeout(timer);
  }
}

/** Where Cloudflare stands between the Worker and an origin, an origin that is down answers by a status of Cloudflare's. */
function isGatewayFault({ status, headers }: Response): boolean {
  return ((status >= 520 && status <= 527) || status === 530) && headers.get("Server") === "cloudflare";
}

/**
 * Whether a request may be sent again: its method is idempotent (RFC 9110 section 9.2.2), it carries `Idempotency-Key`,
 * or the route allows any; and its body is held whole.
 */
export function isResendable(request: Request, retry: "safe" | "any"): boolean {
  return retry === "any" || IDEMPOTENT.has(request.method) || request.headers.has("Idempotency-Key");
}
