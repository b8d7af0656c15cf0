import { expect, it } from "vitest";
import type { Claims } from "../../../src/adoption/question.ts";
import type { JsonObject } from "../../../src/session/patch.ts";
import { attributeBytesOf } from "../../../src/session/record.ts";
import { type Move, READER, sessionOf } from "./move.ts";

/** A question that takes attributes of any size. */
const MOST: Claims = { max: 1_000_000 };
/** Characters that some writers of JSON escape, and Moor does not, and characters that every writer escapes. */
const CHARACTERS = "é😀\u2028\u007f/<&> ' \"\\\n\b\f\u0001";

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
    const told = await move.atOld(move.path, await move.visitor("gesa"));
    expect(told.trim()).toBe("moor-adopt: this is for Moor alone");
  });

  it("tells a session to a Moor that may only read, and not to a stranger's Moor", async () => {
    const move = moveNow();
    const cookie = await move.visitor("karl");
    const owner = await move.question("GET", MOST, cookie);
    expect(owner).toMatchObject({ status: 200, attributes: expect.any(Object) });
    expect(owner).not.toHaveProperty("readOnly");
    const reader = await move.question("GET", { ...MOST, iss: READER }, cookie);
    expect(reader).toMatchObject({ status: 200, aud: READER, readOnly: true, attributes: owner.attributes });
    const stranger = await move.question("GET", { ...MOST, iss: "https://stranger.test" }, cookie);
    expect(stranger).toEqual({ status: "unsigned 403" });
  });
}

/** The promises of an endpoint whose application keeps its sessions itself, so that they can be ended and changed by their ids. */
export function testEndpointOfStore(moveNow: () => Move): void {
  testEndpoint(moveNow);

  it("finds a visitor's changes when they go back", async () => {
    const move = moveNow();
    const browser = move.bringing(await move.visitor("dora"));
    await browser.ask(`/?patch=${encodeURIComponent('{"basket":{"pears":1}}')}`, { method: "POST" });
    const back = JSON.parse((await browser.ask("/only-old/")).text) as { user?: string; basket?: object };
    expect(back).toMatchObject({ server: "old", user: "dora" });
    expect(back.basket).toEqual({ apples: 2, pears: 1 });
  });

  it("loses nothing when Moor asks about their session by its id", async () => {
    const move = moveNow();
    const cookie = await move.visitor("ines");
    const { id, attributes } = await move.question("GET", MOST, cookie);
    const isAlive = () => move.question("PUT", { sid: id, ver: 0, attributes: {} });
    const basket = async () => (JSON.parse(await move.atOld("/", cookie)) as { basket?: unknown }).basket;
    expect(await isAlive()).toMatchObject({ status: 200 });
    expect(await basket()).toEqual({ apples: 2 });
    const changed = { ...(attributes as JsonObject), basket: { pears: 3 } };
    expect(await move.question("PUT", { sid: id, ver: 2, attributes: changed })).toMatchObject({ status: 200 });
    expect(await isAlive()).toMatchObject({ status: 200 });
    expect(await basket()).toEqual({ pears: 3 });
    await move.atOld("/logout", cookie);
    expect(await isAlive()).toMatchObject({ status: 401 });
  });

  it("neither ends nor changes a session for a Moor that may only read, and says so", async () => {
    const move = moveNow();
    const cookie = await move.visitor("lena");
    const { id, attributes } = await move.question("GET", MOST, cookie);
    const changed = { ...(attributes as JsonObject), basket: { pears: 3 } };
    const page = async () => JSON.parse(await move.atOld("/", cookie)) as unknown;
    const before = await page();
    expect(before).toMatchObject({ user: "lena", basket: { apples: 2 } });
    for (const [iss, answer] of [
      [READER, { status: 403, aud: READER, readOnly: true }],
      ["https://stranger.test", { status: "unsigned 403" }],
    ] as const) {
      expect(await move.question("DELETE", { sid: id, iss })).toMatchObject(answer);
      expect(await move.question("PUT", { sid: id, ver: 2, attributes: changed, iss })).toMatchObject(answer);
      expect(await page()).toEqual(before);
    }
    const lives = { sid: id, ver: 0, attributes: {}, iss: READER };
    expect(await move.question("PUT", lives)).toMatchObject({ status: 200 });
    expect(await page()).toEqual(before);
    expect(await move.question("PUT", { sid: id, ver: 2, attributes: changed })).toMatchObject({ status: 200 });
    expect(await page()).toMatchObject({ basket: { pears: 3 } });
    expect(await move.question("DELETE", { sid: id })).toMatchObject({ status: 200 });
    expect(await move.question("PUT", lives)).toMatchObject({ status: 401 });
  });

  it("keeps the newest change when an older change comes back after it", async () => {
    const move = moveNow();
    const cookie = await move.visitor("jan");
    const { id, attributes } = await move.question("GET", MOST, cookie);
    for (const ver of [3, 2]) {
      const changed = { ...(attributes as JsonObject), basket: { version: ver } };
      expect(await move.question("PUT", { sid: id, ver, attributes: changed })).toMatchObject({ status: 200 });
    }
    expect(JSON.parse(await move.atOld("/", cookie))).toMatchObject({ user: "jan", basket: { version: 3 } });
  });

  it("moves with as many bytes as Moor counts, whatever characters their values have", async () => {
    const move = moveNow();
    const cookie = await move.visitor("käthe");
    const { id, attributes } = await move.question("GET", MOST, cookie);
    const noted = {
      ...(attributes as JsonObject),
      note: CHARACTERS,
      [CHARACTERS]: [CHARACTERS, { "ü/": true }, 1.5, -7],
    };
    expect(await move.question("PUT", { sid: id, ver: 2, attributes: noted })).toMatchObject({ status: 200 });
    const told = await move.question("GET", MOST, cookie);
    expect(told.attributes).toMatchObject({ note: CHARACTERS });
    const bytes = attributeBytesOf(told.attributes as JsonObject);
    expect(await move.question("GET", { max: bytes }, cookie)).toMatchObject({ attributes: told.attributes });
    expect(await move.question("GET", { max: bytes - 1 }, cookie)).toMatchObject({ tooLarge: true });
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
