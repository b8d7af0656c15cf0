import { describe, expect, it } from "vitest";
import { createSeal } from "../../../src/store/seal.ts";
import { changed, createBrowser, ID, inParallel, POLICY, set, sets, shown } from "./browser.ts";

describe("the end of a session in cookies", () => {
  it("is in the store of ends before it is acknowledged, for longer than any copy of the session lives", async () => {
    const browser = createBrowser();
    await changed(browser, set("a"));
    browser.elapse(25 * 60_000);
    const visit = browser.visit();
    await visit.change({ end: true });
    const lifeMs = (1_800 + 180 + 600) * 1_000;
    const kept = browser.ends.get(ID);
    expect(kept?.value).toBe(String(browser.clock()));
    expect(kept?.until).toBeGreaterThanOrEqual(browser.clock() + lifeMs);
    const [tombstone, token, state] = visit.gives();
    expect(tombstone?.name).toMatch(/\.end$/);
    expect(tombstone?.maxAge).toBeGreaterThanOrEqual(lifeMs / 1_000);
    expect([token?.name, token?.maxAge, state?.maxAge]).toEqual([`__Host-moor.${ID.slice(0, 8)}`, 0, 0]);
  });

  it("is kept at least until no token can found the session anew", async () => {
    const browser = createBrowser();
    await changed(browser, set("a"));
    await browser.visit().change({ end: true });
    expect(browser.ends.get(ID)?.until).toBeGreaterThan(browser.refOf().bornAt + POLICY.newSessionHours * 3_600_000);
  });

  it("is not acknowledged while the store does not answer", async () => {
    const browser = createBrowser();
    await changed(browser, set("a"));
    browser.loseStore(true);
    const visit = browser.visit();
    expect(await visit.change({ end: true })).toMatchObject({ kind: "unavailable" });
    expect(visit.gives()).toEqual([]);
  });

  it("is known by the tombstone of the browser, without a store", async () => {
    const browser = createBrowser();
    await changed(browser, set("a"));
    const late = browser.visit();
    await late.change(set("late"));
    await changed(browser, { end: true });
    browser.ends.clear();
    browser.nextIsolate();
    browser.arrive(late);
    expect(browser.jar.size).toBe(2);
    expect(await shown(browser)).toBe("ended");
  });

  it("is known by the store, if the browser brings its old cookies back", async () => {
    const browser = createBrowser();
    await changed(browser, set("a"));
    const before = new Map(browser.jar);
    await changed(browser, { end: true });
    browser.nextIsolate();
    const found = await browser.visit({ cookies: before }).read(browser.refOf(), browser.clock());
    expect(found).toMatchObject({ kind: "ended", tombstone: { ended: { reason: "ended" } } });
  });

  it("is kept by the browser that is told of it, because another data centre may not know it yet", async () => {
    const browser = createBrowser();
    await changed(browser, set("a"));
    const before = new Map(browser.jar);
    await changed(browser, { end: true });
    browser.jar.clear();
    for (const [name, value] of before) browser.jar.set(name, value);
    const told = browser.visit();
    await told.read(browser.refOf(), browser.clock());
    browser.arrive(told);
    browser.ends.clear();
    browser.nextIsolate();
    expect(await shown(browser)).toBe("ended");
    expect([...browser.jar.keys()]).toEqual([`__Host-moor.${ID.slice(0, 8)}.end`]);
  });

  it("is asked for once in 30 seconds", async () => {
    const browser = createBrowser();
    await changed(browser, set("a"));
    await shown(browser);
    browser.elapse(29_999);
    await shown(browser);
    expect(browser.asked).toEqual([ID]);
    browser.elapse(1);
    await shown(browser);
    expect(browser.asked).toEqual([ID, ID]);
  });

  it("is possible while the store does not answer, so nothing is shown", async () => {
    const browser = createBrowser();
    await changed(browser, set("a"));
    browser.nextIsolate();
    browser.loseStore(true);
    expect(await shown(browser)).toBe("unavailable");
    expect(await browser.visit().change(set("b"))).toMatchObject({ kind: "unavailable" });
  });
});

describe("cookies that do not open", () => {
  it("are ignored if the key of the ring has sealed them for another purpose, as for a row", async () => {
    const browser = createBrowser();
    await changed(browser, set("a"));
    const seal = createSeal([{ id: 1, secret: new Uint8Array(32).fill(7) }]);
    const end = await seal.close({ id: ID, version: 0, purpose: "row" }, "[1,1]");
    browser.jar.set(`__Host-moor.${ID.slice(0, 8)}.end`, end);
    expect(await shown(browser)).toEqual({ a: "x" });
  });

  it("are ignored and left alone, if a key of the ring did not seal them for this session", async () => {
    const browser = createBrowser();
    await changed(browser, set("a"));
    const other = await browser.sealed.seal("BBBBBBBBBBBBBBBBBBBBBB", { kind: "end", at: 1 });
    browser.jar.set(`__Host-moor.${ID.slice(0, 8)}.junk01`, other);
    browser.jar.set(`__Host-moor.${ID.slice(0, 8)}.junk02`, "%%%");
    browser.jar.set(`__Host-moor.${ID.slice(0, 8)}.end`, other);
    expect(await shown(browser)).toEqual({ a: "x" });
    await changed(browser, set("b"));
    expect([...browser.jar.keys()].filter((name) => /junk|end/.test(name))).toHaveLength(3);
  });

  it("make a session unavailable, and not lost, if a key of a newer deploy sealed them all", async () => {
    const secret = new Uint8Array(32).fill(7);
    const newer = createBrowser({ ring: [{ id: 2, secret }] });
    await changed(newer, set("a"));
    const older = createBrowser();
    for (const [name, value] of newer.jar) older.jar.set(name, value);
    expect(await shown(older)).toBe("unavailable");
    expect(await older.visit().change(set("b"))).toMatchObject({ kind: "unavailable" });
    const both = createBrowser({
      ring: [
        { id: 1, secret },
        { id: 2, secret },
      ],
    });
    for (const [name, value] of newer.jar) both.jar.set(name, value);
    expect(await shown(both)).toEqual({ a: "x" });
  });

  it("are opened up to a number, and the others are left to the next request", async () => {
    const browser = createBrowser();
    await inParallel(browser, sets(70));
    const visit = browser.visit();
    await visit.read(browser.refOf(), browser.clock());
    // One more may be the state that replaces the 64 that were opened.
    expect(visit.gives().filter(({ maxAge }) => maxAge === 0)).toHaveLength(64);
    browser.arrive(visit);
    expect(browser.jar.size).toBeLessThan(10);
    expect(Object.keys((await shown(browser)) as object)).toHaveLength(70);
  });
});
