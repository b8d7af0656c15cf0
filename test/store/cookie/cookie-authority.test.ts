import { describe, expect, it } from "vitest";
import type { Change } from "../../../src/session/change.ts";
import { changed, createBrowser, inParallel, POLICY, set, sets, shown } from "./browser.ts";

describe("an authority in cookies", () => {
  it("knows nothing of a session without cookies", async () => {
    expect(await shown(createBrowser())).toBe("miss");
  });

  it("lets no store keep a copy, because two responses may give a version to different contents", async () => {
    const browser = createBrowser();
    const committed = await changed(browser, set("a"));
    expect(committed).toMatchObject({ kind: "committed", copy: { version: 1, mayBeKept: false } });
    const read = await browser.visit().read(browser.refOf(), browser.clock());
    expect(read).toMatchObject({ kind: "hit", copy: { version: 1, mayBeKept: false } });
  });

  it("shows a request its own changes", async () => {
    const browser = createBrowser();
    const visit = browser.visit();
    await visit.change(set("a"));
    await visit.change(set("b"));
    browser.arrive(visit);
    expect(browser.jar.size).toBe(1);
    expect(await shown(browser)).toEqual({ a: "x", b: "x" });
  });

  it("keeps what a request did not carry that changes the session twice", async () => {
    const browser = createBrowser();
    await changed(browser, set("a"));
    // A browser decides which cookies a request carries when it queues the request.
    const queued = browser.visit({ cookies: new Map(browser.jar) });
    await changed(browser, set("beside"));
    browser.elapse(10_000);
    await queued.change(set("b"));
    await queued.change(set("c"));
    browser.arrive(queued);
    expect(await shown(browser)).toEqual({ a: "x", beside: "x", b: "x", c: "x" });
  });

  it.each<Partial<Change>>([
    { principal: "alice" },
    { rotate: true },
    { adopts: {} as NonNullable<Change["adopts"]> },
    { lease: "lease" },
    { ifVersion: 1 },
  ])("refuses %j, which needs one place where all changes meet", async (change) => {
    const browser = createBrowser();
    await changed(browser, set("a"));
    expect(await browser.visit().change({ ...set("b"), ...change })).toEqual({
      kind: "refused",
      reason: "not-in-cookies",
    });
  });

  it("tells of a jar that lacks what its token has seen, once", async () => {
    const browser = createBrowser();
    await changed(browser, set("a"));
    const visit = browser.visit();
    const ref = browser.refOf({ seenVersion: 5 });
    expect(await visit.read(ref, browser.clock())).toMatchObject({ kind: "hit", setBack: true, copy: { version: 6 } });
    browser.arrive(visit);
    const again = await browser.visit().read(ref, browser.clock());
    expect(again).toMatchObject({ kind: "hit", copy: { version: 6 } });
    expect(again).not.toHaveProperty("setBack");
  });

  it("has the browser forget older sessions, and keep their tombstones", async () => {
    const browser = createBrowser();
    const older = "AAAAAAAAAAAAAAAAAAAAAA";
    for (const part of ["", ".state1", ".end"]) browser.jar.set(`__Host-moor.AAAAAAAA${part}`, "text");
    const visit = browser.visit({ older: [older] });
    await visit.change(set("a"));
    browser.arrive(visit);
    expect([...browser.jar.keys()].filter((name) => name.includes("AAAAAAAA"))).toEqual(["__Host-moor.AAAAAAAA.end"]);
  });
});

describe("a session in more than eight cookies", () => {
  it("may be read and not changed, and every response makes them one", async () => {
    const browser = createBrowser();
    await inParallel(browser, sets(9));
    expect(browser.jar.size).toBe(9);
    const writing = browser.visit();
    expect(await writing.change(set("more"))).toMatchObject({ kind: "unavailable" });
    const reading = browser.visit();
    expect(await reading.read(browser.refOf(), browser.clock())).toMatchObject({ kind: "hit" });
    const refused = browser.visit();
    await refused.read(browser.refOf(), browser.clock());
    expect(await refused.change(set("more"))).toMatchObject({ kind: "unavailable" });
    browser.arrive(refused);
    expect(browser.jar.size).toBe(1);
    expect(Object.keys((await shown(browser)) as object)).toHaveLength(9);
    expect(await changed(browser, set("more"))).toMatchObject({ kind: "committed" });
  });

  it("may be touched and ended", async () => {
    const browser = createBrowser();
    await inParallel(browser, sets(9));
    expect(await browser.visit().change({ touch: true })).toMatchObject({ kind: "committed" });
    expect(await browser.visit().change({ end: true })).toMatchObject({ kind: "committed" });
  });

  it("is changed as long as there are eight", async () => {
    const browser = createBrowser();
    await inParallel(browser, sets(8));
    expect(await changed(browser, set("more"))).toMatchObject({ kind: "committed" });
    expect(browser.jar.size).toBe(1);
  });
});

describe("the length of a session in cookies", () => {
  it("is limited to 512 bytes of attributes and flash", async () => {
    const browser = createBrowser();
    const { length } = JSON.stringify({ a: "" });
    expect(await changed(browser, set("a", 512 - length))).toMatchObject({ kind: "committed" });
    const full = { kind: "refused", reason: "cookie-full" };
    expect(await browser.visit().change(set("b"))).toEqual(full);
    expect(await browser.visit().change(set("a", 513 - length))).toEqual(full);
    expect(await browser.visit().change({ flash: [{ notice: "Saved." }] })).toEqual(full);
  });

  it("lets removals, shorter values, touches and ends pass, also after two changes that fit by themselves", async () => {
    const browser = createBrowser();
    await inParallel(browser, [set("a", 480), set("b", 480)]);
    expect(await browser.visit().change(set("c"))).toMatchObject({ kind: "refused" });
    expect(await browser.visit().change({ touch: true })).toMatchObject({ kind: "committed" });
    expect(await browser.visit().change(set("a", 400))).toMatchObject({ kind: "committed" });
    expect(await changed(browser, { patches: [{ a: null }] })).toMatchObject({ kind: "committed" });
    expect(await changed(browser, set("c"))).toMatchObject({ kind: "committed" });
    await inParallel(browser, [set("d", 480), set("e", 480)]);
    expect(await browser.visit().change({ end: true })).toMatchObject({ kind: "committed" });
  });

  it("does not grow by removals of attributes that it does not have", async () => {
    const browser = createBrowser();
    await changed(browser, set("a"));
    const [before] = browser.jar.values();
    const removals = Object.fromEntries(Array.from({ length: 60 }, (_, nth) => [`attribute-${nth}`, null]));
    await changed(browser, { patches: [removals] });
    expect([...browser.jar.values()].map(({ length }) => length)).toEqual([before?.length]);
  });

  it("does not grow while a draft is saved again and again", async () => {
    const browser = createBrowser();
    for (let n = 0; n < 40; n++) {
      expect(await changed(browser, set("draft", 300))).toMatchObject({ kind: "committed" });
      browser.elapse(500);
    }
    expect(browser.jar.size).toBe(1);
  });

  it("is at most 1,500 bytes for each cookie, whatever is written, and nothing is lost", async () => {
    const browser = createBrowser();
    await inParallel(browser, sets(8, 480));
    for (let n = 0; n < 20; n++) await changed(browser, { patches: [{ n0: "y".repeat(400 - n) }] });
    for (const [name, value] of browser.jar) expect(name.length + value.length).toBeLessThanOrEqual(1_500);
    expect(browser.jar.size).toBeGreaterThan(1);
    expect(await shown(browser)).toMatchObject({ n0: "y".repeat(381), n7: "x".repeat(480) });
    expect(Object.keys((await shown(browser)) as object)).toHaveLength(8);
  });

  it("tells of steps of 256 bytes alone", async () => {
    const lengths = await Promise.all(
      [1, 40, 80, 300].map(async (bytes) => {
        const browser = createBrowser();
        await changed(browser, set("a", bytes));
        return [...browser.jar.values()].map(({ length }) => length);
      }),
    );
    expect(lengths).toEqual([[382], [382], [382], [723]]);
  });
});

describe("clocks and slow requests", () => {
  it("refuse a change above a stamp that is more than two seconds in the future, except an end", async () => {
    const browser = createBrowser();
    browser.elapse(2_000);
    await changed(browser, set("a"));
    browser.elapse(-2_000);
    expect(await browser.visit().change(set("b"))).toMatchObject({ kind: "committed" });
    browser.elapse(-1);
    expect(await browser.visit().change(set("b"))).toMatchObject({ kind: "unavailable" });
    expect(await browser.visit().change({ end: true })).toMatchObject({ kind: "committed" });
  });

  it("refuse a change of a request that arrived more than ten minutes ago", async () => {
    const browser = createBrowser();
    await changed(browser, set("a"));
    const ref = browser.refOf();
    browser.elapse(600_001);
    const late = browser.visit();
    const change = { ...set("b"), id: "late", expiresAt: browser.clock() + 8_000, policy: POLICY };
    expect(await late.commit(ref, change)).toEqual({ kind: "refused", reason: "expired" });
    expect(await late.commit({ ...ref, arrivedAt: ref.arrivedAt + 1 }, change)).toMatchObject({ kind: "committed" });
    // An end always passes.
    const end = { ...change, patches: [], end: true as const };
    expect(await browser.visit().commit(ref, end)).toMatchObject({ kind: "committed" });
  });
});
