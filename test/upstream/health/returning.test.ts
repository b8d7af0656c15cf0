import { afterEach, describe, expect, it, vi } from "vitest";
import type { Behaviour } from "../../support/origins.ts";
import { choiceFacts } from "../../support/pools.ts";
import { at } from "../../support/time.ts";
import { HEALTHY, losesChecks, ok, site } from "./judged-site.ts";

afterEach(() => vi.restoreAllMocks());

describe("an origin whose ejection is over", () => {
  /** Checks of the origin a, which has died and is back, at a time after that. */
  async function revived(origins: Record<string, Behaviour[]> = { b: [ok], c: [ok] }) {
    const all = site(origins);
    const v = Array.from({ length: 50 }, (_, i) => `v${i}`).find((session) => all.choose(session)[0]?.index === 0);
    await all.ask(v as string, { method: "POST" });
    expect(all.states()[0]).toBe("ejected");
    return { ...all, v: v as string };
  }

  it("is checked behind the next request, and comes back by its answer: no visitor tries it", async () => {
    const { ask, origins, tick, states, pages } = await revived();
    origins.a = [ok];
    tick(9);
    await ask("v", { method: "POST" }, true);
    expect(states()[0]).toBe("ejected");
    tick(10);
    await ask("v", { method: "POST" }, true);
    expect(states()).toEqual(HEALTHY);
    expect(pages().slice(1)).not.toContain("a");
  });

  it("has failed to prove itself when it does not answer that check, though nothing tells yet that it hears any", async () => {
    const { ask, tick, pool, clock, v } = await revived();
    const hasFailed = () => pool.isLeftForGood(choiceFacts(v), 0, clock());
    expect(hasFailed()).toBe(false);
    tick(10);
    expect(hasFailed()).toBe(false);
    await ask(v, {}, true);
    expect(hasFailed()).toBe(true);
  });

  it("stays away for longer if it answers neither the check nor the one visitor who tries it, who is answered elsewhere", async () => {
    const { ask, tick, states, pages, choose } = await revived();
    tick(10);
    await ask("w", {}, true);
    // The isolate does not know yet whether the origin hears checks at all.
    expect(states()[0]).toBe("half-open");
    const visitor = Array.from({ length: 50 }, (_, i) => `s${i}`).find((session) => choose(session)[0]?.index === 0);
    expect(await ask(visitor as string)).toMatch(/^200/);
    expect(states()[0]).toBe("ejected");
    const tried = pages().length;
    tick(31);
    for (const second of [31, 33, 35]) {
      tick(second);
      for (const session of ["x", "y", "z", "u", "t"]) await ask(session, {}, true);
    }
    expect(pages().slice(tried)).not.toContain("a");
    expect(states()[0]).toBe("ejected");
  });

  it("comes back by a visitor's request where it drops checks alone, and checks tell nothing of it from then on", async () => {
    const { ask, origins, tick, states, choose, v } = await revived();
    origins.a = [losesChecks];
    tick(10);
    await ask("w", {}, true);
    // The visitor whose request it had lost would tell nothing new.
    expect(choose(v)[0]?.index).not.toBe(0);
    const visitor = Array.from({ length: 50 }, (_, i) => `s${i}`).find((session) => choose(session)[0]?.index === 0);
    // One request at a time, until that request is late.
    expect(choose(visitor as string)[0]?.index).not.toBe(0);
    tick(11);
    expect(await ask(visitor as string, {}, true)).toBe("200 a");
    expect(states()).toEqual(HEALTHY);
    origins.a = ["lost"];
    tick(13);
    await ask("w");
    expect(states()).toEqual(HEALTHY);
  });

  it("is checked once a second though its ejection lasts, when too few are left to go by health", async () => {
    const { tick, states, origins, pool, choose, clock, settled } = site({});
    for (const index of [0, 1, 2]) pool.health.failed(index, false, at(0));
    choose("v");
    expect(pool.panic.isOn).toBe(true);
    origins.a = [ok];
    tick(1);
    pool.losses.checkReturning("v", true, clock());
    await settled();
    expect(states()).toEqual(["healthy", "ejected", "ejected"]);
  });
});
