import { describe, expect, it, vi } from "vitest";
import { newId } from "../../../src/sdk/express/session.ts";
import { readStored, toStored } from "../../../src/sdk/express/stored.ts";
import type { JsonObject } from "../../../src/sdk/origin/json.ts";

const OPTIONS = { maxAge: 60_000 };
const PAST = "2020-01-01T00:00:00.000Z";
/** The session that an application changes, and its attributes afterwards. */
function changed(attributes: JsonObject, change: (session: Record<string, unknown>) => void = () => {}) {
  const { id, cookie, data } = readStored(attributes, OPTIONS);
  const session: Record<string, unknown> = { ...data, cookie };
  change(session);
  return toStored(session, id, attributes, OPTIONS);
}

describe("a value of another application that has a name of express-session's own", () => {
  it.each([
    ["id", "7"],
    ["id", 7],
    ["id", { user: 7 }],
    ["id", ""],
    ["cookie", "oreo"],
    ["cookie", true],
    ["cookie", { flavour: "oreo" }],
    // A session of express-session as its store has it.
    ["cookie", { originalMaxAge: 1_000, expires: PAST, httpOnly: true, path: "/" }],
    ["cookie", { originalMaxAge: "1000", expires: PAST }],
    ["cookie", { originalMaxAge: 1_000, expires: "soon" }],
  ])("is no own %s, and is kept, if it is %j", (name, value) => {
    const attributes = { [name]: value, basket: 1 };
    const read = readStored(attributes, OPTIONS);
    expect(read).toMatchObject({ id: undefined, expired: false, data: { basket: 1, [`other:${name}`]: value } });
    expect(read.cookie.maxAge).toBeGreaterThan(59_000);
    expect(read.data).not.toHaveProperty(name);
    expect(changed(attributes)).toMatchObject(attributes);
    const other = changed(attributes, (session) => {
      session[`other:${name}`] = "changed";
    });
    expect(other[name]).toBe("changed");
    expect(Object.keys(other).filter((key) => key.startsWith("other:"))).toEqual([]);
  });

  it("is named once to operators, without the value", async () => {
    vi.resetModules();
    const fresh = await import("../../../src/sdk/express/stored.ts");
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    for (const id of ["secret-1", "secret-2"]) fresh.readStored({ id }, OPTIONS);
    const calls = JSON.stringify(warned.mock.calls);
    warned.mockRestore();
    expect(calls.match(/MOOR_SESSION_RENAMED/g)).toHaveLength(1);
    expect(calls).toContain("other:id");
    expect(calls).not.toContain("secret");
  });

  it("is not taken for one by mistake: an id and an expiry of a session are read as its own", () => {
    const expires = new Date(Date.now() + 50_000).toISOString();
    const [id, cookie] = [newId(), { originalMaxAge: 60_000, expires }];
    const read = readStored({ id, cookie, basket: 1 }, OPTIONS);
    expect(read).toMatchObject({ id, data: { basket: 1 }, expired: false });
    expect(read.cookie.expires?.toISOString()).toBe(expires);
    expect(readStored({ id, cookie: { ...cookie, expires: PAST } }, OPTIONS).expired).toBe(true);
    expect(readStored({ cookie: {} }, OPTIONS).cookie.maxAge).toBeNull();
    expect(changed({ id, cookie, basket: 1 })).toEqual({ id, cookie, basket: 1 });
  });
});
