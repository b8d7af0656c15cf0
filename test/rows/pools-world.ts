import type { KeyRing } from "../../src/inbound/token/key-ring.ts";
import type { RowStore } from "../../src/row-stores/row-store.ts";
import { PoolEntries } from "../../src/rows/pool-entries.ts";
import { createRowPools, type RowPools } from "../../src/rows/row-pools.ts";
import { createRowTransactions, type Transact } from "../../src/rows/row-transactions.ts";
import { createSeal } from "../../src/store/seal.ts";
import type { PoolGiven } from "../objects/pool/pools.suite.ts";
import { macRing } from "../support/rings.ts";

/** The pools of a process, and its way to the store. */
export interface PoolsProcess {
  readonly pools: RowPools;
  readonly transact: Transact;
}

/** A process that serves pools on the rows of a store. */
export function processOf(
  store: RowStore,
  { clock, log, random = () => 0 }: Pick<PoolGiven, "clock" | "log"> & { readonly random?: () => number },
  ring: KeyRing = macRing(1),
): PoolsProcess {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 0));
  const transact = createRowTransactions({ store, seal: createSeal(ring), clock, random: Math.random, pause, log });
  return { pools: createRowPools({ transact, key: ring[0].id, clock, random, log }), transact };
}

/** When the alarm of a pool is due; `null`: it is not set. */
export async function alarmOf({ transact }: PoolsProcess, pool: string): Promise<number | null> {
  const read = await transact(
    `pool:${pool}`,
    () => 0,
    async (row) => ({ kind: "alarm" as const, at: await new PoolEntries(row).alarms.getAlarm() }),
  );
  return (await known(read)).at;
}

/** The answer of a store that is not away. */
export async function known<Answer extends { kind: string }>(
  answer: Answer | Promise<Answer>,
): Promise<Exclude<Answer, { kind: "unavailable" }>> {
  const found = await answer;
  if (found.kind === "unavailable") throw (found as unknown as { cause: unknown }).cause;
  return found as Exclude<Answer, { kind: "unavailable" }>;
}
