import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LeaseQueue } from "../../../src/objects/session/leases.ts";
import type { Locked } from "../../../src/store/contracts.ts";
import { changeAt, refTo } from "../../support/sessions.ts";
import { T0 } from "../../support/time.ts";

let queue: LeaseQueue;
/** Generations that are no longer served. */
let over: number[] = [];
const begin = () =>
  new LeaseQueue(
    () => Date.now(),
    ({ generation }) => over.includes(generation),
  );

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  vi.setSystemTime(T0);
  over = [];
  queue = begin();
});
afterEach(() => vi.useRealTimers());

/** Asks for the lease, and notes the answer when it comes. */
function ask(lease: string, { waitMs = 5_000, lastsMs = 40_000, generation = 0 } = {}) {
  const asked: { lease: string; came?: Locked } = { lease };
  const locked = queue.take({ lease, waitMs, lastsMs, ref: refTo("s", T0, generation) }).then((came) => {
    asked.came = came;
  });
  return { asked, locked };
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const changeUnder = (lease: string) => changeAt(Date.now(), { lease, patches: [{}] });
const spend = (lease: string) => queue.spend(changeUnder(lease), undefined);

describe("a lease", () => {
  it("is given at once when it is free", async () => {
    const first = ask("a");
    await pass(0);
    expect(first.asked.came).toEqual({ kind: "locked", waitedMs: 0, waiting: 0 });
  });

  it("is given first come, first served, and tells how long was waited and how many wait behind", async () => {
    ask("a");
    const [second, third] = [ask("b"), ask("c")];
    await pass(300);
    expect([second.asked.came, third.asked.came]).toEqual([undefined, undefined]);
    queue.release("a");
    await pass(200);
    expect(second.asked.came).toEqual({ kind: "locked", waitedMs: 300, waiting: 1 });
    expect(third.asked.came).toBe(undefined);
    queue.release("b");
    await pass(0);
    expect(third.asked.came).toEqual({ kind: "locked", waitedMs: 500, waiting: 0 });
  });

  it("is not given to a client for which the session holds nothing, and such a client does not wait for it", async () => {
    over = [0];
    const alone = ask("a");
    await pass(0);
    ask("b", { generation: 1 });
    const behind = ask("c");
    await pass(0);
    expect([alone.asked.came?.kind, behind.asked.came?.kind]).toEqual(["over", "over"]);
    expect(spend("b")).toBe("spent");
  });

  it("ends with its generation, and passes to the next request that asks", async () => {
    ask("a");
    over = [0];
    const next = ask("b", { generation: 1 });
    await pass(0);
    expect(next.asked.came).toEqual({ kind: "locked", waitedMs: 0, waiting: 0 });
    expect(spend("a")).toBe("lost");
  });

  it("passes over requests whose generation the change under it has superseded", async () => {
    ask("a");
    const [older, newer] = [ask("b"), ask("c", { generation: 1 })];
    expect(spend("a")).toBe("spent");
    over = [0];
    await pass(0);
    expect([older.asked.came?.kind, newer.asked.came?.kind]).toEqual(["over", "locked"]);
  });

  it("is not waited for longer than the caller said, and a request that has left is passed over", async () => {
    ask("a");
    const [short, long] = [ask("b", { waitMs: 100 }), ask("c", { waitMs: 1_000 })];
    await pass(100);
    expect(short.asked.came).toEqual({ kind: "timeout", waitedMs: 100, waiting: 1 });
    queue.release("a");
    await pass(0);
    expect(long.asked.came).toMatchObject({ kind: "locked" });
    queue.release("b");
    expect(spend("c")).toBe("spent");
  });

  it("is not waited for at all, if that was said", async () => {
    ask("a");
    const second = ask("b", { waitMs: 0 });
    await pass(0);
    expect(second.asked.came).toEqual({ kind: "timeout", waitedMs: 0, waiting: 0 });
  });

  it("ends by itself, and the next request gets it", async () => {
    ask("a", { lastsMs: 1_000 });
    const second = ask("b");
    await pass(1_000);
    expect(second.asked.came).toMatchObject({ kind: "locked", waitedMs: 1_000 });
    expect(spend("a")).toBe("lost");
    expect(spend("b")).toBe("spent");
  });

  it("is waited for once, and given once, for a call that is repeated", async () => {
    ask("a");
    const repeated = ask("a");
    const [second, again] = [ask("b"), ask("b")];
    await pass(0);
    expect(repeated.asked.came).toMatchObject({ kind: "locked" });
    queue.release("a");
    await pass(0);
    expect([second.asked.came, again.asked.came]).toEqual([
      { kind: "locked", waitedMs: 0, waiting: 0 },
      { kind: "locked", waitedMs: 0, waiting: 0 },
    ]);
  });

  it("is waited for by at most 64 requests; a later request is told so at once", async () => {
    ask("a");
    const waiting = Array.from({ length: 64 }, (_, index) => ask(`w-${index}`));
    const last = ask("last");
    await pass(0);
    expect(last.asked.came).toEqual({ kind: "timeout", waitedMs: 0, waiting: 64 });
    expect(waiting.every(({ asked }) => asked.came === undefined)).toBe(true);
  });
});

describe("a change under a lease", () => {
  it("gives it back, and the next request gets it", async () => {
    ask("a");
    const second = ask("b");
    expect(spend("a")).toBe("spent");
    await pass(0);
    expect(second.asked.came).toMatchObject({ kind: "locked" });
  });

  it("is lost under a lease that is over, that was never given, or that is still waited for", async () => {
    ask("a", { lastsMs: 1_000 });
    ask("b");
    expect(spend("b")).toBe("lost");
    expect(spend("never")).toBe("lost");
    await pass(1_000);
    expect(spend("a")).toBe("lost");
  });

  it("is lost at the instant its lease ends, though no timer has rung yet", () => {
    ask("a", { lastsMs: 1_000 });
    vi.setSystemTime(T0 + 1_000);
    expect(spend("a")).toBe("lost");
  });

  it("is lost in an object that was reset: it has given no lease", () => {
    ask("a");
    queue = begin();
    expect(spend("a")).toBe("lost");
  });

  it("is not lost when it comes again, since its answer was: it was applied", () => {
    ask("a");
    const change = changeUnder("a");
    queue.spend(change, undefined);
    const applied = { recentChanges: [{ id: change.id, expiresAt: 0, generation: 0 }] };
    expect(queue.spend(change, applied as never)).toBe("spent");
  });

  it("needs no lease where it names none", () => {
    ask("a");
    expect(queue.spend(changeAt(T0, {}), undefined)).toBe("spent");
    expect(spend("a")).toBe("spent");
  });
});
