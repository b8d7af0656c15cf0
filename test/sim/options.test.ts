/** @quick */
import { describe, expect, it } from "vitest";
import { readOptions, USAGE } from "../../sim/options.ts";
import { scenarios } from "../../sim/scenarios.ts";

describe("npm run sim", () => {
  it("plays all scenarios for a million sessions, unless it is told otherwise", () => {
    expect(readOptions([])).toEqual({ kind: "run", scenarios, sessions: 1_000_000, docs: "docs" });
    const [, second] = scenarios;
    const asked = readOptions([second?.name ?? "", "--sessions", "500", "--docs", "elsewhere"]);
    expect(asked).toEqual({ kind: "run", scenarios: [second], sessions: 500, docs: "elsewhere" });
  });

  it("lists its scenarios in its help", () => {
    expect(readOptions(["nowhere", "--help"])).toEqual({ kind: "help" });
    for (const { name, about } of scenarios) expect(USAGE).toContain(`${name.padEnd(16)}${about}`);
  });

  it.each([
    [["--sessions", "0"], "--sessions takes a whole number from 1 to 10,000,000"],
    [["--sessions", "many"], "--sessions takes a whole number from 1 to 10,000,000"],
    [["--sessions", "10000001"], "--sessions takes a whole number from 1 to 10,000,000"],
    [["changes", "nowhere"], "nowhere: scenarios are changes,"],
    [["--fast"], "Unknown option '--fast'"],
  ])("refuses %j, and says what it takes", (args, message) => {
    expect(readOptions(args)).toEqual({ kind: "mistake", message: expect.stringContaining(message) });
  });
});
