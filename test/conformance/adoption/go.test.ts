/** @needs golang-go */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Move, sessionOf, startMove } from "./move.ts";

describe("a visitor of a shop in Go, with its sessions in memory", () => {
  let folder: string;
  let move: Move;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "moor-adopt-go-"));
    const server = join(folder, "shop");
    await promisify(execFile)("go", ["build", "-o", server, "./conformance/oldshop"], { cwd: "sdk/go" });
    move = await startMove(() => ({ argv: [server] }), "sid");
  });
  afterAll(async () => {
    await move?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("sees their login and their basket on the first page through Moor", async () => {
    const session = await sessionOf(move.bringing(await move.visitor("alice")));
    expect(session).toMatchObject({ sub: "alice", data: { basket: { apples: 2 } } });
  });

  it("has one session, though 10 first requests come at once", async () => {
    const cookie = await move.visitor("bob");
    const sessions = await Promise.all(Array.from({ length: 10 }, () => sessionOf(move.bringing(cookie))));
    expect(new Set(sessions.map(({ sid, sub }) => `${sid} ${sub}`))).toEqual(new Set([`${sessions[0]?.sid} bob`]));
  });

  it("finds their changes when they go back", async () => {
    const browser = move.bringing(await move.visitor("dora"));
    await browser.ask(`/?patch=${encodeURIComponent('{"basket":{"pears":1}}')}`, { method: "POST" });
    const back = JSON.parse((await browser.ask("/only-old/")).text) as object;
    expect(back).toEqual({ server: "old", user: "dora", basket: { apples: 2, pears: 1 } });
  });

  it("is logged out on both sides, whichever side they log out on first", async () => {
    const cookie = await move.visitor("erin");
    const browser = move.bringing(cookie);
    await sessionOf(browser);
    await browser.ask("/?end", { method: "POST" });
    expect(JSON.parse(await move.atOld("/", cookie))).toMatchObject({ user: null });
    const other = await move.visitor("frida");
    await move.atOld("/logout", other);
    expect(await sessionOf(move.bringing(other))).toMatchObject({ new: true });
  });

  it("is told to nobody else", async () => {
    expect((await move.atOld("/moor-adopt", await move.visitor("gesa"))).trim()).toBe(
      "moor-adopt: this is for Moor alone",
    );
  });
});
