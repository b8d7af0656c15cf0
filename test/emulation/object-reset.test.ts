import { describe, expect, it } from "vitest";
import type { Clock } from "../../emulation/clock.ts";
import type { ObjectStorage } from "../../emulation/object-storage.ts";
import { createCounter, NEAR_MS, objectWorld } from "./objects.ts";
import { faultOf, outcomeAfter } from "./passing-time.ts";

const RESET = {
  type: "Error",
  message: "Durable Object reset because its code was updated.",
  own: { durableObjectReset: true, retryable: true },
};

/** Writes, awaits the world for 50 ms, and writes again. `log` tells the fate of work that was thrown away. */
class Worker {
  readonly #clock: Clock;
  readonly #storage: ObjectStorage;
  readonly #log: unknown[];

  constructor(clock: Clock, storage: ObjectStorage, log: unknown[]) {
    this.#clock = clock;
    this.#storage = storage;
    this.#log = log;
  }

  async work(): Promise<string> {
    this.#storage.kv.put("first", true);
    this.#storage.kv.put("second", true);
    await this.#clock.sleep(50);
    const uses: (() => unknown)[] = [
      () => this.#storage.kv.get("first"),
      () => this.#storage.kv.put("third", true),
      () => this.#storage.kv.delete("first"),
      () => this.#storage.setAlarm(this.#clock.now() + 1),
      () => this.#storage.deleteAll(),
    ];
    for (const use of uses) this.#log.push(await faultOf((async () => use())()));
    return "too late";
  }

  stored(): unknown {
    return ["first", "second", "third"].map((key) => this.#storage.kv.get(key));
  }

  alarm(): void {
    this.#log.push("alarm");
  }
}

function world() {
  const log: unknown[] = [];
  const made = objectWorld((_id, storage): Worker => new Worker(made.clock, storage, log));
  return { ...made, log };
}

describe("an object that is reset", () => {
  it("loses its memory and keeps its storage", async () => {
    const { clock, objects, fra } = objectWorld(createCounter);
    await outcomeAfter(clock, 1_000, fra.getByName("a").add(1));
    objects.reset("a");
    expect(await outcomeAfter(clock, 1_000, fra.getByName("a").add(1))).toEqual({ inMemory: 1, stored: 2 });
  });

  it("fails its calls under way, once that has travelled back", async () => {
    const { clock, objects, fra } = world();
    const calls = Promise.all([faultOf(fra.getByName("a").work()), faultOf(fra.getByName("a").work())]);
    await clock.run({ until: clock.now() + NEAR_MS });
    objects.reset("a");
    await expect(outcomeAfter(clock, NEAR_MS - 1, calls)).rejects.toThrow("still under way");
    expect(await outcomeAfter(clock, 1, calls)).toEqual([RESET, RESET]);
  });

  it("has kept earlier writes, all or nothing between awaits", async () => {
    const { clock, objects, fra } = world();
    const call = fra.getByName("a").work();
    await clock.run({ until: clock.now() + NEAR_MS });
    objects.reset("a");
    await faultOf(outcomeAfter(clock, 1_000, call));
    expect(await outcomeAfter(clock, 1_000, fra.getByName("a").stored())).toEqual([true, true, undefined]);
  });

  it("turns away writes of the earlier instance to its storage", async () => {
    const { clock, objects, fra, log } = world();
    const call = fra.getByName("a").work();
    await clock.run({ until: clock.now() + NEAR_MS });
    objects.reset("a");
    await faultOf(outcomeAfter(clock, 1_000, call));
    expect(log).toEqual(
      Array.from({ length: 5 }, () => ({
        type: "Error",
        message: "The Durable Object's code has been updated, this version can no longer access storage.",
        own: { durableObjectReset: true, retryable: true },
      })),
    );
  });

  it("lets no late answer of the instance of before reach a caller", async () => {
    const { clock, objects, fra } = world();
    const stub = fra.getByName("a");
    const call = stub.work();
    await clock.run({ until: clock.now() + NEAR_MS });
    objects.reset("a");
    expect(await faultOf(outcomeAfter(clock, 1_000, call))).toEqual(RESET);
    expect(await faultOf(outcomeAfter(clock, 1_000, stub.stored())), "the stub").toEqual(RESET);
  });

  it("answers calls that arrive afterwards, and calls whose answer has left", async () => {
    const { clock, objects, fra } = objectWorld(createCounter);
    const left = fra.getByName("a").add(1);
    await clock.run({ until: clock.now() + NEAR_MS });
    const coming = fra.getByName("a").add(1);
    objects.reset("a");
    expect(await outcomeAfter(clock, 1_000, left)).toEqual({ inMemory: 1, stored: 1 });
    expect(await outcomeAfter(clock, 1_000, coming)).toEqual({ inMemory: 1, stored: 2 });
  });

  it("may be an object that has never been called", () => {
    const { objects, fra } = objectWorld(createCounter);
    objects.reset("never seen");
    fra.getByName("a");
    objects.reset("a");
  });

  it("may be all objects, and otherwise only the object that is named", async () => {
    const { clock, objects, fra } = objectWorld(createCounter);
    const inMemory = async () => {
      const calls = Promise.all([fra.getByName("a").add(1), fra.getByName("b").add(1)]);
      return (await outcomeAfter(clock, 1_000, calls)).map((answer) => answer.inMemory);
    };
    expect(await inMemory()).toEqual([1, 1]);
    objects.reset("b");
    expect(await inMemory()).toEqual([2, 1]);
    objects.resetAll();
    expect(await inMemory()).toEqual([1, 1]);
  });
});

describe("the fault of a reset", () => {
  it("has the writes before the first await done, and the call fail", async () => {
    const { clock, faults, fra } = world();
    faults.next({ kind: "reset" });
    expect(await faultOf(outcomeAfter(clock, 1_000, fra.getByName("a").work()))).toEqual(RESET);
    expect(await outcomeAfter(clock, 1_000, fra.getByName("a").stored())).toEqual([true, true, undefined]);
  });

  it("fails a call that awaits nothing as well", async () => {
    const { clock, faults, fra } = objectWorld(createCounter);
    faults.next({ kind: "reset" });
    expect(await faultOf(outcomeAfter(clock, 1_000, fra.getByName("a").add(1)))).toEqual(RESET);
    expect(await outcomeAfter(clock, 1_000, fra.getByName("a").add(1))).toEqual({ inMemory: 1, stored: 2 });
  });
});
