import { describe, expect, it } from "vitest";
import { createRowsInMemory } from "../../emulation/rows.ts";
import { UncountedFounding } from "../../src/inbound/founding-limit.ts";
import { parseKeyRing } from "../../src/inbound/token/key-ring.ts";
import type { RowStore } from "../../src/row-stores/row-store.ts";
import { createRowTransactions } from "../../src/rows/row-transactions.ts";
import { createFoundingCounter } from "../../src/serve/founding-counter.ts";
import { createSeal } from "../../src/store/seal.ts";

const ring = parseKeyRing(`1:${"A".repeat(43)}`, "MOOR_STORE_KEYS");

/** Two processes that share a store. The clock of the second is ahead by `aheadMs`. */
function processes({ perAddress = 3, perSite = 1_000_000, aheadMs = 0, change = (store: RowStore) => store } = {}) {
  let now = 60_000_000;
  const storeClock = () => now;
  const store = change(createRowsInMemory({ clock: storeClock, freesByItself: true }).store);
  const create = (clock: () => number) => {
    const parts = { store, seal: createSeal(ring), clock, random: () => 0, pause: async () => {}, log: () => {} };
    const { ofAddress, ofSite } = createFoundingCounter(
      { transact: createRowTransactions(parts), ring, clock, random: () => 0 },
      { perAddress, perSite },
    );
    return {
      async limit(of: { key: string }) {
        return (await ofAddress.limit(of)).success ? ofSite.limit({ key: "site" }) : { success: false };
      },
    };
  };
  return { store, first: create(storeClock), second: create(() => now + aheadMs), elapse: (ms: number) => (now += ms) };
}
const asked = async (limiter: { limit(asked: { key: string }): Promise<{ success: boolean }> }, key = "192.0.2.1") =>
  (await limiter.limit({ key })).success;

describe("the limit of new sessions in the store", () => {
  it("counts the clients of one address at all processes together", async () => {
    const { first, second } = processes();
    expect([await asked(first), await asked(second), await asked(first)]).toEqual([true, true, true]);
    expect([await asked(first), await asked(second)]).toEqual([false, false]);
    expect(await asked(first, "192.0.2.2")).toBe(true);
  });

  it("begins anew with the next minute", async () => {
    const { first, elapse } = processes({ perAddress: 1 });
    expect([await asked(first), await asked(first)]).toEqual([true, false]);
    elapse(60_000);
    expect(await asked(first)).toBe(true);
  });

  it("counts on while processes pass into the next minute one after the other", async () => {
    const { first, second, elapse } = processes({ aheadMs: 5_000 });
    elapse(57_000);
    const found = [];
    for (let n = 0; n < 3; n++) found.push(await asked(second), await asked(first));
    expect(found).toEqual([true, true, true, false, false, false]);
    elapse(63_000);
    expect(await asked(first)).toBe(true);
  });

  it("does not let a process whose clock was far ahead use up the limit of the others for long", async () => {
    const { first, second } = processes({ perAddress: 1, aheadMs: 600_000 });
    expect([await asked(second), await asked(first)]).toEqual([true, true]);
  });

  it("limits the whole site, however many addresses a flood has", async () => {
    const { first } = processes({ perSite: 32 });
    const found = [];
    for (let n = 0; n < 4; n++) found.push(await asked(first, `192.0.2.${n}`));
    expect(found).toEqual([true, true, false, false]);
  });

  it("refuses where a flood keeps moving the row, because then it is a flood", async () => {
    const { first } = processes({
      perAddress: 1_000,
      change: (store) => ({
        ...store,
        write: async (name, write) => {
          const other = write.next && { ...write.next, tag: crypto.randomUUID() };
          await store.write(name, { ...write, next: other });
          return store.write(name, write);
        },
      }),
    });
    expect(await asked(first)).toBe(false);
  });

  it("lets nothing be founded that it cannot count, and tells why", async () => {
    const unavailable = async () => ({ kind: "unavailable" as const, cause: new Error("away") });
    const { first } = processes({ change: (store) => ({ ...store, read: unavailable }) });
    const fault = await first.limit({ key: "192.0.2.1" }).catch((cause: unknown) => cause);
    expect(fault).toBeInstanceOf(UncountedFounding);
    expect(fault).toMatchObject({ cause: new Error("away") });
  });

  it("keeps no address of a client in the store", async () => {
    const names: string[] = [];
    const { first } = processes({
      change: (store) => ({
        ...store,
        read: (name) => {
          names.push(name);
          return store.read(name);
        },
      }),
    });
    await asked(first);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => name.includes("192"))).toEqual([]);
  });
});
