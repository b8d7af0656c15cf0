import { describe, expect, it } from "vitest";
import type { Closures } from "../../../src/upstream/choose/birth.ts";
import { type ChoiceFacts, createOrder } from "../../../src/upstream/choose/order.ts";
import { pinOf } from "../../../src/upstream/choose/pins.ts";
import { closuresById, type LiveClosure } from "../../../src/upstream/live/pool-state.ts";
import { poolState } from "../../support/pool-states.ts";
import { choiceFacts, poolConfig } from "../../support/pools.ts";
import { at } from "../../support/time.ts";

const IDS = ["a", "b", "c", "d"];
const sessions = Array.from({ length: 200 }, (_, i) => `session-${i}`);

/** The order of a pool about whose origins this is said. */
function pool(said: Record<string, LiveClosure[]> | undefined, config = poolConfig(IDS)) {
  let closures: Closures | undefined = said && closuresById(poolState(said));
  const order = createOrder(config, () => closures);
  return {
    first(session: string, born: number, now: number, given: Partial<ChoiceFacts> = {}) {
      return IDS[order(choiceFacts(session, { bornAt: at(born), ...given }), 3, at(now))[0] as number];
    },
    all: (session: string, born: number, now: number, ejected?: Uint8Array) =>
      order(choiceFacts(session, { bornAt: at(born) }), 4, at(now), ejected).map((index) => IDS[index]),
    say(other: Record<string, LiveClosure[]>) {
      closures = closuresById(poolState(other));
    },
  };
}
const plain = pool(undefined);
const drain = (given: Partial<LiveClosure> = {}): LiveClosure => ({ kind: "drain", from: at(100), ...given });
const firsts = (live: ReturnType<typeof pool>, born: number, now: number) =>
  sessions.map((session) => live.first(session, born, now));
const unchanged = firsts(plain, 0, 0);
const withoutB = sessions.map((session) => plain.all(session, 0, 0).filter((id) => id !== "b")[0]);

describe("draining an origin", () => {
  const live = pool({ b: [drain()] });

  it("moves no session", () => {
    for (const now of [0, 99, 100, 5_000]) expect(firsts(live, 0, now)).toEqual(unchanged);
    expect(firsts(live, 99, 5_000)).toEqual(unchanged);
  });

  it("brings no session that was born since", () => {
    for (const born of [100, 4_000]) expect(firsts(live, born, 5_000)).toEqual(withoutB);
  });

  it("moves only its own when it has ended", () => {
    const ended = pool({ b: [drain({ endsAt: at(900) })] });
    expect(firsts(ended, 0, 899)).toEqual(unchanged);
    expect(firsts(ended, 0, 900)).toEqual(withoutB);
    for (const session of sessions) expect(ended.all(session, 0, 900)).not.toContain("b");
  });
});

describe("new sessions of a pool whose open origins are all ejected", () => {
  it("get an origin that drains, before origins that do not answer", () => {
    const live = pool({ b: [drain()] });
    for (const session of sessions) expect(live.all(session, 200, 200, Uint8Array.of(1, 0, 1, 1))).toEqual(["b"]);
  });

  it("get no origin that all sessions have left", () => {
    const live = pool({ b: [drain({ endsAt: at(150) })] });
    for (const session of sessions) expect(live.all(session, 200, 200, Uint8Array.of(1, 0, 1, 1))).toEqual([]);
  });
});

describe("restoring an origin", () => {
  it("brings only sessions born since", () => {
    const live = pool({ b: [drain({ endsAt: at(900), until: at(2_000) })] });
    expect(firsts(live, 2_000, 3_000)).toEqual(unchanged);
    for (const born of [0, 500, 1_999]) expect(firsts(live, born, 3_000)).toEqual(withoutB);
  });

  it("before its drain has ended leaves it the sessions that it has", () => {
    const live = pool({ b: [drain({ endsAt: at(2_500), until: at(2_000) })] });
    for (const born of [0, 2_000]) expect(firsts(live, born, 3_000)).toEqual(unchanged);
    expect(firsts(live, 500, 3_000)).toEqual(withoutB);
  });

  it("lets it be drained again", () => {
    const live = pool({ b: [drain({ until: at(200) }), drain({ from: at(300) })] });
    for (const born of [0, 200, 299]) expect(firsts(live, born, 1_000)).toEqual(unchanged);
    for (const born of [100, 300]) expect(firsts(live, born, 1_000)).toEqual(withoutB);
  });
});

describe("ejecting an origin", () => {
  const live = pool({ b: [{ kind: "eject", from: at(100), endsAt: at(100) }] });

  it("moves only its own, at its time", () => {
    expect(firsts(live, 0, 99)).toEqual(unchanged);
    for (const born of [0, 100, 200]) expect(firsts(live, born, 200)).toEqual(withoutB);
  });

  it("holds for an origin that a cookie of the application names, unlike a drain", () => {
    const learned = { learned: { value: "x", origin: 1 } };
    expect(live.first("s", 200, 99, learned)).toBe("b");
    expect(live.first("s", 200, 200, learned)).not.toBe("b");
    expect(pool({ b: [drain()] }).first("s", 200, 200, learned)).toBe("b");
  });

  it("holds for backups", () => {
    const config = poolConfig(IDS);
    const backups = { ...config, origins: config.origins.map((origin) => ({ ...origin, backup: origin.id === "b" })) };
    const ejected = pool({ b: [{ kind: "eject", from: at(100), endsAt: at(100) }] }, backups);
    for (const session of sessions) {
      expect(ejected.all(session, 0, 99).at(-1)).toBe("b");
      expect(ejected.all(session, 0, 100)).not.toContain("b");
    }
  });

  it("holds though all others have failed", () => {
    for (const session of sessions) expect(live.all(session, 0, 200, Uint8Array.of(1, 0, 1, 1))).toEqual([]);
  });
});

describe("changes of all origins, or of no origin", () => {
  it("are ignored when no origin would be left for a session", () => {
    const gone = { kind: "eject", from: at(100), endsAt: at(100) } as const;
    const live = pool(Object.fromEntries(IDS.map((id) => [id, [gone]])));
    for (const born of [0, 200]) expect(firsts(live, born, 200)).toEqual(unchanged);
  });

  it("apply in addition to the configuration, and unknown origins do not matter", () => {
    const config = poolConfig(IDS);
    const open = [{ until: new Date(at(50)).toISOString() }];
    const configured = { ...config, origins: config.origins.map((it) => (it.id === "c" ? { ...it, open } : it)) };
    const live = pool({ b: [drain()], z: [drain()], __proto__: [drain()] }, configured);
    expect(new Set(firsts(live, 49, 1_000))).toEqual(new Set(IDS));
    expect(new Set(firsts(live, 50, 1_000))).toEqual(new Set(["a", "b", "d"]));
    expect(new Set(firsts(live, 100, 1_000))).toEqual(new Set(["a", "d"]));
  });

  it("are read anew when they are different", () => {
    const live = pool({ b: [drain()] });
    expect(firsts(live, 500, 1_000)).toEqual(withoutB);
    live.say({ b: [drain({ until: at(400) })] });
    expect(firsts(live, 500, 1_000)).toEqual(unchanged);
  });
});

describe("a session that is pinned to an origin", () => {
  const pinned = { pin: pinOf("shop", "b") };
  const pinnedFirsts = (live: ReturnType<typeof pool>, born: number, now: number) =>
    new Set(sessions.map((session) => live.first(session, born, now, pinned)));

  it("stays while that is draining, even if it was born since", () => {
    const live = pool({ b: [drain({ endsAt: at(900) })] });
    for (const [born, now] of [
      [0, 99],
      [0, 899],
      [200, 899],
    ] as const) {
      expect(pinnedFirsts(live, born, now)).toEqual(new Set(["b"]));
    }
  });

  it("leaves it with all others when that has ended", () => {
    const live = pool({ b: [drain({ endsAt: at(900) })] });
    expect(pinnedFirsts(live, 0, 900)).toEqual(new Set(["a", "c", "d"]));
  });
});
