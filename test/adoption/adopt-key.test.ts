import { describe, expect, it } from "vitest";
import { readAdoptKey } from "../../src/adoption/adopt-key.ts";

const key = readAdoptKey("A".repeat(43));

describe("the seal of an old session's id", () => {
  it("opens for its application and its session alone, with its key", async () => {
    const sealed = await key.seal("app", "the-old-id", "session-1");
    expect(await key.open("app", sealed, "session-1")).toBe("the-old-id");
    expect(await key.open("shop", sealed, "session-1")).toBeUndefined();
    expect(await key.open("app", sealed, "session-2")).toBeUndefined();
    expect(await readAdoptKey("E".repeat(43)).open("app", sealed, "session-1")).toBeUndefined();
  });

  it("does not open with any other character, and tells nothing of the id", async () => {
    const sealed = await key.seal("app", "the-old-id", "session-1");
    for (let at = 0; at < sealed.length; at++) {
      const other = sealed[at] === "A" ? "B" : "A";
      const forged = sealed.slice(0, at) + other + sealed.slice(at + 1);
      expect(await key.open("app", forged, "session-1"), `character ${at}`).toBeUndefined();
    }
    expect(await key.seal("app", "the-old-id", "session-1")).not.toBe(sealed);
    expect(atob(sealed.replaceAll("-", "+").replaceAll("_", "/"))).not.toContain("old");
  });
});
