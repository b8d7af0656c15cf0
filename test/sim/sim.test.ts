import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { runBirths } from "../../sim/births.ts";
import { runChanges } from "../../sim/changes.ts";
import { modulo } from "../../sim/contestants/modulo.ts";
import { maglev, whrw1 } from "../../sim/contestants/moor.ts";
import { ring } from "../../sim/contestants/ring.ts";
import { runLive, runSpread } from "../../sim/live.ts";
import { reportChanges, withTables } from "../../sim/report.ts";
import { scenarios } from "../../sim/scenarios.ts";
import { sessionsOf } from "../../sim/sessions.ts";
import { runSlowStart } from "../../sim/slow-start.ts";
import { runZones } from "../../sim/zones.ts";

const sessions = sessionsOf(5_000, 1);
const outcomes = [whrw1, ring, maglev, modulo].map((it) => ({ name: it.name, outcome: runChanges(it, 10, sessions) }));
const of = (name: string) => outcomes.find((it) => it.name === name)?.outcome as (typeof outcomes)[number]["outcome"];

describe("the simulation", () => {
  it("has session ids as Moor makes them, the same ids every time", () => {
    expect(new Set(sessions).size).toBe(sessions.length);
    expect(sessions[0]).toMatch(/^[\w-]{22}$/);
    expect(sessionsOf(10, 1)).toEqual(sessions.slice(0, 10));
    expect(sessionsOf(10, 2)).not.toEqual(sessions.slice(0, 10));
  });

  it("finds that whrw1 moves the sessions that must move and no others", () => {
    const { kill, add, weight, secondMoves } = of("whrw1");
    expect(kill.moved).toBe(kill.ideal);
    expect([kill.needless, add.needless, weight.needless, secondMoves]).toEqual([0, 0, 0, 0]);
    expect(add.moved / add.ideal).toBeCloseTo(1, 0);
    expect(weight.moved / weight.ideal).toBeCloseTo(1, 0);
  });

  it("finds the sessions that other algorithms move needlessly", () => {
    expect(of("ring, 160 points")).toMatchObject({ kill: { needless: 0 }, secondMoves: 0 });
    expect(of("Maglev, 65,537").kill.needless).toBeGreaterThan(0);
    expect(of("Maglev, 65,537").kill.moved).toBeLessThan(of("Maglev, 65,537").kill.ideal * 1.2);
    expect(of("modulo").kill.moved).toBeGreaterThan(sessions.length * 0.85);
    expect(of("modulo").secondMoves).toBe(of("modulo").kill.needless);
  });

  it("finds that by birth no session moves, and that new sessions go where they should", () => {
    const { newOnAdded, ...rest } = runBirths(10, sessions);
    expect(rest).toEqual({ movedByAdding: 0, movedByDraining: 0, newOnDrained: 0 });
    expect(newOnAdded).toBeGreaterThan(0.8);
    expect(newOnAdded).toBeLessThan(1.2);
  });
});

describe("slow start", () => {
  it("moves no session, and gives the added origin a share that grows by steps", () => {
    const { moved, first, fifth, last } = runSlowStart(10, sessions);
    expect(moved).toBe(0);
    // A tenth of a weight among ten others is 0.1 / 10.1 of the sessions, and a fair share 1 / 11.
    for (const [share, expected] of [
      [first, 11 / 101],
      [fifth, (0.5 * 11) / 10.5],
      [last, 1],
    ] as const) {
      expect(Math.abs(share - expected)).toBeLessThan(0.3);
    }
  });
});

describe("zones", () => {
  it("move the sessions of the region that fails and no others, and spread them evenly", () => {
    const { spillPeak, ...rest } = runZones(10, sessions);
    expect(rest).toEqual({ abroad: 0, spilled: 1, movedByFailing: 0, movedByAdding: 0 });
    expect(spillPeak).toBeGreaterThan(1);
    expect(spillPeak).toBeLessThan(1.2);
  });
});

describe("operators at work", () => {
  it("move only the visitors that they must move, once; and isolates that learn of it at different times agree at every moment", async () => {
    const { knowing, newOnDrainedCutOff, peak, newOnRestored, ...rest } = await runLive(10, sessions);
    expect(rest).toEqual({
      apart: 0,
      movedByDraining: 0,
      newOnDrained: 0,
      newOnDrainedMended: 0,
      movedByEnding: 1,
      movedByRestoring: 0,
      movedByEjecting: 1,
      needless: 0,
      secondMoves: 0,
    });
    // Otherwise the simulation would have tested nothing.
    expect(knowing).toBeGreaterThan(0);
    expect(knowing).toBeLessThan(1);
    for (const share of [newOnDrainedCutOff, newOnRestored]) expect(Math.abs(share - 1)).toBeLessThan(0.3);
    expect(peak).toBeGreaterThan(1);
    expect(peak).toBeLessThan(1.3);
  });

  it("have isolates disagree for two minutes when they name no time, and never when they do", async () => {
    const { seconds, atOnce, named } = await runSpread(sessions);
    expect(new Set(named)).toEqual(new Set([0]));
    expect(Math.max(...atOnce)).toBeGreaterThan(0.2);
    expect(atOnce.filter((share, nth) => share > 0 && (seconds[nth] as number) > 120)).toEqual([]);
  });
});

describe("its report", () => {
  const few = sessions.slice(0, 600);
  const bySize = outcomes.map(({ name, outcome }) => ({ name, bySize: [outcome] }));
  const { tables, plots } = reportChanges([10], sessions.length, bySize);

  it("fills the marks of a page, and only those marks, however often", () => {
    const page =
      "before\n<!-- sim:kill -->\nstale numbers\n<!-- /sim -->\nbetween\n<!-- sim:births -->\nothers\n<!-- /sim -->\nafter\n";
    const { kill = "" } = tables;
    const filled = withTables(page, { kill });
    expect(filled).toContain("| whrw1 | 1.00, 0 % |");
    expect(filled).not.toContain("stale numbers");
    expect(filled).toMatch(/^before\n.*\nbetween\n<!-- sim:births -->\nothers\n<!-- \/sim -->\nafter\n$/s);
    expect(withTables(filled, { kill })).toBe(filled);
    expect(() => withTables("<!-- sim:other -->\n<!-- /sim -->", { kill })).toThrow('the table "kill"');
  });

  it("has a table for every mark of docs/explanation/affinity.md, and a plot for every picture", async () => {
    const page = await readFile("docs/explanation/affinity.md", "utf8");
    const played = await Promise.all(scenarios.map((scenario) => scenario.play([10], few, () => {})));
    const namesOf = (all: "tables" | "plots") => played.flatMap((report) => Object.keys(report[all])).sort();
    const marks = Array.from(page.matchAll(/<!-- sim:(\w+) -->/g), ([, name]) => name);
    expect([...marks].sort()).toEqual(namesOf("tables"));
    const pictures = Array.from(page.matchAll(/\(affinity\/([\w.]+)\)/g), ([, name]) => name);
    expect([...pictures].sort()).toEqual(namesOf("plots"));
    for (const svg of played.flatMap((report) => Object.values(report.plots))) expect(svg).not.toContain("NaN");
  });

  it("draws a line for each algorithm", () => {
    for (const svg of Object.values(plots)) {
      expect(svg.match(/stroke-width="2"/g)).toHaveLength(outcomes.length);
    }
  });
});
