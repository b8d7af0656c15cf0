import { afterEach, describe, expect, it, vi } from "vitest";
import type { Behaviour } from "../../support/origins.ts";
import { heldUp, losesChecks, lost, ok, site } from "./judged-site.ts";

afterEach(() => vi.restoreAllMocks());

describe("a POST whose origin is being checked", () => {
  it("waits for the result", async () => {
    const { ask, pages } = site({ b: [ok], c: [ok] });
    const first = ask("v", { method: "POST" });
    await Promise.resolve();
    const second = await Promise.all([ask("w", { method: "POST" }), ask("x", { method: "POST" })]);
    expect([await first, ...second]).toEqual(["unreachable", "unreachable", "unreachable"]);
    expect(pages()).toBe("aaa");
    const { ask: later, pool, clock } = site({ a: [async () => lost()], b: [ok], c: [ok] });
    void pool.losses.answers(0, clock());
    expect(await later("w", { method: "POST" })).toBe("200 b");
  });

  it("does not wait if the origin has lost it already", async () => {
    const { promise: isCut, resolve: cut } = Promise.withResolvers<void>();
    const { promise: isChecked, resolve: check } = Promise.withResolvers<void>();
    const a: Behaviour = async ({ method }) => {
      if (method !== "GET") await (method === "HEAD" ? isChecked : isCut);
      return lost();
    };
    const { ask, pages, checks } = site({ a: [a], b: [ok], c: [ok] });
    const post = ask("v", { method: "POST" });
    const get = ask("w");
    while (checks("a") === 0) await Promise.resolve();
    cut();
    let answer: string | undefined;
    void post.then((result) => (answer = result));
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    expect(answer).toBe("unreachable");
    check();
    expect(await get).toBe("200 b");
    expect(pages().replaceAll("a", "")).toBe("b");
  });

  it("waits for the check of the other origin, too", async () => {
    const { promise: isAnswered, resolve: answer } = Promise.withResolvers<Response>();
    const isSlow: Behaviour = ({ method }) => (method === "HEAD" ? isAnswered : ok());
    const { ask, pages, checks } = site({ b: [isSlow], c: [isSlow] });
    const get = ask("v");
    await vi.waitFor(() => expect(checks("a")).toBe(2));
    const post = ask("v", { method: "POST" });
    await Promise.resolve();
    expect(pages()).toBe("aab");
    answer(ok());
    expect(await Promise.all([get, post])).toEqual(["200 b", "200 b"]);
    expect(pages()).toBe("aabb");
  });

  it("does not wait once the origin has answered anybody since the check began", async () => {
    const { ask, pages, pool, clock, tick, settled } = site({ a: [heldUp(ok)], b: [ok], c: [ok] });
    void pool.losses.answers(0, clock());
    const waiting = ask("v", { method: "POST" });
    expect(pages()).toBe("");
    tick(0.01);
    pool.answered(0, ok(), clock(), true, "w");
    const unhindered = ask("x", { method: "POST" });
    expect(pages()).toBe("a");
    expect(await Promise.all([waiting, unhindered])).toEqual(["200 a", "200 a"]);
    await settled();
  });

  it("does not wait for an origin that is known to answer visitors, and no check", async () => {
    const { ask, origins, pages, pool, clock, tick } = site({ b: [losesChecks], c: [losesChecks] });
    await ask("v", { method: "POST" });
    origins.a = [heldUp(ok)];
    await ask("v", { method: "POST" });
    tick(5);
    void pool.losses.answers(0, clock());
    const sends = pages().length;
    const asked = ask("w", { method: "POST" });
    expect(pages()).toHaveLength(sends + 1);
    expect(await asked).toBe("200 a");
  });
});
