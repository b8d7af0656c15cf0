import { describe, expect, it } from "vitest";
import { T0 } from "../support/time.ts";
import { Counter, createCounter, FAR_MS, NEAR_MS, objectWorld } from "./objects.ts";
import { faultOf, outcomeAfter } from "./passing-time.ts";

describe("an object", () => {
  it("lives where it was asked for first", async () => {
    const { clock, fra, syd } = objectWorld(createCounter);
    const first = syd.getByName("a");
    expect(await outcomeAfter(clock, 1_000, fra.getByName("a").home())).toBe("syd");
    expect(await outcomeAfter(clock, 1_000, first.home())).toBe("syd");
    expect(await outcomeAfter(clock, 1_000, fra.getByName("b").home())).toBe("fra");
  });

  it("is as far away as its home, there and back", async () => {
    const { clock, fra, syd } = objectWorld(createCounter);
    fra.getByName("a");
    const took = async (call: Promise<unknown>) => {
      const start = clock.now();
      const end = call.then(() => clock.now());
      return (await outcomeAfter(clock, 1_000, end)) - start;
    };
    expect(await took(fra.getByName("a").home())).toBe(2 * NEAR_MS);
    expect(await took(syd.getByName("a").home())).toBe(2 * FAR_MS);
  });

  it("travels each way as long as that way takes", async () => {
    const { clock, fra, syd } = objectWorld(createCounter, (from) => (from === "syd" ? 100 : 1));
    fra.getByName("a");
    const answered = syd.getByName("a").home();
    await expect(outcomeAfter(clock, 100, answered)).rejects.toThrow("still under way");
    expect(await outcomeAfter(clock, 1, answered)).toBe("fra");
  });

  it("is the same for all callers of its name, and a different object for every other name", async () => {
    const { clock, fra, syd } = objectWorld(createCounter);
    const calls = Promise.all([fra.getByName("a").add(1), syd.getByName("a").add(2), fra.getByName("b").add(4)]);
    expect((await outcomeAfter(clock, 1_000, calls)).map(({ inMemory }) => inMemory)).toEqual([1, 3, 4]);
  });

  it("is told its name, and is made by its first call", async () => {
    const made: string[] = [];
    const { clock, fra } = objectWorld((id, storage, context) => {
      made.push(id);
      return new Counter(storage, context);
    });
    const stub = fra.getByName("a");
    expect(made).toEqual([]);
    await outcomeAfter(clock, 1_000, Promise.all([stub.add(1), stub.add(1)]));
    expect(made).toEqual(["a"]);
  });

  it("whose making throws fails the call, and is made anew by the next call", async () => {
    let tries = 0;
    const { clock, fra } = objectWorld((id, storage, context) => {
      if (++tries === 1) throw new RangeError("not yet");
      return createCounter(id, storage, context);
    });
    expect(await faultOf(outcomeAfter(clock, 1_000, fra.getByName("a").add(1)))).toEqual({
      type: "RangeError",
      message: "not yet",
      own: { durableObjectReset: true },
    });
    expect(await outcomeAfter(clock, 1_000, fra.getByName("a").add(1))).toEqual({ inMemory: 1, stored: 1 });
  });

  it("lets no call in between where it awaits nothing but its storage", async () => {
    const log: string[] = [];
    const { clock, fra } = objectWorld((_id, storage) => ({
      async write(name: string) {
        log.push(`${name} begins`);
        await storage.setAlarm(T0 + 3_600_000);
        await storage.deleteAll();
        log.push(`${name} ends`);
      },
    }));
    const stub = fra.getByName("a");
    await outcomeAfter(clock, 1_000, Promise.all([stub.write("one"), stub.write("two")]));
    expect(log).toEqual(["one begins", "one ends", "two begins", "two ends"]);
  });

  it("lets calls in between where it awaits the world", async () => {
    const log: string[] = [];
    const { clock, fra } = objectWorld(() => ({
      async ask(name: string) {
        log.push(`${name} begins`);
        await clock.sleep(10);
        log.push(`${name} ends`);
      },
    }));
    const stub = fra.getByName("a");
    await outcomeAfter(clock, 1_000, Promise.all([stub.ask("one"), stub.ask("two")]));
    expect(log).toEqual(["one begins", "two begins", "one ends", "two ends"]);
  });
});

describe("passed values", () => {
  class Keeper {
    readonly kept: { list: number[] }[] = [];
    keep(value: { list: number[] }) {
      this.kept.push(value);
      return this.kept;
    }
    give(kind: string): unknown {
      return { class: new Keeper(), missing: undefined, bare: Object.create(null) }[kind];
    }
  }
  const world = () => objectWorld(() => new Keeper());

  it("are copied when they are sent, there and back", async () => {
    const { clock, fra } = world();
    const stub = fra.getByName("a");
    const value = { list: [1] };
    const sent = stub.keep(value);
    value.list.push(2);
    const kept = await outcomeAfter(clock, 1_000, sent);
    expect(kept).toEqual([{ list: [1] }]);
    kept[0]!.list.push(3);
    expect(await outcomeAfter(clock, 1_000, stub.keep({ list: [] }))).toEqual([{ list: [1] }, { list: [] }]);
  });

  it("are no instances of a class, neither there nor back, and the stub can still be used", async () => {
    const { clock, fra } = world();
    const stub = fra.getByName("a");
    const back = await faultOf(outcomeAfter(clock, 1_000, stub.give("class")));
    expect(back).toMatchObject({ type: "DOMException", own: { remote: true } });
    const there = stub.keep(new Keeper() as unknown as { list: number[] });
    await expect(outcomeAfter(clock, 1_000, there)).rejects.toThrow('Could not serialize object of type "Keeper".');
    expect(await outcomeAfter(clock, 1_000, stub.give("missing"))).toBeUndefined();
  });
});

describe("an error that an object throws", () => {
  class OwnFault extends Error {
    override readonly name = "OwnFault";
    readonly code = "own";
  }
  const thrown: Record<string, unknown> = {
    own: new OwnFault("mine"),
    type: new TypeError("typed"),
    retryable: Object.assign(new Error("Network connection lost."), { retryable: true }),
    text: "text",
  };
  const world = () =>
    objectWorld(() => ({
      throws(kind: string) {
        throw thrown[kind];
      },
      async rejects(kind: string) {
        throw thrown[kind];
      },
      works: () => true,
    }));

  it.each([
    ["own", { type: "Error", message: "mine", own: { name: "OwnFault", code: "own", remote: true } }],
    ["type", { type: "TypeError", message: "typed", own: { remote: true } }],
    ["retryable", { type: "Error", message: "Network connection lost.", own: { retryable: true, remote: true } }],
    ["text", { type: "Error", message: "text", own: { remote: true } }],
  ])("arrives marked as remote: %s", async (kind, fault) => {
    const { clock, fra } = world();
    const stub = fra.getByName("a");
    expect(await faultOf(outcomeAfter(clock, 1_000, stub.throws(kind)))).toEqual(fault);
    expect(await faultOf(outcomeAfter(clock, 1_000, stub.rejects(kind)))).toEqual(fault);
  });

  it("leaves the stub usable", async () => {
    const { clock, fra } = world();
    const stub = fra.getByName("a");
    await faultOf(outcomeAfter(clock, 1_000, stub.throws("type")));
    expect(await outcomeAfter(clock, 1_000, stub.works())).toBe(true);
  });
});

describe("a stub", () => {
  const world = () => {
    const made = objectWorld(createCounter);
    const stub = made.fra.getByName("a");
    return { ...made, stub: stub as typeof stub & { commitOfNewerCode(): Promise<unknown> } };
  };

  it("has no method that the object lacks", async () => {
    const { clock, stub } = world();
    expect(await faultOf(outcomeAfter(clock, 1_000, stub.commitOfNewerCode()))).toEqual({
      type: "TypeError",
      message: 'The RPC receiver does not implement the method "commitOfNewerCode".',
      own: { remote: true },
    });
  });

  it("has a name and an id, which are no methods", () => {
    const { stub } = world();
    expect([stub.name, stub.id.name]).toEqual(["a", "a"]);
    expect(() => (stub as unknown as { name(): void }).name()).toThrow("name is not a function");
  });

  it("can be awaited", async () => {
    const { stub } = world();
    expect(await stub).toBe(stub);
  });

  it("stays broken after a lost connection, while a fresh stub works", async () => {
    const { clock, faults, fra, stub } = world();
    faults.next({ kind: "down" });
    const lost = { type: "Error", message: "Network connection lost.", own: { retryable: true } };
    expect(await faultOf(outcomeAfter(clock, 1_000, stub.add(1)))).toEqual(lost);
    expect(await faultOf(outcomeAfter(clock, 1_000, stub.add(1)))).toEqual(lost);
    expect(await outcomeAfter(clock, 1_000, fra.getByName("a").add(1))).toEqual({ inMemory: 1, stored: 1 });
  });
});

describe("faults", () => {
  const counted = async (world: ReturnType<typeof objectWorld<Counter>>) => {
    world.faults.clear();
    return (await outcomeAfter(world.clock, 10_000, world.fra.getByName("a").add(0))).stored;
  };

  it.each([
    ["down", 0],
    ["overloaded", 0],
  ] as const)("that refuse change nothing: %s", async (kind, stored) => {
    const world = objectWorld(createCounter);
    world.faults.set({ kind });
    await expect(outcomeAfter(world.clock, 1_000, world.fra.getByName("a").add(1))).rejects.toThrow();
    expect(await counted(world)).toBe(stored);
  });

  it("of an overloaded object are reported as such", async () => {
    const { clock, faults, fra } = objectWorld(createCounter);
    faults.set({ kind: "overloaded" });
    expect(await faultOf(outcomeAfter(clock, 1_000, fra.getByName("a").add(1)))).toEqual({
      type: "Error",
      message: "Durable Object is overloaded. Too many requests queued.",
      own: { overloaded: true, retryable: true },
    });
  });

  it.each([
    ["request-lost", 0],
    ["response-lost", 1],
  ] as const)("on the way look the same, and are not: %s", async (kind, stored) => {
    const world = objectWorld(createCounter);
    world.faults.set({ kind, silent: false });
    const fault = await faultOf(outcomeAfter(world.clock, 1_000, world.fra.getByName("a").add(1)));
    expect(fault).toEqual({ type: "Error", message: "Network connection lost.", own: { retryable: true } });
    expect(await counted(world)).toBe(stored);
  });

  it("that slow a call down have it take effect after its caller has left", async () => {
    const world = objectWorld(createCounter);
    world.faults.next({ kind: "slow", requestMs: 5_000, responseMs: 0 });
    const late = world.fra.getByName("a").add(1);
    await expect(outcomeAfter(world.clock, 3_000, late)).rejects.toThrow("still under way");
    expect((await outcomeAfter(world.clock, 1_000, world.fra.getByName("a").add(0))).stored).toBe(0);
    await world.clock.run();
    expect(await counted(world)).toBe(1);
  });

  it("are met by the location and the method that they are switched on for", async () => {
    const { clock, faults, fra, syd } = objectWorld(createCounter);
    faults.set({ kind: "down" }, { from: "syd", operation: "add" });
    expect(await outcomeAfter(clock, 1_000, fra.getByName("a").add(1))).toMatchObject({ stored: 1 });
    expect(await outcomeAfter(clock, 1_000, syd.getByName("a").home())).toBe("fra");
    await expect(outcomeAfter(clock, 1_000, syd.getByName("a").add(1))).rejects.toThrow("connection lost");
  });
});
