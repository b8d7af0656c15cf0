import { expect, it } from "vitest";
import { createRowsInMemory } from "../../emulation/rows.ts";
import { parseKeyRing } from "../../src/inbound/token/key-ring.ts";
import { createRowTransactions } from "../../src/rows/row-transactions.ts";
import { LEASE_MS, takeCronLease } from "../../src/serve/cron-lease.ts";
import { createSeal } from "../../src/store/seal.ts";

const ring = parseKeyRing(`1:${"A".repeat(43)}`, "MOOR_STORE_KEYS");

/** Processes that share a store, each with a clock of its own. */
function createProcesses() {
  let now = 1_000_000;
  const { store } = createRowsInMemory({ clock: () => now, freesByItself: true });
  const take = async (aheadMs = 0) => {
    const clock = () => now + aheadMs;
    const parts = { store, seal: createSeal(ring), clock, random: () => 0, pause: async () => {}, log: () => {} };
    return (await takeCronLease(createRowTransactions(parts), clock)).kind;
  };
  return { take, elapse: (ms: number) => (now += ms) };
}

it("gives the work of each minute to one process", async () => {
  const { take, elapse } = createProcesses();
  expect(await Promise.all([take(), take(), take()])).toEqual(expect.arrayContaining(["taken", "held", "held"]));
  elapse(60_000);
  expect([await take(), await take()]).toEqual(["taken", "held"]);
});

it("gives it to another process when the holder is gone", async () => {
  const { take, elapse } = createProcesses();
  await take();
  elapse(LEASE_MS - 1);
  expect(await take()).toBe("held");
  elapse(1);
  expect(await take()).toBe("taken");
});

it("does not leave it with a process whose clock is a day ahead", async () => {
  const { take } = createProcesses();
  expect(await take(24 * 60 * 60 * 1000)).toBe("taken");
  expect(await take()).toBe("taken");
});
