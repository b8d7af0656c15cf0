import { describe, expect, it } from "vitest";
import { createReadApplication } from "../../src/adoption/read-application.ts";
import type { OldRead } from "../../src/old-formats/format.ts";

const UNTIL = "2090-01-01T00:00:00Z";
const ASKER = { url: new URL("https://shop.test/"), headers: new Headers(), arrivedAt: 0, region: 1 };

/** The answer about a session that a reader has read. */
function asked(read: OldRead, principal?: string) {
  const entry = { from: "iron-session", cookies: ["shop"], until: UNTIL, graceSeconds: 30, principal } as const;
  const reader = { read: async () => read, end: async () => ({ kind: "done" }) as const };
  return createReadApplication(entry, reader, () => 0).ask(ASKER);
}
const session = (values: Record<string, unknown>): OldRead => ({ kind: "session", values, expiresAt: 5_000 });

describe("a session that Moor reads by itself", () => {
  it("logs nobody in without a path to the principal, whatever its values are called", async () => {
    const heard = await asked(session({ passport: { user: "alice" }, principal: "alice", sub: "alice" }));
    expect(heard).toMatchObject({ kind: "session", attributes: { sub: "alice" } });
    expect(heard).not.toHaveProperty("principal");
    expect(heard).not.toHaveProperty("flaw");
  });

  it("logs in whom the path names, by a text or a whole number", async () => {
    expect(await asked(session({ passport: { user: "alice" } }), "passport.user")).toMatchObject({
      principal: "alice",
    });
    expect(await asked(session({ passport: { user: 7 } }), "passport.user")).toMatchObject({ principal: "7" });
  });

  it.each([[{ user: { id: 7 } }], [{ user: "with a space" }], [{ user: "x".repeat(257) }], [{}]])(
    "is adopted without a login if the path leads to %j, and the log says so",
    async (values) => {
      const heard = await asked(session(values), "user");
      expect(heard).toMatchObject({ attributes: values, flaw: "nobody is logged in, because user names no principal" });
      expect(heard).not.toHaveProperty("principal");
    },
  );

  it("keeps its login and leaves its values, if they are too many or too deep", async () => {
    const many = Object.fromEntries(Array.from({ length: 10_001 }, (_, nth) => [`n${nth}`, nth]));
    const deep = JSON.parse(`${'{"a":'.repeat(40)}1${"}".repeat(40)}`) as object;
    for (const values of [many, deep]) {
      const heard = await asked(session({ ...values, user: "alice" }), "user");
      expect(heard).toMatchObject({ principal: "alice", attributes: {}, tooLarge: true });
    }
  });

  it("ends with the adoptions if it does not end by itself", async () => {
    expect(await asked(session({}))).toMatchObject({ expiresAt: 5_000 });
    expect(await asked({ kind: "session", values: {} })).toMatchObject({ expiresAt: Date.parse(UNTIL) });
  });

  it("is not ended if Moor may only read the store, which is not called", async () => {
    const ended: string[] = [];
    const reader = {
      read: async () => session({}),
      end: async (id: string) => {
        ended.push(id);
        return { kind: "done" } as const;
      },
    };
    const entry = { from: "express-session", cookies: ["shop"], until: UNTIL, graceSeconds: 30 } as const;
    const [owner, other] = [false, true].map((readOnly) =>
      createReadApplication({ ...entry, readOnly }, reader, () => 0),
    );
    expect(await other?.ask(ASKER)).toMatchObject({ readOnly: true });
    expect(await other?.end(ASKER, "id")).toEqual({ kind: "forbidden" });
    expect(ended).toEqual([]);
    expect(await owner?.ask(ASKER)).not.toHaveProperty("readOnly");
    expect(await owner?.end(ASKER, "id")).toEqual({ kind: "done" });
    expect(ended).toEqual(["id"]);
  });

  it("is told from no session by its reason, if it cannot be read", async () => {
    expect(await asked({ kind: "unreadable", reason: "its session is not JSON" })).toEqual({
      kind: "none",
      reason: "its session is not JSON",
    });
    expect(await asked({ kind: "none" })).toEqual({ kind: "none" });
  });
});
