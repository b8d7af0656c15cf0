import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { realClock } from "../../emulation/clock.ts";
import { TimerQueue } from "../../emulation/timer-queue.ts";
import { T0 } from "../support/time.ts";
import { virtualClock } from "./passing-time.ts";

function recorder() {
  const clock = virtualClock();
  const seen: [what: string, ms: number][] = [];
  return { clock, seen, note: (what: string) => void seen.push([what, clock.now() - T0]) };
}

describe("a virtual clock", () => {
  it("runs timers in order of their time, and moves to each", async () => {
    const { clock, seen, note } = recorder();
    for (const ms of [30, 10, 20]) clock.setTimeout(note, ms, `${ms}`);
    await clock.run();
    expect(seen).toEqual([
      ["10", 10],
      ["20", 20],
      ["30", 30],
    ]);
  });

  it("runs timers of the same time in the order in which they were set", async () => {
    const { clock, seen, note } = recorder();
    for (const name of ["a", "b", "c", "d", "e"]) clock.setTimeout(note, 5, name);
    await clock.run();
    expect(seen.map(([name]) => name)).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("runs timers that timers set, at the same time after the timers that were set before", async () => {
    const { clock, seen, note } = recorder();
    clock.setTimeout(() => {
      note("first");
      clock.setTimeout(note, 0, "nested");
      clock.setTimeout(note, 7, "later");
    }, 5);
    clock.setTimeout(note, 5, "second");
    await clock.run();
    expect(seen).toEqual([
      ["first", 5],
      ["second", 5],
      ["nested", 5],
      ["later", 12],
    ]);
  });

  it("takes no time to be negative, missing or no number", async () => {
    const { clock, seen, note } = recorder();
    clock.setTimeout(note, -5, "negative");
    clock.setTimeout(() => note("missing"));
    clock.setTimeout(note, Number.NaN, "no number");
    await clock.run();
    expect(seen).toEqual([
      ["negative", 0],
      ["missing", 0],
      ["no number", 0],
    ]);
  });

  it("does not run a cancelled timer, even if a timer of the same time cancels it", async () => {
    const { clock, seen, note } = recorder();
    const cancelled = clock.setTimeout(note, 1, "cancelled");
    clock.setTimeout(() => clock.clearTimeout(late), 2);
    const late = clock.setTimeout(note, 2, "late");
    clock.clearTimeout(cancelled);
    clock.clearTimeout(cancelled);
    clock.clearTimeout();
    clock.clearTimeout(null);
    await clock.run();
    expect(seen).toEqual([]);
  });

  it("does not move to the time of a cancelled timer", async () => {
    const { clock } = recorder();
    clock.clearTimeout(clock.setTimeout(() => {}, 1_000));
    await clock.run();
    expect(clock.now()).toBe(T0);
  });

  it("lets everything that waits for no timer happen before the next timer", async () => {
    const { clock, seen, note } = recorder();
    clock.setTimeout(note, 1, "timer");
    void (async () => {
      await clock.sleep(0);
      for (let step = 0; step < 100; step++) await Promise.resolve();
      note("after a hundred steps");
    })();
    await clock.run();
    expect(seen.map(([what]) => what)).toEqual(["after a hundred steps", "timer"]);
  });

  it("sleeps", async () => {
    const { clock, seen, note } = recorder();
    void clock.sleep(20).then(() => note("woke"));
    await clock.run();
    expect(seen).toEqual([["woke", 20]]);
  });

  it("stands still until it is run", async () => {
    const { clock, seen, note } = recorder();
    clock.setTimeout(note, 0, "ran");
    await new Promise((resolve) => setImmediate(resolve));
    expect([clock.now(), seen]).toEqual([T0, []]);
  });

  it("stops at a given time: after the timers of that time, before all others", async () => {
    const { clock, seen, note } = recorder();
    clock.setTimeout(note, 10, "at");
    clock.setTimeout(note, 11, "after");
    await clock.run({ until: T0 + 10 });
    expect(seen).toEqual([["at", 10]]);
    await clock.run();
    expect(seen).toEqual([
      ["at", 10],
      ["after", 11],
    ]);
  });

  it("moves to a given time though no timer is due then, and never back", async () => {
    const { clock } = recorder();
    await clock.run({ until: T0 + 500 });
    expect(clock.now()).toBe(T0 + 500);
    await clock.run({ until: T0 + 100 });
    expect(clock.now()).toBe(T0 + 500);
  });

  it("throws the error that a timer throws", async () => {
    const { clock } = recorder();
    clock.setTimeout(() => {
      throw new Error("in a timer");
    }, 1);
    await expect(clock.run()).rejects.toThrow("in a timer");
  });

  it("stands in for the global timers, and puts them back", async () => {
    const { clock, seen, note } = recorder();
    const real = [globalThis.setTimeout, globalThis.clearTimeout];
    const restore = clock.install();
    try {
      setTimeout(note, 3_600_000, "an hour");
      clearTimeout(setTimeout(note, 1, "cancelled"));
    } finally {
      restore();
    }
    expect([globalThis.setTimeout, globalThis.clearTimeout]).toEqual(real);
    await clock.run();
    expect(seen).toEqual([["an hour", 3_600_000]]);
  });
});

describe("the real clock", () => {
  it("is the platform's", async () => {
    vi.useFakeTimers({ now: T0 });
    try {
      const slept = realClock.sleep(5).then(() => realClock.now());
      await vi.advanceTimersByTimeAsync(5);
      expect(await slept).toBe(T0 + 5);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a queue of timers", () => {
  it("gives them in order of time and then of id, whatever was added when", () => {
    const steps = fc.array(fc.oneof(fc.nat({ max: 9 }), fc.constant("take" as const)), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (taken) => {
        const queue = new TimerQueue();
        const model: { id: number; at: number }[] = [];
        for (const [id, step] of taken.entries()) {
          if (step === "take") {
            queue.removeFirst();
            model.shift();
          } else {
            queue.add({ id, at: step, call: () => {} });
            model.push({ id, at: step });
            model.sort((one, other) => one.at - other.at || one.id - other.id);
          }
          expect(queue.first()?.id).toBe(model[0]?.id);
        }
      }),
    );
  });
});
