import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { VirtualClock } from "../../emulation/clock.ts";
import { createDistantFallback } from "../../emulation/distant-fallback.ts";
import { createFaults, type LinkFault } from "../../emulation/faults.ts";
import { createRedisWorld } from "../../emulation/redis.ts";
import { RedisFault } from "../../src/redis/client.ts";
import type { Fallback } from "../../src/store/fallback-contract.ts";
import { pendingSetOf } from "../../src/store/redis/limits.ts";
import { newId, recordsAt } from "../store/redis/records.ts";
import { outcomeAfter, virtualClock } from "./passing-time.ts";

let clock: VirtualClock;
let restore: () => void;

beforeEach(() => {
  clock = virtualClock();
  restore = clock.install();
});
afterEach(() => restore());

function world() {
  const faults = createFaults<LinkFault>();
  const near = createRedisWorld({ now: clock.now }).fallback;
  const link = { clock, from: "syd", latencyMs: () => 40, faultOf: faults.faultOf };
  const id = newId();
  return { near, far: createDistantFallback(near, link), faults, id, ...recordsAt(clock.now) };
}

const unavailable = (code: "no-answer" | "timeout") => ({ kind: "unavailable", cause: new RedisFault(code) });

describe("Redis far away", () => {
  it("answers as it does nearby, once that has travelled", async () => {
    const { far, near, id, recordOf, entryOf, tombstone } = world();
    const [record, ended, entry] = [recordOf(id), tombstone(id, 2), entryOf(id, { patches: [{ a: 1 }] })];
    const set = pendingSetOf(id);
    const calls: ((redis: Fallback) => Promise<unknown>)[] = [
      (redis) => redis.keep(record),
      (redis) => redis.append(entry),
      (redis) => redis.read(id),
      (redis) => redis.pendingSets(),
      (redis) => redis.pending(set, 0, 10),
      (redis) => redis.takeOver(id, [entry.change.id], ended),
      (redis) => redis.settled(id, entry.change.expiresAt + 86_400_000),
      (redis) => redis.settledSet(set, entry.change.expiresAt + 86_400_000),
    ];
    const nearby = createRedisWorld({ now: clock.now }).fallback;
    for (const call of calls) {
      const answered = call(far);
      await expect(outcomeAfter(clock, 79, answered)).rejects.toThrow("still under way");
      expect(await outcomeAfter(clock, 1, answered)).toEqual(await call(nearby));
    }
    expect(await near.read(id)).toMatchObject({ record: { version: 2 }, entries: [] });
  });

  it.each<[LinkFault, "no-answer" | "timeout", boolean]>([
    [{ kind: "down" }, "no-answer", false],
    [{ kind: "request-lost", silent: false }, "no-answer", false],
    [{ kind: "request-lost", silent: true }, "timeout", false],
    [{ kind: "response-lost", silent: false }, "no-answer", true],
    [{ kind: "response-lost", silent: true }, "timeout", true],
    [{ kind: "slow", requestMs: 5_000, responseMs: 0 }, "timeout", true],
  ])("is unavailable where the link fails, whether it has done the work or not: %j", async (fault, code, isDone) => {
    const { far, near, faults, id, recordOf } = world();
    faults.set(fault);
    const kept = far.keep(recordOf(id));
    if (code === "timeout") await expect(outcomeAfter(clock, 999, kept)).rejects.toThrow("still under way");
    expect(await outcomeAfter(clock, code === "timeout" ? 1 : 80, kept)).toEqual(unavailable(code));
    await clock.run();
    const found = await near.read(id);
    expect("record" in found).toBe(isDone);
  });

  it("is given up after the deadline that was asked for, and not before", async () => {
    const { near, id } = world();
    const far = createDistantFallback(near, { clock, from: "syd", latencyMs: () => 100, deadlineMs: 199 });
    const late = far.read(id);
    await expect(outcomeAfter(clock, 198, late)).rejects.toThrow("still under way");
    expect(await outcomeAfter(clock, 1, late)).toEqual(unavailable("timeout"));
    const inTime = createDistantFallback(near, { clock, from: "syd", latencyMs: () => 100, deadlineMs: 201 });
    expect(await outcomeAfter(clock, 200, inTime.read(id))).toEqual({ kind: "found", entries: [] });
  });

  it("leaves no timer behind", async () => {
    const { far, id } = world();
    await outcomeAfter(clock, 80, far.read(id));
    const now = clock.now();
    await clock.run();
    expect(clock.now()).toBe(now);
  });

  it("fails for the location and the operation that a fault is switched on for", async () => {
    const { far, faults, id } = world();
    faults.set({ kind: "down" }, { from: "fra" });
    faults.set({ kind: "down" }, { operation: "append" });
    expect(await outcomeAfter(clock, 80, far.read(id))).toEqual({ kind: "found", entries: [] });
  });
});
