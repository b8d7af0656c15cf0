import { describe, expect, it } from "vitest";
import { bestOf, type Found, type Shown } from "../../../src/api/console/session-copies.ts";
import { sessionPage } from "../../../src/api/console/session-page.ts";
import { pool, resolved } from "../../config/configs.ts";
import { T0 } from "../../support/time.ts";

const shown = (version: number, generation = 0): Shown => ({
  version,
  generation,
  bornAt: T0,
  touchedAt: T0,
  idleDeadline: T0 + 60_000,
  absoluteDeadline: T0 + 60_000,
});
const copy = (role: Found["role"], version: number, generation = 0): Found => ({
  store: role,
  role,
  kind: "copy",
  shown: shown(version, generation),
  asOf: T0,
});
const authority = (kind: "ended" | "none" | "away"): Found => {
  const at = { store: "objects", role: "authority" } as const;
  if (kind === "ended") return { ...at, kind, at: undefined, reason: undefined };
  return kind === "none" ? { ...at, kind } : { ...at, kind, why: "silence" };
};

describe("the copy that tells most of a session", () => {
  it.each<[string, Found[], number | undefined]>([
    ["the authority's, whatever others hold", [copy("authority", 2), copy("backup", 3)], 0],
    [
      "the newest that is left while the authority is away",
      [authority("away"), copy("memory", 2), copy("replica", 3)],
      2,
    ],
    ["a copy of the newest generation", [authority("away"), copy("memory", 1, 1), copy("replica", 3)], 1],
    ["a copy of a session that the authority does not know", [authority("none"), copy("backup", 3)], 1],
    ["none, once the authority has ended the session", [authority("ended"), copy("replica", 3)], undefined],
    ["none, where nobody holds it", [authority("away"), { ...authority("none"), role: "replica" }], undefined],
  ])("is %s", (_name, found, at) => expect(bestOf(found)).toBe(at === undefined ? undefined : found[at]));
});

describe("the page of a session", () => {
  const page = (found: Found[]) => {
    const facts = {
      id: "AAAAAAAAAAAAAAAAAAAAAA",
      found,
      pools: [],
      config: resolved({ pools: [pool()] }),
      openSince: {},
    };
    return String(sessionPage(facts, { who: "anna", may: "act", formToken: "f" }, T0)).replace(/<[^>]+>/g, "");
  };

  it.each([
    [
      "away",
      "The authority did not answer, so the session cannot be ended now.",
      "not known whether this copy is current",
    ],
    ["none", "The authority has no such session, so there is nothing to end.", "the authority may have lost it"],
    ["ended", "The session has ended.", "this store has not heard of it yet"],
  ] as const)("tells what a copy is worth whose authority is %s", (kind, state, worth) => {
    const text = page([authority(kind), copy("backup", 3)]);
    expect(text).toContain(state);
    expect(text).toContain(worth);
  });
});
