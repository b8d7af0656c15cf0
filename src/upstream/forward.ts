import type { Body } from "./body.ts";
import type { Origin, Pool } from "./pool.ts";

/** A request as it goes to whichever origin answers. */
export interface Outgoing {
  readonly method: string;
  /** Path and query, normalised: what was routed is what is sent. */
  readonly target: string;
  /** The host name that the client asked for, without its port. */
  readonly clientHost: string;
  readonly headers: Headers;
  /** The id of the origin that has served the session last, if that is another than the one at `index`. Default: nobody asks. */
  readonly movedFrom?: ((index: number) => string | undefined) | undefined;
  readonly body: Body;
  /** Whether it may be sent again when no response came. */
  readonly resendable: boolean;
  /** Whether the response may come from a cache or go into one. */
  readonly cacheable: boolean;
  /** How long an attempt may take until the response's headers are there, if its body is no stream. */
  readonly deadlineMs: number;
}

/** What became of a request. `own-origin-unavailable`: of a session that may meet no other. */
export type Forwarded = Sent &
  (
    | { kind: "response"; response: Response; origin: Origin }
    /** `invalid-status`: an origin took the request, and gave it an answer that is none. */
    | { kind: "unreachable" | "timeout" | "invalid-status" | "own-origin-unavailable" }
    /** The client broke off while its request was being read; nothing was sent. */
    | { kind: "incomplete" }
  );

/** What became of a request that no origin has answered. */
export type Failed = Exclude<Forwarded, { kind: "response" }>;

/** How it was sent. */
export interface Sent {
  /** How often. */
  readonly attempts: number;
  /** Whether the health of origins was ignored, as too few are healthy. */
  readonly panic?: true;
  /** `budget`: it would have been sent again, but the pool's retry budget is spent. */
  readonly retry?: "budget";
}

type Attempt = { kind: "response"; response: Response } | { kind: "invalid-status" | "lost" | "timeout" };

/** A lost connection may be one that the origin had closed while it was idle: the same origin is tried once more. */
const TRIES_PER_ORIGIN = 2;
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/**
 * Sends a request to the first origin that answers, in order. It is sent again only if no response came and it is
 * resendable, within the pool's retry budget; a lost connection is tried once more on the same origin, a late answer only on
 * the next. A body that streams may be slow or broken off by its client: it has no deadline, and what becomes of it says
 * nothing of the origin.
 */
export async function forward(
  outgoing: Outgoing,
  order: readonly Origin[],
  pool: Pool,
  clock: () => number,
): Promise<Forwarded> {
  pool.retries.deposit(clock());
  let attempts = 0;
  let kind: "unreachable" | "timeout" = "unreachable";
  for (const origin of order) {
    if (attempts > 0 && hasPassed(origin, order, pool, clock())) continue;
    for (let tries = 0; tries < TRIES_PER_ORIGIN; tries++) {
      if (attempts > 0 && !pool.retries.withdraw(clock())) {
        countAgainst(pool, origin, outgoing, tries, clock());
        return { kind, attempts, retry: "budget" };
      }
      attempts++;
      const attempt = await send(outgoing, origin);
      if (attempt.kind === "response") {
        pool.answered(origin.index, attempt.response, clock(), !outgoing.cacheable);
        return { ...attempt, origin, attempts };
      }
      if (attempt.kind === "invalid-status") return { kind: attempt.kind, attempts };
      kind = attempt.kind === "timeout" ? "timeout" : "unreachable";
      // Parallel requests may each lose an idle connection: the first loss counts once the second try has failed as well.
      if (kind === "unreachable" && tries === 0 && outgoing.resendable && pool.secondTries.isDue(origin.index))
        continue;
      countAgainst(pool, origin, outgoing, tries + 1, clock());
      if (!outgoing.resendable) return { kind, attempts };
      break;
    }
  }
  return { kind, attempts };
}

/** Whether an origin has been ejected since the order was made, and a later one has not. */
function hasPassed(origin: Origin, order: readonly Origin[], pool: Pool, now: number): boolean {
  const later = order.slice(order.indexOf(origin) + 1);
  return pool.isEjected(origin.index, now) && later.some(({ index }) => !pool.isEjected(index, now));
}

/** Counts losses against an origin. What becomes of a body that streams may be its client's doing. */
function countAgainst(pool: Pool, { index }: Origin, { body }: Outgoing, losses: number, now: number): void {
  if (body instanceof ReadableStream) return;
  for (let loss = 0; loss < losses; loss++) pool.health.failed(index, now);
}

async function send(outgoing: Outgoing, origin: Origin): Promise<Attempt> {
  const deadline = new AbortController();
  const timer =
    outgoing.body instanceof ReadableStream ? undefined : setTimeout(() => deadline.abort(), outgoing.deadlineMs);
  try {
    const init: RequestInit = {
      method: outgoing.method,
      headers: headersFor(outgoing, origin),
      body: outgoing.body,
      redirect: "manual",
      signal: deadline.signal,
      ...(outgoing.cacheable ? {} : { cache: "no-store" }),
    };
    const response = await origin.reach(outgoing.target, init, outgoing.clientHost);
    const isFault = isGatewayFault(response);
    if (!isFault && isValid(response)) return { kind: "response", response };
    await response.body?.cancel();
    if (!isFault) return { kind: "invalid-status" };
    return { kind: response.status === 524 ? "timeout" : "lost" };
  } catch {
    // A refused connection, a reset and cut headers all read "Network connection lost.": nothing more can be told.
    return { kind: deadline.signal.aborted ? "timeout" : "lost" };
  } finally {
    if (timer !== undefined) clearTimeout(timer);
  }
}

/** What an origin holds of a session from before may be old, when another has served it since. */
function headersFor({ headers, movedFrom }: Outgoing, { index }: Origin): Headers {
  const from = movedFrom?.(index);
  if (from === undefined) return headers;
  const moved = new Headers(headers);
  moved.set("Moor-Moved", from);
  return moved;
}

/** Whether a response's status is one (RFC 9110 section 15); a Worker can make no other. Nobody but WebSockets switches protocols. */
function isValid(response: Response): boolean {
  const { status, webSocket } = response as { status: number; webSocket?: unknown };
  return status <= 599 && (status !== 101 || Boolean(webSocket));
}

/** Where Cloudflare stands between the Worker and an origin, an origin that is down answers by a status of Cloudflare's. */
function isGatewayFault(response: Response): boolean {
  const { status } = response;
  return ((status >= 520 && status <= 527) || status === 530) && response.headers.get("Server") === "cloudflare";
}

/**
 * Whether a request may be sent again: its method is idempotent (RFC 9110 section 9.2.2), it carries `Idempotency-Key`,
 * or the route allows any; and its body is held whole.
 */
export function isResendable(request: Request, retry: "safe" | "any"): boolean {
  return retry === "any" || IDEMPOTENT.has(request.method) || request.headers.has("Idempotency-Key");
}
