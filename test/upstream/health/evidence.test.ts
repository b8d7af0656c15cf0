import { afterEach, describe, expect, it, vi } from "vitest";
import type { Behaviour } from "../../support/origins.ts";
import { at } from "../../support/time.ts";
import {
  A_IS_GONE,
  cloudflares,
  HEALTHY,
  heldUp,
  isLate,
  losesChecks,
  losesPages,
  lost,
  ok,
  type Request,
  site,
} from "./judged-site.ts";

afterEach(() => vi.restoreAllMocks());

describe("a request that no origin answers", () => {
  it.each<[string, Request, string]>([
    ["GET", {}, "aabb"],
    ["POST", { method: "POST" }, "a"],
    ["WebSocket", { upgrade: true }, "a"],
    ["body that streams", { method: "PUT", body: new ReadableStream() }, "a"],
  ])("moves nobody: a %s", async (_what, request, sends) => {
    const { ask, states, pages } = site({ a: [losesPages], b: [losesPages], c: [losesPages] });
    expect(await ask("scanner", request)).toBe("unreachable");
    expect(pages()).toBe(sends);
    expect(states()).toEqual(HEALTHY);
  });

  it("moves no session, however often and from however many clients it comes, and whatever the origins do with checks", async () => {
    for (const behaviour of [losesPages, "lost"] as Behaviour[]) {
      const { ask, states, tick } = site({ a: [behaviour], b: [behaviour], c: [behaviour] });
      for (let i = 0; i < 40; i++) {
        tick(i / 4);
        await ask(`client ${i}`, { method: i % 2 ? "POST" : "GET" });
      }
      expect(states()).toEqual(HEALTHY);
    }
  });

  it("moves nobody, though every origin answers it with a status that says Cloudflare could not connect", async () => {
    for (const checks of [ok, lost]) {
      const plays: Behaviour = ({ method }) => (method === "HEAD" ? checks() : cloudflares(521)());
      const { ask, states } = site({ a: [plays], b: [plays], c: [plays] });
      await Promise.all(Array.from({ length: 12 }, (_, i) => ask(`client ${i}`)));
      expect(states()).toEqual(HEALTHY);
    }
  });

  it("costs each origin one check in a second, however many requests it loses", async () => {
    const { ask, checks } = site({ a: [losesPages], b: [ok], c: [ok] });
    await Promise.all(Array.from({ length: 100 }, (_, i) => ask(`client ${i}`)));
    expect(checks("a")).toBe(1);
  });

  it("costs an origin four checks in a second at most, if several clients' requests are lost there and none is answered", async () => {
    const { ask, checks, tick } = site({ a: [losesPages], b: [ok], c: [ok] });
    for (let ms = 0; ms < 3_000; ms += 10) {
      tick(ms / 1_000);
      await ask(`client ${ms % 7}`, { method: "POST" });
    }
    expect(checks("a")).toBeGreaterThan(2);
    expect(checks("a")).toBeLessThanOrEqual(3 * 4);
  });

  it("costs an origin that answers no check one check in a second, where no origin answers checks", async () => {
    const { ask, checks, tick } = site({});
    for (let ms = 0; ms < 3_000; ms += 10) {
      tick(ms / 1_000);
      await ask(`client ${ms % 7}`, { method: "POST" });
    }
    // Each is tried a second time.
    expect(checks("a")).toBe(3 * 2);
  });
});

describe("an origin that is dead", () => {
  it.each<[string, Request, string]>([
    ["GET", {}, "200 b"],
    ["POST", { method: "POST" }, "unreachable"],
    ["WebSocket", { upgrade: true }, "unreachable"],
    ["body that streams", { method: "PUT", body: new ReadableStream() }, "unreachable"],
  ])("is left after one request of one client: a %s", async (_what, request, answer) => {
    const { ask, states } = site({ b: [ok], c: [ok] });
    expect(await ask("v", request)).toBe(answer);
    expect(states()).toEqual(A_IS_GONE);
  });

  it("costs no request of which nothing was sent, whatever its method", async () => {
    for (const request of [{ method: "POST" }, { upgrade: true }]) {
      const { ask, states } = site({ a: [cloudflares(521)], b: [cloudflares(522)], c: [ok] });
      expect(await ask("v", request)).toBe("200 c");
      expect(states()).toEqual(["ejected", "ejected", "healthy"]);
    }
  });

  it("is left after two clients' POSTs, though it had answered a check for a dropped request a quarter of a second before", async () => {
    const { ask, origins, states, tick, checks } = site({ a: [losesPages], b: [ok], c: [ok] });
    await ask("scanner", { method: "POST" });
    origins.a = ["lost"];
    tick(0.3);
    await ask("v", { method: "POST" });
    expect(states()).toEqual(HEALTHY);
    tick(0.301);
    await ask("w", { method: "POST" });
    expect(states()).toEqual(A_IS_GONE);
    // The second is the second try of the check that was lost.
    expect(checks("a")).toBe(1 + 2);
  });

  it("takes a GET with it to a third origin only where the second is as dead, and others have met that before", async () => {
    const lone = site({ c: [ok] });
    expect(await lone.ask("v")).toBe("unreachable");
    const crowd = site({ c: [ok] });
    crowd.pool.health.noteLoss(0, "w", false, at(-1));
    expect(await crowd.ask("v")).toBe("200 c");
    const poison = site({ a: [losesPages], b: [losesPages], c: [ok] });
    poison.pool.health.noteLoss(0, "w", false, at(-1));
    expect(await poison.ask("v")).toBe("unreachable");
  });

  it("is forgiven when it has answered anybody since the request was sent", async () => {
    const { ask, states, pool, clock, tick, checks } = site({
      a: [() => Promise.reject(new Error())],
      b: [ok],
      c: [ok],
    });
    const asked = ask("v", { method: "POST" });
    tick(1);
    pool.answered(0, ok(), clock(), true, "w");
    await asked;
    expect(states()).toEqual(HEALTHY);
    expect(checks("a")).toBe(0);
  });

  it("is not taken for an origin that closes idle connections, which a check may meet as well", async () => {
    const { ask, states } = site({ a: ["lost", "lost", "lost", ok], b: [ok], c: [ok] });
    expect(await ask("v")).toBe("200 b");
    expect(states()).toEqual(HEALTHY);
  });

  it("is not ejected where no other origin answers checks: the silence proves nothing, and five clients decide", async () => {
    const { ask, states, tick } = site({ b: [losesChecks], c: [losesChecks] });
    for (const [second, client] of ["v", "w", "x", "y"].entries()) {
      tick(second * 2);
      expect(await ask(client)).toBe("200 b");
    }
    expect(states()).toEqual(HEALTHY);
    await ask("z");
    expect(states()).toEqual(A_IS_GONE);
  });
});

describe("an origin that is late", () => {
  it("is asked once for each of six pages of one client, and stays, if it answers checks", async () => {
    const { ask, states, pages } = site({ a: [isLate], b: [ok], c: [ok] });
    expect(await Promise.all([1, 2, 3, 4, 5, 6].map(() => ask("v")))).toEqual(Array(6).fill("timeout"));
    expect(pages()).toBe("aaaaaa");
    expect(states()).toEqual(HEALTHY);
  });

  it("stays if it answers no check in time and has lost requests of one client, whose pages may hold it up", async () => {
    const { ask, states } = site({ a: [heldUp(lost)], b: [ok], c: [ok] });
    await Promise.all([ask("v"), ask("v", { method: "POST" })]);
    expect(states()).toEqual(HEALTHY);
    const cut = site({ a: [heldUp(cloudflares(522))], b: [ok], c: [ok] });
    await cut.ask("v");
    expect(cut.states()).toEqual(A_IS_GONE);
  });

  it("moves the client that waits for it and no other client, if it answers no check in time", async () => {
    const { ask, states, pool, clock } = site({ a: ["silent"], b: [ok], c: [ok] });
    expect(await ask("v")).toBe("200 b");
    expect(states()).toEqual(HEALTHY);
    expect(pool.losses.shunnedBy("v", clock())).toBe(0);
    await ask("w");
    expect(states()).toEqual(A_IS_GONE);
  });

  it("costs the client that waits for it one deadline, however long it stays so, and has it back by its answer to a check", async () => {
    const { ask, origins, tick, pages, choose } = site({ a: ["silent"], b: [ok], c: [ok] });
    const v = Array.from({ length: 50 }, (_, i) => `v${i}`).find((session) => choose(session)[0]?.index === 0);
    for (const second of [0, 5, 11, 31, 61, 600]) {
      tick(second);
      expect(await ask(v as string, {}, true)).toMatch(/^200 [bc]$/);
    }
    expect(pages().replaceAll(/[bc]/g, "")).toBe("a");
    origins.a = [ok];
    tick(602);
    await ask(v as string, {}, true);
    expect(await ask(v as string, {}, true)).toBe("200 a");
  });
});

describe("an origin that answers checks and loses pages which others answer", () => {
  it("is left by the client that lost two pages, and by all clients once five clients have lost theirs", async () => {
    const { ask, states, pool, clock, choose, tick } = site({ a: [losesPages], b: [ok], c: [ok] });
    await ask("v");
    expect(pool.losses.shunnedBy("v", clock())).toBeUndefined();
    tick(2);
    await ask("v");
    expect(pool.losses.shunnedBy("v", clock())).toBe(0);
    expect(choose("v")[0]?.index).not.toBe(0);
    for (const client of ["w", "x", "y"]) await ask(client);
    expect(states()).toEqual(HEALTHY);
    await ask("z");
    expect(states()).toEqual(A_IS_GONE);
  });

  it("keeps the client whose POSTs it alone was sent, however many it loses", async () => {
    const { ask, states, pool, clock, tick } = site({ a: [losesPages], b: [ok], c: [ok] });
    for (const second of [0, 0.1, 3, 6]) {
      tick(second);
      await ask("v", { method: "POST" });
      expect(pool.losses.shunnedBy("v", clock())).toBeUndefined();
    }
    expect(states()).toEqual(HEALTHY);
  });

  it("has a session back when that has been answered there, or its time is over", async () => {
    const { ask, pool, clock, tick } = site({ a: [losesPages], b: [ok], c: [ok] });
    for (const session of ["v", "w"]) for (const _ of [1, 2]) await ask(session);
    pool.answered(0, ok(), clock(), true, "v");
    expect(["v", "w"].map((session) => pool.losses.shunnedBy(session, clock()))).toEqual([undefined, 0]);
    tick(20);
    expect(pool.losses.shunnedBy("w", clock())).toBeUndefined();
  });
});
