import { expect, it } from "vitest";
import { type Move, sessionOf } from "./move.ts";

/** The promises of an endpoint by which the sessions of an old application move in. Call it within a `describe`. */
export function testEndpoint(moveNow: () => Move): void {
  testSecrecy(moveNow);

  it("gives a visitor one session, though 10 first requests come at once", async () => {
    const move = moveNow();
    const cookie = await move.visitor("bob");
    const sessions = await Promise.all(Array.from({ length: 10 }, () => sessionOf(move.bringing(cookie))));
    expect(new Set(sessions.map(({ sid, sub }) => `${sid} ${sub}`)).size).toBe(1);
    expect(sessions[0]?.sub).toBeDefined();
  });
}

/** The promise of each endpoint, also of sessions without an id. */
export function testSecrecy(moveNow: () => Move): void {
  it("tells nobody of a session but Moor", async () => {
    const move = moveNow();
    const told = await move.atOld("/moor-adopt", await move.visitor("gesa"));
    expect(told.trim()).toBe("moor-adopt: this is for Moor alone");
  });
}

/** The promises of an endpoint whose application keeps its sessions itself, so that they can be ended and changed by their ids. */
export function testEndpointOfStore(moveNow: () => Move): void {
  testEndpoint(moveNow);

  it("finds a visitor's changes when they go back", async () => {
    const move = moveNow();
    const browser = move.bringing(await move.visitor("dora"));
    await browser.ask(`/?patch=${encodeURIComponent('{"basket":{"pears":1}}')}`, { method: "POST" });
    const back = JSON.parse((await browser.ask("/only-old/")).text) as object;
    expect(back).toEqual({ server: "old", user: "dora", basket: { apples: 2, pears: 1 } });
  });

  it("founds no session that has ended at the old shop", async () => {
    const move = moveNow();
    const cookie = await move.visitor("hugo");
    const browser = move.bringing(cookie);
    await browser.ask("/?set=a:1", { method: "POST" });
    await move.atOld("/logout", cookie);
    expect(JSON.parse((await browser.ask("/only-old/")).text)).toMatchObject({ user: null });
  });

  it("has a visitor logged out on both sides, whichever side they log out on first", async () => {
    const move = moveNow();
    const cookie = await move.visitor("erin");
    const browser = move.bringing(cookie);
    await sessionOf(browser);
    await browser.ask("/?end", { method: "POST" });
    expect(browser.cookies.has(move.cookie)).toBe(false);
    expect(JSON.parse(await move.atOld("/", cookie))).toMatchObject({ user: null });
    const other = await move.visitor("frida");
    await move.atOld("/logout", other);
    expect(await sessionOf(move.bringing(other))).toMatchObject({ new: true });
  });
}
