import type { AskedParts } from "../../lib/asked.ts";
import { clientOf } from "../health/client.ts";
import type { Loss } from "../health/loss-judge.ts";
import type { Origin, Pool } from "../pool.ts";
import { type Attempt, type Outgoing, send } from "./attempt.ts";
import { BODILESS_METHODS } from "./body.ts";

/**
 * Sends a request to an origin. When the origin has not answered after `hedgeAfterMs`, the request is also sent to a
 * second origin, if the retry budget gives a retry. The second origin is the next of the order that is neither ejected
 * nor a backup. The first answer counts. The other copy is aborted, which says nothing about its origin. A copy that
 * fails before the other answers counts against its origin, and is not replaced.
 *
 * @returns the answer, or how the first copy failed.
 */
export async function sendHedged(
  outgoing: Outgoing,
  origin: Origin,
  order: readonly Origin[],
  pool: Pool,
  clock: () => number,
): Promise<Attempt> {
  const losses: Loss[] = [];
  const copyTo = (to: Origin) => {
    const controller = new AbortController();
    const sentAt = clock();
    return { to, controller, sentAt, attempt: send(outgoing, to, sentAt, clock, controller.signal) };
  };
  const first = copyTo(origin);
  const { promise: isDue, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, outgoing.hedgeAfterMs);
  const early = await Promise.race([first.attempt, isDue]);
  clearTimeout(timer);
  if (early) return early;
  const now = clock();
  const hedge = wellBehind(origin, order, pool, now).find(({ backup }) => !backup);
  if (!hedge || !pool.retries.withdraw(clientOf(outgoing.clientIp, outgoing.session), now)) return first.attempt;

  const second = copyTo(hedge);
  const isSecond = await Promise.race([first.attempt.then(() => false), second.attempt.then(() => true)]);
  for (const { to, sentAt, attempt } of isSecond ? [second, first] : [first, second]) {
    const done = await attempt;
    if (done.kind === "response") {
      const hedged = to === hedge;
      (hedged ? first : second).controller.abort();
      return { ...done, hedge, hedged, losses };
    }
    if (done.kind !== "invalid-status") losses.push({ index: to.index, kind: done.kind, sentAt });
  }
  return { ...(await first.attempt), hedge, losses };
}

/** The origins of an order that come after a given origin and are not ejected. */
export function wellBehind(origin: Origin, order: readonly Origin[], pool: Pool, now: number): Origin[] {
  return order.slice(order.indexOf(origin) + 1).filter(({ index }) => !pool.isEjected(index, now));
}

/** Whether two answers to a request are worth the same. Two WebSockets are not. */
export function isHedgeable({ method, headers }: AskedParts): boolean {
  return BODILESS_METHODS.has(method) && !headers.has("Upgrade");
}
