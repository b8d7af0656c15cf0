/** @quick */
import { describe, expect, it } from "vitest";
import { readOptions, USAGE } from "./options.ts";
import { TARGETS } from "./targets.ts";

const read = (...args: string[]) => readOptions(args, () => 42);

describe("the fuzz command", () => {
  it("takes all targets and a seed that is drawn by default", () => {
    expect(read()).toEqual({ kind: "run", targets: TARGETS, cases: 10_000, seed: 42, path: undefined, json: false });
  });

  it("takes a target, a seed and a path, to make a finding again", () => {
    expect(read("--target", "tokens", "--seed", "7", "--path", "3:0:1", "--json")).toMatchObject({
      targets: [{ name: "tokens" }],
      seed: 7,
      path: "3:0:1",
      json: true,
    });
  });

  it("tells of its targets", () => {
    expect(read("-h")).toEqual({ kind: "help" });
    for (const { name } of TARGETS) expect(USAGE).toContain(name);
  });

  it.each([
    [["--cases", "0"], "--cases takes a whole number from 1 to 1,000,000,000"],
    [["--cases", "many"], "--cases takes a whole number from 1 to 1,000,000,000"],
    [["--seed", "-1"], "--seed"],
    [["--target", "tokn"], "--target tokn: there is no such target; see --help"],
    [["--path", "x"], "--path takes numbers joined by colons"],
    [["--path", "1"], "--path needs --seed and one --target"],
    [["--else"], "--else"],
  ])("refuses %j", (args, message) => {
    const options = read(...args);
    expect(options).toMatchObject({ kind: "mistake", message: expect.stringContaining(message) });
  });
});
