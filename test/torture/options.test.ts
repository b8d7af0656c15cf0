import { describe, expect, it } from "vitest";
import { CONFIGS } from "./configs.ts";
import { type Options, readOptions, USAGE } from "./options.ts";
import { RULES } from "./without/rules.ts";

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
    const shared = playing("--schedules", "7", "--config", "moor-sync", "--config", "moor-off");
    expect(shared).toMatchObject({ schedules: 4 });
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
    [["--without", "manners"], "--without manners"],
    [["--without", "settle", "--config", "moor-sync"], "--without goes"],
    [["--fast"], "--fast"],
    [["more"], "more"],
  ])("%j are a mistake that names what is wrong", (args, named) =>
    expect(read(...args)).toMatchObject({ kind: "mistake", message: expect.stringContaining(named) }),
  );

  it("are told by --help, every configuration among them", () => {
    expect(read("--help")).toEqual({ kind: "help" });
    for (const { name } of CONFIGS) expect(USAGE).toContain(name);
  });

  it("take rules away, by the recorded schedules or as many as are said", () => {
    expect(read("--list-rules")).toEqual({ kind: "rules" });
    const [settle] = RULES.filter(({ name }) => name === "settle");
    const hunt = { kind: "hunt", rules: [settle], schedules: undefined, seed: 77, json: false };
    expect(read("--without", "settle")).toEqual(hunt);
    expect(read("--without", "settle", "--schedules", "9")).toEqual({ ...hunt, schedules: 9 });
    expect(read("--without", "all")).toMatchObject({ rules: RULES });
  });
});
