import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { REGIONS, type Region } from "../../src/config/regions.ts";
import type { ResolvedOrigin } from "../../src/config/resolved.ts";
import { regionOf } from "../../src/inbound/arrival.ts";
import { createOrder } from "../../src/upstream/choose/order.ts";
import { pinOf } from "../../src/upstream/choose/pins.ts";
import { choiceFacts, poolConfig } from "../support/pools.ts";
import { at, T0 } from "../support/time.ts";

const sessions = Array.from({ length: 4_000 }, (_, i) => `session-${i}`);
const numberOf = (region: Region | undefined) => (region ? REGIONS.indexOf(region) + 1 : 0);

type Zones = Record<string, Partial<ResolvedOrigin>>;

/** The origins that serve sessions of a pool first. */
function pool(zones: Zones) {
  const ids = Object.keys(zones);
  const plain = poolConfig(ids);
  const order = createOrder({ ...plain, origins: plain.origins.map((it) => ({ ...it, ...zones[it.id] })) });
  return (
    session: string,
    home: Region | undefined,
    { ejected = [], born = 0, pin = 0 }: { ejected?: string[]; born?: number; pin?: number } = {},
  ) => {
    const flags = Uint8Array.from(ids, (id) => (ejected.includes(id) ? 1 : 0));
    const facts = choiceFacts(session, { home: numberOf(home), bornAt: at(born), pin });
    return order(facts, 3, T0, ejected.length > 0 ? flags : undefined).map((index) => ids[index] as string);
  };
}

const EU: Zones = { eu1: { region: "weur" }, eu2: { region: "weur", weight: 3 } };
const US: Zones = { us1: { region: "enam" }, us2: { region: "enam", weight: 2 }, us3: { region: "enam" } };
const ASIA: Zones = { as1: { region: "apac" }, as2: { region: "apac" } };
const world = { ...EU, ...US, ...ASIA };

/** How many sessions each origin serves. */
function countsOf(firsts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const id of firsts) counts[id] = (counts[id] ?? 0) + 1;
  return counts;
}

/**
 * Whether counts fit shares by weight, except for chance. It is a chi-square test that refuses results of 0.1 % and
 * rarer.
 */
function expectShares(counts: Record<string, number>, weights: Record<string, number>): void {
  const CRITICAL = [0, 10.83, 13.82, 16.27, 18.47, 20.52];
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const weight = Object.values(weights).reduce((sum, each) => sum + each, 0);
  const chi = Object.entries(weights).reduce((sum, [id, each]) => {
    const expected = (all * each) / weight;
    return sum + ((counts[id] ?? 0) - expected) ** 2 / expected;
  }, 0);
  expect(Object.keys(counts).sort()).toEqual(Object.keys(weights).sort());
  expect(chi).toBeLessThan(CRITICAL[Object.keys(weights).length - 1] as number);
}

describe("the regions", () => {
  it("have the numbers that tokens hold", () => {
    const cf = (continent: string, longitude: number) => regionOf({ continent, longitude: String(longitude) });
    expect([cf("NA", -120), cf("NA", -70), cf("SA", 0), cf("EU", 5), cf("EU", 30)]).toEqual(
      (["wnam", "enam", "sam", "weur", "eeur"] as const).map(numberOf),
    );
    expect([cf("AS", 100), cf("OC", 0), cf("AF", 0), cf("AS", 50)]).toEqual(
      (["apac", "oc", "afr", "me"] as const).map(numberOf),
    );
  });
});

describe("a session", () => {
  const order = pool(world);

  it("meets the origins of its region of birth first, each by its weight", () => {
    const firsts = (home: Region) => countsOf(sessions.map((session) => order(session, home)[0] as string));
    expectShares(firsts("weur"), { eu1: 1, eu2: 3 });
    expectShares(firsts("enam"), { us1: 1, us2: 2, us3: 1 });
    expectShares(firsts("apac"), { as1: 1, as2: 1 });
  });

  it("that may be sent to three is sent to another region last: its own may be gone as a whole", () => {
    for (const session of sessions.slice(0, 500)) {
      const [first, second, third] = order(session, "enam");
      expect([first, second].join()).toMatch(/^us\d,us\d$/);
      expect(third).not.toMatch(/^us/);
    }
  });

  it("of a region without origins meets the origins of the nearest region that has some", () => {
    const nearest: [Region, Region][] = [
      ["afr", "weur"],
      ["eeur", "weur"],
      ["me", "weur"],
      ["sam", "enam"],
      ["wnam", "enam"],
      ["oc", "apac"],
    ];
    for (const [home, region] of nearest) {
      for (const session of sessions.slice(0, 100)) expect(order(session, home)[0]).toBe(order(session, region)[0]);
    }
  });

  it("whose region is unknown meets any origin", () => {
    const weights = { eu1: 1, eu2: 3, us1: 1, us2: 2, us3: 1, as1: 1, as2: 1 };
    const counts = countsOf(sessions.map((session) => order(session, undefined)[0] as string));
    expect(Object.keys(counts).sort()).toEqual(Object.keys(weights).sort());
  });

  it("stays in its region while one of its origins is left, and is sent on to other origins last", () => {
    for (const session of sessions.slice(0, 500)) {
      const [first, second, third] = order(session, "weur", { ejected: ["eu2"] });
      expect(first).toBe("eu1");
      expect([second, third]).not.toContain("eu2");
    }
  });

  it("that is pinned elsewhere stays there, as the traveller does whom no place moves", () => {
    expect(order("session-1", "weur", { pin: pinOf("shop", "as1") })[0]).toBe("as1");
  });
});

describe("a region that fails", () => {
  const order = pool(world);
  const spilled = sessions.map((session) => order(session, "weur", { ejected: ["eu1", "eu2"] })[0] as string);

  it("spills over all the others by weight, not over the nearest alone", () => {
    expectShares(countsOf(spilled), { us1: 1, us2: 2, us3: 1, as1: 1, as2: 1 });
  });

  it("spills alike from each of its origins: where a session was says nothing of where it goes", () => {
    for (const from of ["eu1", "eu2"]) {
      const gone = spilled.filter((_, i) => order(sessions[i] as string, "weur")[0] === from);
      expectShares(countsOf(gone), { us1: 1, us2: 2, us3: 1, as1: 1, as2: 1 });
    }
  });

  it("moves no session of the other regions", () => {
    for (const session of sessions) {
      for (const home of ["enam", "apac", "sam", "oc"] as const) {
        expect(order(session, home, { ejected: ["eu1", "eu2"] })[0]).toBe(order(session, home)[0]);
      }
    }
  });
});

describe("a region that is added", () => {
  const time = (seconds: number) => new Date(at(seconds)).toISOString();
  const opened = (zones: Zones) =>
    Object.fromEntries(Object.entries(zones).map(([id, it]) => [id, { ...it, open: [{ from: time(60) }] }]));
  const without = pool({ ...EU, ...US });
  const added = pool({ ...EU, ...US, ...opened(ASIA) });

  it("moves no session that was born before, wherever, not even of that region, and whatever fails", () => {
    const regions = [...REGIONS, undefined];
    const some = fc.record({
      session: fc.constantFrom(...sessions),
      home: fc.constantFrom(...regions),
      ejected: fc.subarray(Object.keys({ ...EU, ...US }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(some, ({ session, home, ejected }) => {
        expect(added(session, home, { born: 59, ejected })).toEqual(without(session, home, { born: 59, ejected }));
      }),
      { numRuns: 500 },
    );
  });

  it("gets the sessions that are born there from then on, and in places that it is nearest to; no other session", () => {
    for (const session of sessions.slice(0, 500)) {
      for (const home of ["apac", "oc"] as const) expect(added(session, home, { born: 60 })[0]).toMatch(/^as/);
      for (const home of ["weur", "enam", "afr"] as const) {
        expect(added(session, home, { born: 60 })[0]).toBe(without(session, home, { born: 60 })[0]);
      }
    }
  });

  it("without births takes exactly the sessions of its zone", () => {
    const plain = pool(world);
    for (const session of sessions.slice(0, 500)) {
      for (const home of REGIONS) {
        const [was, is] = [without(session, home)[0], plain(session, home)[0]];
        if (home === "apac" || home === "oc") expect(is).toMatch(/^as/);
        else expect(is).toBe(was);
      }
    }
  });
});

describe("an origin within a region", () => {
  it("that is lost moves only its own sessions, by weight over the rest of the region", () => {
    const order = pool(world);
    const moved = sessions.filter((session) => order(session, "enam")[0] === "us2");
    for (const session of sessions) {
      const [was, is] = [order(session, "enam")[0], order(session, "enam", { ejected: ["us2"] })[0]];
      if (was !== "us2") expect(is).toBe(was);
    }
    const counts = countsOf(moved.map((session) => order(session, "enam", { ejected: ["us2"] })[0] as string));
    expectShares(counts, { us1: 1, us3: 1 });
  });

  it("that is down or a backup does not count for the region", () => {
    const order = pool({ ...US, eu1: { region: "weur", down: true }, spare: { backup: true } });
    for (const session of sessions.slice(0, 100)) {
      expect(order(session, "weur")).toEqual(order(session, "enam"));
      expect(order(session, "weur", { ejected: ["us1", "us2", "us3"] })).toEqual(["spare"]);
    }
  });
});
