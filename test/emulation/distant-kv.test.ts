import { describe, expect, it } from "vitest";
import { createDistantKv, type DistantKvOptions } from "../../emulation/distant-kv.ts";
import { createFaults, type KvFault } from "../../emulation/faults.ts";
import type { KvPutOptions } from "../../emulation/kv-rules.ts";
import { T0 } from "../support/time.ts";
import { faultOf, outcomeAfter, virtualClock } from "./passing-time.ts";

/** The values of `random` for a location where a recent write has arrived, and for a location where it has not. */
const ARRIVED = 0.4;
const UNDER_WAY = 0.5;

/** A namespace with locations `fra` and `syd`. Writes arrive as late as they can until `draws` says otherwise. */
function world(options: Partial<DistantKvOptions> = {}) {
  const clock = virtualClock();
  const draws: number[] = [];
  const faults = createFaults<KvFault>();
  const random = () => draws.shift() ?? UNDER_WAY;
  const kv = createDistantKv({ clock, random, faultOf: faults.faultOf, ...options });
  const [fra, syd] = [kv.at("fra"), kv.at("syd")];
  return {
    clock,
    draws,
    faults,
    fra,
    syd,
    pass: (seconds: number) => clock.run({ until: clock.now() + seconds * 1000 }),
    put: (value: string, at = fra, end: KvPutOptions = {}) => outcomeAfter(clock, 0, at.put("key", value, end)),
    get: (at: typeof fra, cacheTtl = 60) => outcomeAfter(clock, 0, at.get("key", { type: "text", cacheTtl })),
    remove: (at = fra) => outcomeAfter(clock, 0, at.delete("key")),
  };
}

describe("a write", () => {
  it("is seen in its own location within a second, even after a read that came too early", async () => {
    const { put, get, pass, fra } = world();
    await put("new");
    expect(await get(fra)).toBe(null);
    await pass(1);
    expect(await get(fra)).toBe("new");
  });

  it("may be seen at once, anywhere", async () => {
    const { put, get, draws, fra, syd } = world();
    await put("new");
    draws.push(ARRIVED, ARRIVED);
    expect([await get(fra), await get(syd)]).toEqual(["new", "new"]);
  });

  it("may be unseen elsewhere for a minute, and not longer", async () => {
    const { put, get, pass, syd } = world();
    await put("old");
    await pass(60);
    await put("new");
    await pass(59.9);
    expect(await get(syd, 30)).toBe("old");
    await pass(30);
    expect(await get(syd, 30)).toBe("new");
  });

  it("is unseen for longer where the value before has been read a moment ago", async () => {
    const { put, get, pass, syd } = world();
    await put("old");
    await pass(60);
    await put("new");
    await pass(59.9);
    expect(await get(syd, 120)).toBe("old");
    await pass(119.9);
    expect(await get(syd, 120)).toBe("old");
    await pass(0.1);
    expect(await get(syd, 120)).toBe("new");
  });

  it("is unseen as long where there was nothing", async () => {
    const { put, get, pass, syd } = world();
    expect(await get(syd)).toBe(null);
    await put("new");
    await pass(59.9);
    expect(await get(syd)).toBe(null);
    await pass(0.1);
    expect(await get(syd)).toBe("new");
  });

  it("is read from the namespace again in the location where it was made, whatever is cached there", async () => {
    const { put, get, pass, fra, draws } = world();
    expect(await get(fra)).toBe(null);
    await put("new");
    draws.push(ARRIVED);
    expect(await get(fra)).toBe("new");
    await pass(10);
    await put("newer");
    draws.push(ARRIVED);
    expect(await get(fra)).toBe("newer");
  });

  it("may be seen and then not: far away a location may go back in time", async () => {
    const { put, get, pass, draws, syd } = world();
    await put("old");
    await pass(60);
    await put("new");
    draws.push(ARRIVED);
    expect(await get(syd, 30)).toBe("new");
    await pass(30);
    draws.push(UNDER_WAY);
    expect(await get(syd, 30)).toBe("old");
  });

  it("may overtake another", async () => {
    const { put, get, pass, draws, syd } = world();
    await put("first");
    await pass(1);
    await put("second");
    draws.push(UNDER_WAY, UNDER_WAY);
    expect(await get(syd, 30)).toBe(null);
    await pass(30);
    draws.push(ARRIVED);
    expect(await get(syd, 30)).toBe("second");
  });

  it("hides the value that was written before it as soon as it is certain", async () => {
    const { put, get, pass, draws, syd } = world();
    await put("first");
    await pass(1);
    await put("second");
    await pass(60);
    draws.push(ARRIVED, ARRIVED);
    expect(await get(syd)).toBe("second");
  });

  it("takes as long as the options say", async () => {
    const { put, get, pass, fra, syd } = world({ visibleAfterMs: { here: 0, elsewhere: 5_000 } });
    await put("new");
    expect(await get(fra)).toBe("new");
    await pass(4.9);
    expect(await get(syd, 30)).toBe(null);
    await pass(30);
    expect(await get(syd, 30)).toBe("new");
  });

  it("is refused within a second of the previous write, of any kind and from any location", async () => {
    const { put, get, remove, pass, fra, syd } = world();
    await put("first");
    await pass(0.999);
    const tooMany = { type: "Error", own: {} };
    expect(await faultOf(put("second", syd))).toEqual({ ...tooMany, message: "KV PUT failed: 429 Too Many Requests" });
    expect(await faultOf(remove())).toEqual({ ...tooMany, message: "KV DELETE failed: 429 Too Many Requests" });
    await pass(0.001);
    expect(await get(fra)).toBe("first");
    await put("third");
  });

  it("is not refused for a write of another key", async () => {
    const { clock, put, fra } = world();
    await put("one");
    await outcomeAfter(clock, 0, fra.put("other key", "two"));
  });
});

describe("a value", () => {
  it("that is deleted is seen elsewhere for a while", async () => {
    const { put, get, remove, pass, fra, syd } = world();
    await put("value");
    await pass(60);
    await remove();
    expect(await get(syd)).toBe("value");
    await pass(60);
    expect([await get(fra), await get(syd)]).toEqual([null, null]);
  });

  it("is not seen after its end, though it is cached", async () => {
    const { put, get, pass, syd } = world();
    await put("value", syd, { expirationTtl: 60 });
    await pass(1);
    expect(await get(syd, 3_600)).toBe("value");
    await pass(58.9);
    expect(await get(syd, 3_600)).toBe("value");
    await pass(0.1);
    expect(await get(syd, 3_600)).toBe(null);
  });

  it("ends at the second that was given", async () => {
    const { put, get, pass, syd } = world();
    await put("value", syd, { expiration: T0 / 1000 + 90 });
    await pass(89.9);
    expect(await get(syd)).toBe("value");
    await pass(0.1);
    expect(await get(syd)).toBe(null);
  });

  it("does not come back when the value after it has ended", async () => {
    const { put, get, pass, fra } = world();
    await put("old");
    await pass(1);
    await put("new", fra, { expirationTtl: 60 });
    await pass(60);
    expect(await get(fra)).toBe(null);
  });
});

describe("a read", () => {
  it("is cached for a minute if nothing is said", async () => {
    const { clock, get, put, pass, syd } = world();
    expect(await outcomeAfter(clock, 0, syd.get("key"))).toBe(null);
    await put("new");
    await pass(59.9);
    expect(await get(syd, 30)).toBe(null);
    await pass(0.1);
    expect(await get(syd, 30)).toBe("new");
  });

  it("is cached in its own location alone", async () => {
    const { get, put, pass, fra, syd } = world();
    expect(await get(syd, 3_600)).toBe(null);
    await put("new");
    await pass(60);
    expect([await get(fra), await get(syd)]).toEqual(["new", null]);
  });
});

describe("a location", () => {
  it("is as far away as it is", async () => {
    const { clock, fra } = world({ delayMs: (location) => (location === "fra" ? 40 : 0) });
    const written = fra.put("key", "value");
    await expect(outcomeAfter(clock, 79, written)).rejects.toThrow("still under way");
    await outcomeAfter(clock, 1, written);
  });

  it("is told on arrival of a value's fault", async () => {
    const { clock, faults, fra } = world();
    faults.next({ kind: "slow", requestMs: 2_000, responseMs: 0 });
    const written = fra.put("key", "late", { expiration: T0 / 1000 + 61 });
    await expect(outcomeAfter(clock, 2_000, written)).rejects.toThrow("at least 60 seconds in the future");
  });
});

describe("faults", () => {
  it("are errors of the platform", async () => {
    const { clock, faults, fra } = world();
    faults.set({ kind: "down" });
    const plain = { type: "Error", own: {} };
    const told = async (work: Promise<unknown>) => faultOf(outcomeAfter(clock, 0, work));
    expect(await told(fra.get("key"))).toEqual({ ...plain, message: "KV GET failed: 500 Internal Server Error" });
    expect(await told(fra.put("key", "v"))).toEqual({ ...plain, message: "KV PUT failed: 500 Internal Server Error" });
    faults.set({ kind: "request-lost", silent: false });
    expect(await told(fra.get("key"))).toEqual({
      type: "Error",
      message: "Network connection lost.",
      own: { retryable: true },
    });
  });

  it("that lose the response leave the value written", async () => {
    const { faults, put, get, pass, fra } = world();
    faults.next({ kind: "response-lost", silent: false });
    await expect(put("value")).rejects.toThrow("Network connection lost.");
    await pass(1);
    expect(await get(fra)).toBe("value");
  });

  it("are met by the location and the operation that they are switched on for", async () => {
    const { faults, put, get, fra, syd } = world();
    faults.set({ kind: "down" }, { from: "syd", operation: "get" });
    await put("value", syd);
    expect(await get(fra)).toBe(null);
    await expect(get(syd)).rejects.toThrow("500");
  });

  it("of too many writes concern writes alone", async () => {
    const { faults, put, get, remove, pass, fra } = world();
    await put("value");
    await pass(60);
    faults.set({ kind: "429" });
    await expect(put("new")).rejects.toThrow(new Error("KV PUT failed: 429 Too Many Requests"));
    await expect(remove()).rejects.toThrow(new Error("KV DELETE failed: 429 Too Many Requests"));
    expect(await get(fra)).toBe("value");
  });
});
