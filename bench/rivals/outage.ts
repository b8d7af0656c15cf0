import { setTimeout as sleep } from "node:timers/promises";
import type { Outcome, Visitor } from "./visitor.ts";

/** How a load meets an outage. */
export interface OutagePlan {
  /** Requests per second, a fourth of them changes. */
  readonly rate: number;
  /** A request that takes longer has failed. */
  readonly patienceMs: number;
  readonly beforeMs: number;
  readonly duringMs: number;
  /** After what was taken is given back. */
  readonly afterMs: number;
}

/** The effect of an outage on visitors. */
export interface Outage {
  /** Sent from its begin to its end. */
  readonly requests: number;
  /** The requests that were not answered by 200 in time. */
  readonly failed: number;
  /** Answered without what had been acknowledged, at whatever time. */
  readonly forgotten: number;
  /** From the begin of the outage until the last request failed that was sent during it. */
  readonly failingMs: number;
  /** From its end until the last request failed that was sent after it. */
  readonly failingAfterMs: number;
  /** Visitors whose session holds nothing in the end, and acknowledged changes that are missing. */
  readonly lostSessions: number;
  readonly lostChanges: number;
  readonly visitors: number;
}

interface Sent {
  /** Since the outage began. */
  readonly atMs: number;
  readonly outcome: Outcome;
}

const CHANGES_EVERY = 4;
/** Visitors are asked again what they see until they are answered, at most so often. */
const LOOKS = 50;
const LOOK_EVERY_MS = 200;

/**
 * Keeps visitors busy while a store is taken away and, maybe, given back. A visitor has one request at a time; visitors
 * who wait for an answer are passed over.
 */
export async function meetOutage(
  visitors: readonly Visitor[],
  plan: Omit<OutagePlan, "patienceMs">,
  take: () => Promise<void>,
  giveBack: () => Promise<void>,
): Promise<Outage> {
  const load = keepBusy(visitors, plan.rate);
  await sleep(plan.beforeMs);
  const begunAt = performance.now();
  await take();
  // On a busy machine the taking may last longer than the plan.
  await sleep(plan.duringMs);
  const duringMs = performance.now() - begunAt;
  await giveBack();
  await sleep(plan.afterMs);
  const sent: Sent[] = (await load.stop()).map(({ startedAt, outcome }) => ({ atMs: startedAt - begunAt, outcome }));
  const during = sent.filter(({ atMs }) => atMs >= 0 && atMs < duringMs);
  const after = sent.filter(({ atMs }) => atMs >= duringMs);
  const missing = await Promise.all(visitors.map(seen));
  return {
    requests: during.length,
    failed: during.filter(({ outcome }) => outcome === "failed").length,
    forgotten: sent.filter(({ outcome }) => outcome === "forgotten").length,
    failingMs: lastFailure(during),
    failingAfterMs: Math.max(0, lastFailure(after) - duringMs),
    lostSessions: visitors.filter(({ acknowledged }, index) => missing[index]?.length === acknowledged.size).length,
    lostChanges: missing.reduce((sum, { length }) => sum + length, 0),
    visitors: visitors.length,
  };
}

function lastFailure(sent: readonly Sent[]): number {
  return Math.max(0, ...sent.flatMap(({ atMs, outcome }) => (outcome === "failed" ? [atMs] : [])));
}

/** The items that a visitor lacks. */
async function seen(visitor: Visitor): Promise<string[]> {
  for (let look = 0; look < LOOKS; look++) {
    const missing = await visitor.missing();
    if (missing) return missing;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error("a visitor was not answered in the end");
}

/** Requests at an even rate, until it is stopped. */
function keepBusy(visitors: readonly Visitor[], rate: number) {
  const sent: { startedAt: number; outcome: Outcome }[] = [];
  const free = [...visitors];
  const requests: Promise<void>[] = [];
  let count = 0;
  const send = async (visitor: Visitor) => {
    const startedAt = performance.now();
    const outcome = await (++count % CHANGES_EVERY === 0 ? visitor.add() : visitor.look());
    sent.push({ startedAt, outcome });
    free.push(visitor);
  };
  const begunAt = performance.now();
  const timer = setInterval(() => {
    while (count < ((performance.now() - begunAt) / 1000) * rate) {
      const visitor = free.shift();
      if (!visitor) return;
      requests.push(send(visitor));
    }
  }, 5);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(requests);
      return sent;
    },
  };
}
