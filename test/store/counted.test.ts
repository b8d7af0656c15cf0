import { describe, expect, it } from "vitest";
import { BreakerOpenError } from "../../src/store/breaker.ts";
import type { Authority, Committed, Lookup } from "../../src/store/contracts.ts";
import { countCalls, noCalls } from "../../src/store/counted.ts";
import { changeAt, copyOf, refTo } from "../support/sessions.ts";
import { T0 } from "../support/time.ts";

const ref = refTo("a");
const change = changeAt(T0, { touch: true });
const authority = (read: Lookup, commit: Committed): Authority => ({
  read: async () => read,
  commit: async () => commit,
  takeOver: async () => ({ kind: "taken-over", seenAt: 0 }),
  name: "object",
});
const answering = authority({ kind: "miss" }, { kind: "committed", copy: copyOf("a") });

describe("calls of stores", () => {
  it("count by kind of store, and give the store's result", async () => {
    const calls = noCalls();
    const counted = countCalls(
      {
        authority: answering,
        replicas: { name: "kv", read: async () => ({ kind: "miss" }), keep: async () => ({ kind: "kept" }) },
        outage: {
          name: "redis",
          read: async () => ({ kind: "miss" }),
          commit: async () => ({ kind: "journaled", asked: true }),
          journaledAt: () => 5,
        },
        locks: {
          lock: async () => ({ kind: "locked", waitedMs: 0, waiting: 0 }),
          unlock: async () => ({ kind: "unlocked" }),
        },
        principals: { reserve: async () => ({ kind: "reserved" }) },
      },
      calls,
    );
    expect(await counted.authority.commit(ref, change)).toMatchObject({ kind: "committed" });
    await counted.locks?.lock(refTo("a"), { lease: "l", waitMs: 1, lastsMs: 1 });
    await counted.locks?.unlock("a", "l");
    expect(await counted.replicas?.read(ref, T0)).toEqual({ kind: "miss" });
    await counted.outage?.commit(ref, change);
    expect(counted.outage?.journaledAt("a")).toBe(5);
    await counted.principals?.reserve("alice", {} as never);
    expect(calls).toEqual({ ...noCalls(), object: 3, principal: 1, kv: 1, redis: 1 });
  });

  it("count a failed call, and neither a call that a breaker has spared the store nor one that only the authority can do", async () => {
    const unavailable = (cause: unknown) => ({ kind: "unavailable" as const, cause });
    const calls = noCalls();
    const spared = new BreakerOpenError("object");
    const failing = countCalls({ authority: authority(unavailable(new Error()), unavailable(spared)) }, calls);
    await failing.authority.read(ref, T0);
    await failing.authority.commit(ref, change);
    const outage = {
      name: "redis",
      read: async () => unavailable(spared),
      commit: async () => unavailable(new Error("login")),
    };
    const counted = countCalls({ authority: answering, outage: { ...outage, journaledAt: () => undefined } }, calls);
    await counted.outage?.read(ref, { version: 0 } as never, T0);
    await counted.outage?.commit(ref, change);
    expect(calls).toEqual({ ...noCalls(), object: 1 });
  });

  it("count while they are under way", () => {
    const calls = noCalls();
    const never = { ...answering, read: () => new Promise<Lookup>(() => {}) };
    void countCalls({ authority: never }, calls).authority.read(ref, T0);
    expect(calls.object).toBe(1);
  });
});
