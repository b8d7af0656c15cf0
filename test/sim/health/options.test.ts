/** @quick */
import { describe, expect, it } from "vitest";
import { readOptions, USAGE } from "../../../sim/health/options.ts";
import { SCENARIOS, SIMULATIONS } from "../../../sim/health/scenarios.ts";

const names = [...SCENARIOS.map(({ name }) => name), ...Object.keys(SIMULATIONS)];

describe("npm run sim -- health", () => {
  it("plays everything before all fronts by default", () => {
    const fronts = ["moor", "nginx", "haproxy"];
    expect(readOptions([])).toEqual({ kind: "run", only: names, fronts, json: false, save: false });
    expect(readOptions(["--json", "--save"])).toMatchObject({ json: true, save: true });
  });

  it("plays the scenarios and fronts that are named", () => {
    const args = ["--only", "drop", "--only", "deaths", "--front", "nginx"];
    expect(readOptions(args)).toMatchObject({ only: ["drop", "deaths"], fronts: ["nginx"] });
  });

  it("lists everything that it can play in its help", () => {
    expect(readOptions(["--help"])).toEqual({ kind: "help" });
    for (const name of names) expect(USAGE).toMatch(new RegExp(`^ {2}${name} +\\S`, "m"));
    expect(new Set(names).size).toBe(names.length);
  });

  it.each([
    [["--only", "nothing"], '--only: found "nothing", accepted: drop, drop-nginx, '],
    [["--front", "apache"], '--front: found "apache", accepted: moor, nginx, haproxy'],
    [["--save", "--only", "drop"], "--save keeps the results of a full run: leave --only and --front out"],
    [["--save", "--front", "moor"], "--save keeps the results of a full run: leave --only and --front out"],
    [["--fast"], "Unknown option '--fast'"],
    [["drop"], "Unexpected argument 'drop'"],
  ])("refuses %j and says what it accepts", (args, message) => {
    expect(readOptions(args)).toEqual({ kind: "mistake", message: expect.stringContaining(message) });
  });
});
