import { describe, expect, it } from "vitest";
import { ask, isIdle, type Leases, NO_LEASES, release, spend } from "../../src/rows/row-leases.ts";
import { apply } from "../../src/session/apply.ts";
import { changeAt, refTo } from "../support/sessions.ts";
import { T0 } from "../support/time.ts";

const LASTS_MS = 30_000;
const WAITS_MS = 5_000;

/** Asks `afterMs` after the beginning, for a request that waits 5 s from its first question on. */
function asking(leases: Leases, lease: string, afterMs = 0, { since = afterMs, mostWaiting = 4 } = {}) {
  const times = { waitsUntil: T0 + since + WAITS_MS, mostWaiting, now: T0 + afterMs };
  return ask(leases, { lease, waitMs: WAITS_MS, lastsMs: LASTS_MS }, times);
}

describe("the lease of a session in a row", () => {
  it("is given to the first request, and others wait in their order", () => {
    const first = asking(NO_LEASES, "a");
    const second = asking(first.leases, "b", 10);
    const third = asking(second.leases, "c", 20);
    expect([first.kind, second.kind, third.kind]).toEqual(["locked", "waiting", "waiting"]);
    const freed = release(third.leases, "a", T0 + 30);
    expect(asking(freed, "c", 40, { since: 20 }).kind).toBe("waiting");
    expect(asking(freed, "b", 40, { since: 10 }).kind).toBe("locked");
  });

  it("is held by a request that asks again because its answer was lost", () => {
    const { leases } = asking(NO_LEASES, "a");
    expect(asking(leases, "a", 10)).toMatchObject({ kind: "locked", leases });
  });

  it("goes on when its time is over", () => {
    const waiting = asking(asking(NO_LEASES, "a").leases, "b", LASTS_MS - 100);
    expect(waiting.kind).toBe("waiting");
    expect(asking(waiting.leases, "b", LASTS_MS, { since: LASTS_MS - 100 }).kind).toBe("locked");
  });

  it("passes by a waiter that has not asked for a second, because its process is gone", () => {
    const { leases } = asking(asking(NO_LEASES, "a").leases, "gone", 10);
    const behind = asking(leases, "b", 500).leases;
    const freed = release(behind, "a", T0 + 900);
    expect(asking(freed, "b", 1_000, { since: 500 }).kind).toBe("waiting");
    expect(asking(freed, "b", 1_010, { since: 500 }).kind).toBe("locked");
  });

  it("has a bound on the requests that wait for it", () => {
    let { leases } = asking(NO_LEASES, "holder");
    for (const lease of ["a", "b"]) ({ leases } = asking(leases, lease, 0, { mostWaiting: 2 }));
    expect(asking(leases, "c", 0, { mostWaiting: 2 }).kind).toBe("full");
    expect(asking(leases, "b", 10, { since: 0, mostWaiting: 2 }).kind).toBe("waiting");
  });

  it("takes no request into the queue whose time to wait is over", () => {
    const { leases } = asking(NO_LEASES, "a");
    expect(asking(leases, "b", WAITS_MS, { since: 0 }).kind).toBe("full");
  });

  it("leaves nothing in the row once it is given back and no request waits", () => {
    expect(isIdle(release(asking(NO_LEASES, "a").leases, "a", T0))).toBe(true);
    expect(isIdle(asking(NO_LEASES, "a").leases)).toBe(false);
  });

  it("is spent by the change that names it, and by no change after its time", () => {
    const { leases } = asking(NO_LEASES, "a");
    const change = changeAt(T0, { lease: "a" });
    expect(spend(leases, change, undefined, T0 + LASTS_MS - 1)).toMatchObject({ kind: "spent", leases: NO_LEASES });
    expect(spend(leases, change, undefined, T0 + LASTS_MS)).toMatchObject({ kind: "lost" });
    expect(spend(leases, changeAt(T0, { lease: "other" }), undefined, T0)).toMatchObject({ kind: "lost" });
    expect(spend(leases, changeAt(T0, {}), undefined, T0)).toMatchObject({ kind: "spent", leases });
  });

  it("counts as spent by a change that was applied before, and whose answer was lost", () => {
    const { leases } = asking(NO_LEASES, "b");
    const change = changeAt(T0, { lease: "a" });
    const applied = apply(undefined, refTo("s"), change, T0);
    const record = "save" in applied ? applied.save : undefined;
    expect(spend(leases, change, record, T0)).toEqual({ kind: "spent", leases });
  });
});
