import { setTimeout as sleep } from "node:timers/promises";
import type { Rival } from "./contestants.ts";
import type { Visitor } from "./visitor.ts";

/** Calls to stores per request, by name. */
export type PerRequest = Readonly<Record<string, number>>;

/** The operations that kinds of requests cost a contestant. */
export interface Operations {
  /** Of a visitor who has not come for as long as the pause before was. */
  readonly readAfterPause: PerRequest;
  /** Reads of a visitor who came a moment ago. */
  readonly readAgain: PerRequest;
  readonly change: PerRequest;
}

/** Work after the responses is done once no operation was added for so long. */
const QUIET_MS = 500;
const READS_AGAIN = 3;

/**
 * Counts the operations of requests, of visitors with sessions, one after the other.
 *
 * @throws Error if a request fails.
 */
export async function countOperations(rival: Rival, visitors: readonly Visitor[]): Promise<Operations> {
  const perRequest = async (times: number, request: (visitor: Visitor) => Promise<string>): Promise<PerRequest> => {
    const before = await rival.operations();
    for (let done = 0; done < times; done++) {
      for (const visitor of visitors) {
        const outcome = await request(visitor);
        if (outcome !== "answered") throw new Error(`${rival.name}: a request that was counted is ${outcome}`);
      }
    }
    const made = Object.entries(await settledOperations(rival)).map(
      ([name, calls]) => [name, (calls - (before[name] ?? 0)) / (times * visitors.length)] as const,
    );
    return Object.fromEntries(made.filter(([, calls]) => calls > 0));
  };
  return {
    readAfterPause: await perRequest(1, (visitor) => visitor.look()),
    readAgain: await perRequest(READS_AGAIN, (visitor) => visitor.look()),
    change: await perRequest(1, (visitor) => visitor.add()),
  };
}

async function settledOperations({ operations }: Pick<Rival, "operations">): Promise<Readonly<Record<string, number>>> {
  const sum = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((all, calls) => all + calls, 0);
  for (let before = await operations(); ; ) {
    await sleep(QUIET_MS);
    const now = await operations();
    if (sum(now) === sum(before)) return now;
    before = now;
  }
}
