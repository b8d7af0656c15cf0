import { describe, expect, it } from "vitest";
import { encodeBase64url } from "../../../src/lib/base64url.ts";
import { PENDING_SETS } from "../../../src/store/fallback-contract.ts";
import { backupKey, journalKey, pendingKey, pendingSetOf } from "../../../src/store/redis/limits.ts";

describe("the keys of a session", () => {
  it("are its backup's key and its journal's key, with its id as their one hash tag", () => {
    expect(backupKey("AbC-_09")).toBe("moor:{AbC-_09}:r");
    expect(journalKey("AbC-_09")).toBe("moor:{AbC-_09}:j");
  });
});

describe("the pending sets", () => {
  it("have a key each, without a hash tag", () => {
    expect([pendingKey(0), pendingKey(63)]).toEqual(["moor:pending:0", "moor:pending:63"]);
  });

  it("share the ids evenly", () => {
    const counts = new Array<number>(PENDING_SETS).fill(0);
    for (let first = 0; first < 256; first++) {
      const set = pendingSetOf(encodeBase64url(Uint8Array.of(first, ...new Array<number>(15).fill(first ^ 0x5a))));
      counts[set] = (counts[set] ?? 0) + 1;
    }
    expect(counts).toEqual(new Array(PENDING_SETS).fill(256 / PENDING_SETS));
  });
});
