/** @quick */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Row } from "../../demo/provider/messages.ts";
import { adapterOver, createRows } from "../../demo/provider/rows.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A provider's database, and the adapter of a process that uses it. */
function database() {
  const kept = new Map<string, Row>();
  const process = () => {
    const rows = createRows(kept, async (key, row) => void (row ? kept.set(key, row) : kept.delete(key)));
    const Adapter = adapterOver(rows);
    return { sessions: new Adapter("Session"), codes: new Adapter("AuthorizationCode") };
  };
  return { kept, process };
}

describe("the rows of the provider", () => {
  it("outlive its process: the next process finds them by id and by uid", async () => {
    const { process } = database();
    await process().sessions.upsert("id", { uid: "u", accountId: "alice" }, 60);
    const { sessions, codes } = process();
    expect(await sessions.find("id")).toEqual({ uid: "u", accountId: "alice" });
    expect(await sessions.findByUid("u")).toEqual({ uid: "u", accountId: "alice" });
    expect([await sessions.findByUid("other"), await codes.find("id")]).toEqual([undefined, undefined]);
  });

  it("expire", async () => {
    const { sessions } = database().process();
    await sessions.upsert("id", { uid: "u" }, 60);
    vi.setSystemTime(1_059_999);
    expect(await sessions.find("id")).toBeDefined();
    vi.setSystemTime(1_060_000);
    expect([await sessions.find("id"), await sessions.findByUid("u")]).toEqual([undefined, undefined]);
  });

  it("tell that a code was consumed, and are gone with their grant", async () => {
    const { kept, process } = database();
    const { codes, sessions } = process();
    await codes.upsert("one", { grantId: "g" }, 60);
    await codes.upsert("two", { grantId: "h" }, 60);
    await sessions.upsert("three", { grantId: "g" }, 60);
    await codes.consume("one");
    expect(await codes.find("one")).toEqual({ grantId: "g", consumed: 1_000 });
    await codes.revokeByGrantId("g");
    await codes.destroy("two");
    expect([...kept.keys()]).toEqual(["Session:three"]);
  });
});
