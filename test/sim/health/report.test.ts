/** @quick */
import { describe, expect, it } from "vitest";
import { broken, exceeded } from "../../../sim/health/bounds.ts";
import { tablesOf, wordsOf } from "../../../sim/health/report.ts";
import type { Results } from "../../../sim/health/results.ts";
import { SCENARIOS } from "../../../sim/health/scenarios.ts";

const NOTHING: Results = {
  date: "2027-01-01T00:00",
  machine: { cpu: "none", cpus: 1 },
  versions: {},
  scenarios: [],
  deaths: [],
  attacks: [],
  failures: [],
};
const death = { death: "lost", perMinute: 2, isolates: 150, requests: 3_000, failovers: 250, ejected: 140 } as const;
const counts = { lostGets: 0, lostPosts: 24, lostTwice: 0, medianS: 62 };
const attack = {
  drops: "everywhere",
  method: "GET",
  addresses: 20,
  attacks: 200,
  requests: 600,
  sendsEach: 2.35,
} as const;
const harm = { moved: 0, refused: 0, ejections: 0, questions: 70 };

describe("the bounds of Moor", () => {
  it("are exceeded by a greater number, and by a number that is missing", () => {
    expect(exceeded({ moved: 0, sends: 4 }, { moved: 0, sends: 4 })).toEqual([]);
    expect(exceeded({ moved: 3 }, { moved: 0, sends: 4 })).toEqual([
      "moved: found 3, at most 0",
      "sends: found undefined, at most 4",
    ]);
  });

  it("hold for Moor and not for others", () => {
    const [moor, nginx] = (["moor", "nginx"] as const).map((front) => ({
      scenario: "drop",
      front,
      outcome: { refused: 60, moved: 0, sends: 3, ejections: 0 },
    }));
    const scenarios = [moor, nginx, { scenario: "uwsgi", front: "moor", skipped: "no uwsgi" }] as Results["scenarios"];
    expect(broken({ ...NOTHING, scenarios }, SCENARIOS)).toEqual(["drop: refused: found 60, at most 0"]);
  });

  it("hold for simulations", () => {
    const refusedPosts = { ...death, ...counts, death: "refused" } as const;
    expect(broken({ ...NOTHING, deaths: [{ ...death, ...counts }, refusedPosts] }, SCENARIOS)).toEqual([
      "deaths, refused, 2 a minute: POSTs lost: found 24, at most 0",
    ]);
    expect(broken({ ...NOTHING, deaths: [{ ...death, ...counts, lostGets: 1, lostTwice: 2 }] }, SCENARIOS)).toEqual([
      "deaths, lost, 2 a minute: GETs lost: found 1, at most 0",
      "deaths, lost, 2 a minute: isolates that lost more than one POST: found 2, at most 0",
    ]);
    const attacks = [
      { ...attack, ...harm, moved: 1 },
      { ...attack, ...harm, drops: "at-a", moved: 130 },
    ] as const;
    expect(broken({ ...NOTHING, attacks }, SCENARIOS)).toEqual([
      "attacks, everywhere, GET, 20 addresses: moved: found 1, at most 0",
    ]);
  });
});

describe("the report", () => {
  it("tells an outcome in words", () => {
    expect(wordsOf({ sends: 1_400, refused: 0 })).toBe("refused 0; sends 1,400");
  });

  it("shows the scenarios that were played and skipped, and the earlier results", () => {
    const scenarios = [
      { scenario: "drop", front: "moor", outcome: { moved: 0 } },
      { scenario: "drop", front: "nginx", skipped: "no nginx" },
    ] as const;
    const results = { ...NOTHING, scenarios, deaths: [{ ...death, ...counts }] };
    const before = {
      ...NOTHING,
      scenarios: [{ scenario: "drop", front: "moor", outcome: { moved: 41 } }] as const,
      deaths: [{ ...death, ...counts, lostTwice: 3 }],
    };
    const tables = tablesOf(results, SCENARIOS, before);
    expect(tables).toContain("| scenario | Moor at most | Moor before | Moor | nginx |");
    expect(tables).toMatch(
      /^\| `drop`: .* \| refused 0; moved 0; sends 4; ejections 0 \| moved 41 \| moved 0 \| skipped: no nginx \|$/m,
    );
    expect(tables).toContain("| lost | 2 | 3,000 | 0 → 0 | 24 → 24 | 3 → 0 |");
    expect(tables).not.toContain("attacker");
  });
});
