import { describe, expect, it } from "vitest";
import type { AlarmInfo } from "../../emulation/object-life.ts";
import type { ObjectStorage } from "../../emulation/object-storage.ts";
import { objectWorld } from "./objects.ts";
import { faultOf, outcomeAfter } from "./passing-time.ts";

/** An object that gives its storage to `use`. */
function storageWorld() {
  const uses: ((storage: ObjectStorage) => unknown)[] = [];
  const { clock, fra } = objectWorld((_id, storage) => ({
    use: (index: number) => uses[index]?.(storage),
  }));
  return {
    clock,
    use: (work: (storage: ObjectStorage) => unknown, name = "a") =>
      outcomeAfter(clock, 1_000, fra.getByName(name).use(uses.push(work) - 1)),
  };
}

describe("storage", () => {
  it("gives the value that was put, and nothing for a key that was never put or is deleted", async () => {
    const { use } = storageWorld();
    await use(({ kv }) => kv.put("key", { n: 1 }));
    expect(await use(({ kv }) => [kv.get("key"), kv.get("other")])).toEqual([{ n: 1 }, undefined]);
    expect(await use(({ kv }) => [kv.delete("key"), kv.delete("key"), kv.get("key")])).toEqual([
      true,
      false,
      undefined,
    ]);
  });

  it("shares no object with the callers that put and get", async () => {
    const { use } = storageWorld();
    const value = { list: [1] };
    await use(({ kv }) => {
      kv.put("key", value);
      value.list.push(2);
      kv.get<typeof value>("key")?.list.push(3);
    });
    expect(await use(({ kv }) => kv.get("key"))).toEqual({ list: [1] });
  });

  it("is the object's own", async () => {
    const { use } = storageWorld();
    await use(({ kv }) => kv.put("key", 1), "a");
    expect(await use(({ kv }) => kv.get("key"), "b")).toBeUndefined();
  });

  it("is empty after all has been deleted", async () => {
    const { use } = storageWorld();
    await use(({ kv }) => kv.put("key", 1));
    await use((storage) => storage.deleteAll());
    expect(await use(({ kv }) => kv.get("key"))).toBeUndefined();
  });

  it.each<[string, unknown, unknown]>([
    ["text", "x".repeat(1_999_990), "x".repeat(2_000_000)],
    ["text of wide characters", "ł".repeat(999_990), "ł".repeat(1_000_000)],
    ["bytes", new Uint8Array(1_999_990), new Uint8Array(2_000_000)],
    ["objects", { a: { b: ["x".repeat(1_999_900)] } }, { a: { b: ["x".repeat(1_000_000), "x".repeat(1_000_000)] } }],
    ["many small things", Array(600_000).fill(1), Array(900_000).fill(1)],
    ["numbers of any size", Array(100_000).fill(1e308), Array(250_000).fill(1e308)],
    ["what the key leaves", "x", "x"],
  ])("takes a row of 2 MB and nothing larger: %s", async (what, fits, tooLarge) => {
    const { use } = storageWorld();
    const key = what === "what the key leaves" ? "k".repeat(2_000_000) : "key";
    if (key === "key") await use(({ kv }) => kv.put(key, fits));
    expect(await faultOf(use(({ kv }) => kv.put(key, tooLarge)))).toEqual({
      type: "Error",
      message: "string or blob too big: SQLITE_TOOBIG",
      own: { remote: true },
    });
    expect(await use(({ kv }) => JSON.stringify(kv.get(key))?.length)).toBe(
      key === "key" ? JSON.stringify(fits).length : undefined,
    );
  });
});

describe("an alarm", () => {
  /** An object that does with its alarms as told. */
  function alarmWorld(onAlarm: (storage: ObjectStorage, rung: number) => unknown = () => {}) {
    const rings: (AlarmInfo & { at: number })[] = [];
    const made = objectWorld((_id, storage) => ({
      set: (inMs: number) => storage.setAlarm(start + inMs),
      cancel: () => storage.deleteAll(),
      alarm(info: AlarmInfo) {
        rings.push({ ...info, scheduledTime: info.scheduledTime - start, at: made.clock.now() - start });
        return onAlarm(storage, rings.length);
      },
    }));
    const start = made.clock.now();
    const stub = made.fra.getByName("a");
    return {
      ...made,
      start,
      rings,
      at: () => rings.map(({ at }) => at),
      set: (inMs: number) => outcomeAfter(made.clock, 10, stub.set(inMs)),
      cancel: () => outcomeAfter(made.clock, 10, stub.cancel()),
      pass: () => made.clock.run({ until: made.clock.now() + 3_600_000 }),
    };
  }

  it("rings once, at its time", async () => {
    const { set, pass, rings } = alarmWorld();
    await set(5_000);
    await pass();
    expect(rings).toEqual([{ at: 5_000, scheduledTime: 5_000, retryCount: 0, isRetry: false }]);
  });

  it("rings at once when its time has passed", async () => {
    const { set, pass, at } = alarmWorld();
    await set(-5_000);
    await pass();
    expect(at()).toEqual([5]);
  });

  it.each([
    ["later", 9_000],
    ["sooner", 1_000],
  ])("is one: one that is set %s replaces it", async (_which, then) => {
    const { set, pass, at } = alarmWorld();
    await set(5_000);
    await set(then);
    await pass();
    expect(at()).toEqual([then]);
  });

  it("is deleted with all the rest", async () => {
    const { set, cancel, pass, at } = alarmWorld();
    await set(5_000);
    await cancel();
    await pass();
    expect(at()).toEqual([]);
  });

  it("may set the next", async () => {
    const { set, pass, at, start } = alarmWorld(
      (storage, rung) => rung < 3 && storage.setAlarm(start + 5_000 * (rung + 1)),
    );
    await set(5_000);
    await pass();
    expect(at()).toEqual([5_000, 10_000, 15_000]);
  });

  it("that throws is repeated six times, after 2 s and then twice as long each time", async () => {
    const { set, pass, rings } = alarmWorld(() => {
      throw new Error("again");
    });
    await set(1_000);
    await pass();
    expect(rings.map(({ at, ...info }) => [at, info])).toEqual(
      [1_000, 3_000, 7_000, 15_000, 31_000, 63_000, 127_000].map((at, retryCount) => [
        at,
        { scheduledTime: 1_000, retryCount, isRetry: retryCount > 0 },
      ]),
    );
  });

  it("that throws is not repeated once it has gone well", async () => {
    const { set, pass, at } = alarmWorld(async (_storage, rung) => {
      if (rung === 1) throw new Error("again");
    });
    await set(1_000);
    await pass();
    expect(at()).toEqual([1_000, 3_000]);
  });

  it("that throws after it has set the next gives way to that", async () => {
    const { set, pass, rings, start } = alarmWorld(async (storage, rung) => {
      if (rung > 1) return;
      await storage.setAlarm(start + 1_300);
      throw new Error("again");
    });
    await set(1_000);
    await pass();
    expect(rings.map(({ at, retryCount }) => [at, retryCount])).toEqual([
      [1_000, 0],
      [1_300, 0],
    ]);
  });

  it("is set anew before its repetition in the same way", async () => {
    const { set, pass, at } = alarmWorld((_storage, rung) => {
      if (rung === 1) throw new Error("again");
    });
    await set(100);
    await set(5_000);
    await pass();
    expect(at()).toEqual([5_000, 7_000]);
  });

  it("outlives its instance, and rings in a fresh instance", async () => {
    const { set, pass, at, objects } = alarmWorld();
    await set(5_000);
    objects.reset("a");
    await pass();
    expect(at()).toEqual([5_000]);
  });

  it("is repeated when its instance is reset in the middle", async () => {
    const { set, pass, rings, clock, objects } = alarmWorld((_storage, rung) => rung === 1 && clock.sleep(100));
    await set(1_000);
    clock.setTimeout(() => objects.reset("a"), 1_000);
    await pass();
    expect(rings.map(({ at, isRetry }) => [at, isRetry])).toEqual([
      [1_000, false],
      [3_010, true],
    ]);
  });

  it("that comes due while another rings waits for it", async () => {
    let ringing = 0;
    const { set, pass, at, clock, start } = alarmWorld(async (storage, rung) => {
      expect(++ringing).toBe(1);
      if (rung === 1) await storage.setAlarm(start + 1_100);
      await clock.sleep(500);
      ringing--;
    });
    await set(1_000);
    await pass();
    expect(at()).toEqual([1_000, 1_500]);
  });

  it("is refused a time that is not a time", async () => {
    const { set, start } = alarmWorld();
    await expect(set(-start)).rejects.toThrow("setAlarm() cannot be called with an alarm time <= 0");
  });
});
