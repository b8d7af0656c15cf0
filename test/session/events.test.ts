import { describe, expect, it } from "vitest";
import type { SessionEvent } from "../../src/config/types.ts";
import { eventsBetween } from "../../src/session/events.ts";
import type { SessionRecord } from "../../src/session/record.ts";
import { copyOf } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";

const record = (given: Partial<SessionRecord> = {}): SessionRecord => {
  const { vouchedAt, journalSeenAt, replicated, mayBeKept, ...view } = copyOf("session-1");
  return { ...view, schema: 1, foundingDeadline: at(7_200), recentChanges: [], ...given };
};
const ended = (given: Partial<SessionRecord> = {}) => record({ ended: { at: T0, reason: "idle" }, ...given });
const kinds = (before: SessionRecord | undefined, after: SessionRecord) =>
  eventsBetween(before, after, T0).map(({ kind }) => kind);

describe("the events between two records", () => {
  it.each<[string, SessionRecord | undefined, SessionRecord, SessionEvent["kind"][]]>([
    ["none before", undefined, record(), ["created"]],
    [
      "none before, and a login",
      undefined,
      record({ generation: 1, principal: "a" }),
      ["created", "rotated", "principal-changed"],
    ],
    ["a patch", record(), record({ version: 2 }), []],
    ["a touch", record(), record({ idleDeadline: at(4_000) }), ["renewed"]],
    ["a rotation", record({ principal: "a" }), record({ generation: 1, principal: "a" }), ["rotated"]],
    [
      "the 21st rotation within an hour",
      record({ generation: 20, rotations: { since: T0, count: 20 } }),
      record({ generation: 21, rotations: { since: T0, count: 21 } }),
      ["rotated", "rotates-often"],
    ],
    [
      "the 22nd rotation within an hour",
      record({ generation: 21, rotations: { since: T0, count: 21 } }),
      record({ generation: 22, rotations: { since: T0, count: 22 } }),
      ["rotated"],
    ],
    ["a login", record(), record({ generation: 1, principal: "a" }), ["rotated", "principal-changed"]],
    ["an end", record({ principal: "a" }), ended(), ["ended"]],
    ["an end after an end", ended(), ended({ version: 9 }), []],
    ["the end of what never was", undefined, ended(), []],
  ])("%s", (_what, before, after, expected) => expect(kinds(before, after)).toEqual(expected));

  it("name the session by its first 8 characters, and an end by its reason", () => {
    expect(eventsBetween(record(), ended(), at(5))).toEqual([
      { kind: "ended", session: "session-", at: at(5), reason: "idle" },
    ]);
  });
});
