import { expect, it } from "vitest";
import { type Choice, chosenAs } from "../../../src/upstream/choose/chosen.ts";

const CHOICE: Choice = {
  index: 0,
  backup: false,
  first: 0,
  learned: undefined,
  pinned: undefined,
  home: () => 0,
  regionOf: () => undefined,
};

it.each<[string, Partial<Choice>, string]>([
  ["the one that affinity chooses, first", {}, "affinity"],
  ["the one after those that did not answer", { index: 1 }, "failover"],
  ["the first, in place of one that is ejected", { home: () => 2 }, "ejected-other"],
  ["the one that the application's cookie tells", { learned: 0, home: () => 2 }, "learned"],
  [
    "the first, when its region has none left",
    { home: () => 2, regionOf: (at) => ["enam", "", "weur"][at] },
    "spilled",
  ],
  ["the first, in place of one of its region", { home: () => 2, regionOf: () => "weur" }, "ejected-other"],
  ["the one where the session was rebuilt", { pinned: 0, home: () => 2 }, "pinned"],
  ["that one, after others that did not answer", { index: 1, pinned: 1 }, "failover"],
  ["another than that, which did not answer", { index: 1, first: 0, learned: 0 }, "failover"],
  ["one that was asked beside another, which was slow", { index: 1, hedged: true }, "hedged"],
  ["a backup, tried first", { backup: true }, "backup"],
  ["a backup, tried last", { index: 2, backup: true }, "backup"],
])("%s", (_what, given, chosen) => expect(chosenAs({ ...CHOICE, ...given })).toBe(chosen));

it("is not looked into while nothing can be ejected but by the choice itself", () => {
  let looks = 0;
  const home = () => {
    looks++;
    return 0;
  };
  for (const given of [{ learned: 0 }, { backup: true }, { index: 1 }]) chosenAs({ ...CHOICE, ...given, home });
  expect(looks).toBe(0);
});
