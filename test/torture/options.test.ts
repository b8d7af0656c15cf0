/** @quick */
import { describe, expect, it } from "vitest";
import { CONFIGS } from "./configs.ts";
import { type Options, readOptions, USAGE } from "./options.ts";
import { RULES } from "./without/rules.ts";

const read = (...args: string[]) => readOptions(args, () => 77);
const playing = (...args: string[]) => read(...args) as Extract<Options, { kind: "play" }>;

describe("the command's options", () => {
  it("default to every configuration and a drawn seed", () =>
    expect(playing()).toEqual({
      kind: "play",
      parts: CONFIGS.map(({ name }) => ({ config: name, counts: false })),
      schedules: 1_000,
      jobs: 1,
      seed: 77,
      path: undefined,
      json: false,
    }));

  it("are read", () => {
    const given = playing("--schedules", "5", "--seed", "0", "--config", "whole-record", "--path", "3:0:1", "--json");
    expect(given).toMatchObject({ schedules: 5, seed: 0, path: "3:0:1", json: true });
    const shared = playing("--schedules", "7", "--config", "moor-sync", "--config", "moor-off");
    expect(shared).toMatchObject({ schedules: 4 });
    expect(given.parts).toEqual([{ config: "whole-record", counts: false }]);
    expect(playing("--jobs", "2", "--count")).toMatchObject({ jobs: 2, parts: CONFIGS.map(() => ({ counts: true })) });
  });

  it.each([
    [["--schedules", "0"], "--schedules"],
    [["--schedules", "many"], "--schedules"],
    [["--seed", "-1"], "--seed"],
    [["--seed", "2147483648"], "--seed"],
    [["--config", "none"], "--config none"],
    [["--path", "1:2"], "--path needs"],
    [["--seed", "1", "--config", "whole-record", "--path", "1;2"], "--path takes"],
    [["--without", "manners"], "--without manners"],
    [["--without", "settle", "--config", "moor-sync"], "--without goes"],
    [["--without", "settle", "--jobs", "2"], "--without goes"],
    [["--without", "settle", "--seed", "1", "--path", "1"], "--without does not go with --path"],
    [["--jobs", "0"], "--jobs"],
    [["--jobs", "65"], "--jobs"],
    [["--fast"], "--fast"],
    [["more"], "more"],
  ])("%j are a mistake that names what is wrong", (args, named) =>
    expect(read(...args)).toMatchObject({ kind: "mistake", message: expect.stringContaining(named) }),
  );

  it("are listed by --help, with every configuration", () => {
    expect(read("--help")).toEqual({ kind: "help" });
    for (const { name } of CONFIGS) expect(USAGE).toContain(name);
  });

  it("take rules away, with the recorded schedules or with a given number of schedules", () => {
    expect(read("--list-rules")).toEqual({ kind: "rules" });
    const [settle] = RULES.filter(({ name }) => name === "settle");
    const hunt = { kind: "hunt", rules: [settle], schedules: undefined, seed: 77, json: false };
    expect(read("--without", "settle")).toEqual(hunt);
    expect(read("--without", "settle", "--schedules", "9")).toEqual({ ...hunt, schedules: 9 });
    expect(read("--without", "all")).toMatchObject({ rules: RULES });
  });

  it("count the violations without a rule, in its own configuration or in the named configurations", () => {
    const part = { config: "moor-sync-always", without: "settle", counts: true };
    expect(playing("--without", "settle", "--count").parts).toEqual([part]);
    const named = playing("--without", "settle", "--count", "--config", "moor-sync", "--config", "moor-off");
    expect(named.parts.map(({ config }) => config)).toEqual(["moor-sync", "moor-off"]);
  });
});
