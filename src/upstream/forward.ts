import { type Outgoing, send } from "./attempt.ts";
import { sendHedged, wellBehind } from "./hedge.ts";
import type { Origin, Pool } from "./pool.ts";

/** What became of a request. `own-origin-unavailable`: of a session that may meet no other. */
export type Forwarded = Sent &
  /** `hedged`: the first origin was slow, and the one that was asked beside it has answered. */
  (
    | { kind: "response"; response: Response; origin: Origin; hedged?: boolean }
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

/** A lost connection may be one that the origin had closed while it was idle: the same origin is tried once more. */
const TRIES_PER_ORIGIN = 2;
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/**
 * Sends a request to the first origin that answers, in order. It is sent again only if no response came and it is
 * resendable, within the pool's retry budget; a lost connection is tried once more on the same origin, a late answer only on
 * the next. One that may be hedged is sent to a second origin when it is slow: that is its retry, and if both fail it goes on to
 * those behind them. A body that streams may be slow or broken off by its client: it has no deadline, and what becomes of it says
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
  let hedge: Origin | undefined;
  for (const origin of order) {
    if (origin === hedge) continue;
    // Others have met meanwhile that it is gone.
    const isPassedOver = attempts > 0 && pool.isEjected(origin.index, clock());
    if (isPassedOver && wellBehind(origin, order, pool, clock()).length > 0) continue;
    for (let tries = 0; tries < TRIES_PER_ORIGIN; tries++) {
      if (attempts > 0 && !pool.retries.withdraw(clock())) {
        countAgainst(pool, origin, outgoing, tries, clock());
        return { kind, attempts, retry: "budget" };
      }
      attempts++;
      const mayHedge = outgoing.hedgeAfterMs !== undefined && !hedge;
      const attempt = mayHedge ? await sendHedged(outgoing, origin, order, pool, clock) : await send(outgoing, origin);
      if (attempt.hedge) {
        hedge = attempt.hedge;
        attempts++;
      }
      if (attempt.kind === "response") {
        const by = (attempt.hedged && hedge) || origin;
        pool.answered(by.index, attempt.response, clock(), !outgoing.cacheable);
        return { ...attempt, origin: by, attempts };
      }
      if (attempt.kind === "invalid-status") return { kind: attempt.kind, attempts };
      kind = attempt.kind === "timeout" ? "timeout" : "unreachable";
      if (attempt.hedge) break;
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

/** Counts losses against an origin. What becomes of a body that streams may be its client's doing. */
function countAgainst(pool: Pool, { index }: Origin, { body }: Outgoing, losses: number, now: number): void {
  if (body instanceof ReadableStream) return;
  for (let loss = 0; loss < losses; loss++) pool.health.failed(index, now);
}

/**
 * Whether a request may be sent again: its method is idempotent (RFC 9110 section 9.2.2), it carries `Idempotency-Key`,
 * or the route allows any; and its body is held whole.
 */
export function isResendable(request: Request, retry: "safe" | "any"): boolean {
  return retry === "any" || IDEMPOTENT.has(request.method) || request.headers.has("Idempotency-Key");
}
