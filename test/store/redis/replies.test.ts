import { describe, expect, it } from "vitest";
import { backedUpReply, setsReply } from "../../../src/store/redis/replies.ts";

describe("the reply to a backup", () => {
  it.each(["kept", "older", "ended"])("tells the result of the backup, and the journal's length: %s", (kind) => {
    expect(backedUpReply([kind, 3])).toEqual({ kind, journalLength: 3 });
  });

  it.each([null, "kept", 3, [], ["kept"], ["kept", "3"], ["kept", null], ["full", 3], [3, "kept"], ["kept", 3, 3]])(
    "is none: %j",
    (reply) => expect(backedUpReply(reply)).toBeUndefined(),
  );
});

describe("the reply of the pending sets", () => {
  it("tells their numbers", () => expect(setsReply(["0", "63", "7"])).toEqual([0, 63, 7]));

  it.each([null, "1", [1], ["64"], ["-1"], ["1.5"], ["one"], ["1", null]])("is none: %j", (reply) => {
    expect(setsReply(reply)).toBeUndefined();
  });
});
