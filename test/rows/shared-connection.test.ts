import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRowsInMemory } from "../../emulation/rows.ts";
import { shareConnection } from "../../src/rows/shared-connection.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Connections to rows in memory, each of which opens with its first call and may open again. */
function counted() {
  const { store } = createRowsInMemory({ clock: Date.now, freesByItself: true });
  const count = { opened: 0, open: 0 };
  const shared = shareConnection(() => {
    let isOpen = false;
    const used = <T>(call: T): T => {
      if (!isOpen) {
        isOpen = true;
        count.opened += 1;
        count.open += 1;
      }
      return call;
    };
    return {
      read: (name) => used(store.read(name)),
      write: (name, write) => used(store.write(name, write)),
      async end() {
        if (isOpen) count.open -= 1;
        isOpen = false;
      },
    };
  });
  const transaction = async (work: () => Promise<unknown> = async () => {}) => {
    const connection = shared.connect();
    await connection.read("row");
    await work();
    await connection.end();
  };
  return { shared, count, transaction };
}

describe("a connection that the transactions of a request share", () => {
  it("opens once for transactions one after the other, and ends with the request", async () => {
    const { shared, count, transaction } = counted();
    for (let nth = 0; nth < 3; nth++) await transaction();
    expect(count).toEqual({ opened: 1, open: 1 });
    await shared.end();
    expect(count).toEqual({ opened: 1, open: 0 });
  });

  it("does not open for a request that calls no store", async () => {
    const { shared, count } = counted();
    await shared.end();
    expect(count).toEqual({ opened: 0, open: 0 });
  });

  it("serves one transaction at a time: a second one beside it has a connection of its own", async () => {
    const { shared, count, transaction } = counted();
    await transaction(() => transaction());
    expect(count).toEqual({ opened: 2, open: 1 });
    await shared.end();
    expect(count.open).toBe(0);
  });

  it("ends only after the transaction that is at work when the request ends", async () => {
    const { shared, count, transaction } = counted();
    await transaction(async () => {
      await shared.end();
      expect(count.open).toBe(1);
    });
    expect(count).toEqual({ opened: 1, open: 0 });
  });

  it("does not outlive the request for work that goes on afterwards", async () => {
    const { shared, count, transaction } = counted();
    await transaction();
    await shared.end();
    await transaction();
    expect(count).toEqual({ opened: 2, open: 0 });
  });

  it("ends while an origin takes long to answer, and opens again for the change", async () => {
    const { shared, count, transaction } = counted();
    await transaction();
    await vi.advanceTimersByTimeAsync(999);
    expect(count.open).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(count.open).toBe(0);
    await transaction();
    expect(count).toEqual({ opened: 2, open: 1 });
    await shared.end();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not end under a transaction that began while it was idle", async () => {
    const { count, transaction } = counted();
    await transaction();
    await vi.advanceTimersByTimeAsync(999);
    await transaction(async () => {
      await vi.advanceTimersByTimeAsync(2_000);
      expect(count).toEqual({ opened: 1, open: 1 });
    });
  });
});
