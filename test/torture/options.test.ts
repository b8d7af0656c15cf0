import { describe, expect, it } from "vitest";
import { CONFIGS } from "./configs.ts";
import { type Options, readOptions, USAGE } from "./options.ts";

const read = (...args: string[]) => readOptions(args, () => 77);
const playing = (...args: string[]) => read(...args) as Extract<Options, { kind: "play" }>;

describe("the command's options", () => {
  it("default to every configuration and a seed that is drawn", () =>
    expect(playing()).toEqual({
      kind: "play",
      configs: CONFIGS,
      schedules: 1_000,
      seed: 77,
      path: undefined,
      json: false,
    }));

  it("are read", () => {
    const given = playing("--schedules", "5", "--seed", "0", "--config", "whole-record", "--path", "3:0:1", "--json");
    expect(given).toMatchObject({ schedules: 5, seed: 0, path: "3:0:1", json: true });
    expect(given.configs.map(({ name }) => name)).toEqual(["whole-record"]);
  });

  it.each([
    [["--schedules", "0"], "--schedules"],
    [["--schedules", "many"], "--schedules"],
    [["--seed", "-1"], "--seed"],
    [["--seed", "2147483648"], "--seed"],
    [["--config", "none"], "--config none"],
    [["--path", "1:2"], "--path needs"],
    [["--seed", "1", "--config", "whole-record", "--path", "1;2"], "--path takes"],
    [["--fast"], "--fast"],
    [["more"], "more"],
  ])("%j are a mistake that names what is wrong", (args, named) =>
    expect(read(...args)).toMatchObject({ kind: "mistake", message: expect.stringContaining(named) }),
  );

  it("are told by --help, every configuration among them", () => {
    expect(read("--help")).toEqual({ kind: "help" });
    for (const { name } of CONFIGS) expect(USAGE).toContain(name);
  });
});
