import type { Schedule } from "../schedule.ts";
import { made, visit } from "./made.ts";
import type { Rule } from "./rule.ts";

/** The clock of the store is thirteen hours ahead. A token may found its session for twelve hours. */
const STORE_IS_AHEAD: Schedule = {
  ...made([0, visit(0, "add")], [7_000, visit(0, "add")]),
  clocks: { edges: [0, 0, 0], authority: 0, redis: 13 * 3_600_000 },
};

/** The rules of an authority on rows. */
export const ROWS: readonly Rule[] = [
  {
    name: "row-is-compared",
    rule: "a row is written only if it has the tag that the writer has seen",
    edits: [
      {
        file: "emulation/rows.ts",
        from: "if (held(name)?.row.tag !== seen) return",
        to: "if (seen === undefined && held(name)) return",
      },
    ],
    config: "moor-rows",
    found: { seed: 1, number: 0 },
  },
  {
    name: "row-keeps-change-ids",
    rule: "a write whose answer was lost is known by the id of its change",
    edits: [
      {
        file: "src/session/apply.ts",
        from: "const repeated = record.recentChanges.find(({ id }) => id === change.id);",
        to: "const repeated = record.recentChanges.find(() => false);",
      },
    ],
    config: "moor-rows",
    found: { seed: 1, number: 1220 },
  },
  {
    name: "row-outlives-tokens",
    rule: "a row is kept for as long as a token could found its session anew",
    edits: [
      {
        file: "src/rows/session-work.ts",
        from: "return Math.max(deadlineOf(record), record.foundingDeadline) + KEPT_LONGER_MS;",
        to: "return record.ended ? record.ended.at : deadlineOf(record) + KEPT_LONGER_MS;",
      },
    ],
    config: "moor-rows",
    found: { seed: 1, number: 0 },
  },
  {
    name: "row-runs-tell-nobody",
    rule: "an attempt tells nobody, because another writer may have moved the row",
    edits: [
      {
        file: "src/rows/session-work.ts",
        from: "replicas: replicas && { name: replicas.name, read: async () => LATER, keep: async () => LATER },",
        to: "replicas,",
      },
    ],
    config: "moor-rows-always",
    found: { seed: 1, number: 62 },
  },
  {
    name: "row-is-vouched-before-the-read",
    rule: "a copy is vouched for at the time before its read left",
    edits: [
      {
        file: "src/rows/row-transactions.ts",
        from: "answer = await work(entries, now);",
        to: "answer = await work(entries, clock());",
      },
    ],
    config: "moor-rows",
    redundant:
      "a call of a store takes a second at most, and a copy answers only five seconds after the token was signed",
  },
  {
    name: "row-by-the-stores-clock",
    rule: "the time until which a row is kept is told by the clock of its store",
    edits: [
      {
        file: "src/rows/row-transactions.ts",
        from: "keepUntil: times.atLeast(keepUntil(entries)),",
        to: "keepUntil: keepUntil(entries),",
      },
    ],
    config: "moor-rows-idle",
    made: STORE_IS_AHEAD,
  },
];
