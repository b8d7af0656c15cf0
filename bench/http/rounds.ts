import type { ChildProcess } from "node:child_process";
import type { Order, Seen } from "./load.ts";
import { messageOf } from "./script.ts";

/** Something that answers requests, and the requests that it is measured with. */
export interface Contestant {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  readonly requests: readonly string[];
  /** See {@link Order.isSettled}. Default `false`. */
  readonly isSettled?: boolean;
}

/** How each contestant is measured. */
export interface Rounds extends Slice {
  readonly rounds: number;
  /** On a slow machine there are fewer rounds, at least {@link LEAST_ROUNDS}, so that they end about then. */
  readonly mostSeconds: number;
}

const LEAST_ROUNDS = 3;

/** How long and how hard. */
export type Slice = Pick<Order, "connections" | "warmMs" | "measureMs" | "rate">;

/**
 * Measures contestants in turn, round after round; each round begins with a different contestant. Other work of the
 * machine meets all of them alike. So the ratio of two numbers within a round means something where neither number
 * does.
 *
 * @returns the observations of each contestant, a round after the other.
 * @throws Error when more than a hundredth of a contestant's requests fail: then its numbers are worthless.
 */
export async function measure(
  load: ChildProcess,
  contestants: readonly Contestant[],
  { rounds, mostSeconds, ...slice }: Rounds,
  onRound: (round: number) => void = () => {},
): Promise<Map<string, Seen[]>> {
  const seen = new Map(contestants.map(({ name }) => [name, [] as Seen[]]));
  const endsAt = performance.now() + mostSeconds * 1000;
  for (let round = 0; round < rounds; round++) {
    if (round >= LEAST_ROUNDS && performance.now() > endsAt) break;
    onRound(round);
    for (let turn = 0; turn < contestants.length; turn++) {
      const { name, ...order } = contestants[(round + turn) % contestants.length] as Contestant;
      load.send({ ...slice, ...order } satisfies Order);
      const slicesSeen = await messageOf<Seen>(load);
      if (slicesSeen.failed * 99 > slicesSeen.answered) {
        const rule = order.isSettled ? "; a read that sets a cookie counts as failed" : "";
        throw new Error(`${name}: ${slicesSeen.failed} requests failed, ${slicesSeen.answered} did not${rule}`);
      }
      seen.get(name)?.push(slicesSeen);
    }
  }
  return seen;
}
