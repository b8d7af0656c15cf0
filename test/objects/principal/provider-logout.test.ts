import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setTime, type Visit } from "../../support/edge.ts";
import { at, T0 } from "../../support/time.ts";
import { begin, listed, logIn, loginOf, principalOf, states, world } from "./logins.ts";

beforeEach(() => begin());
afterEach(() => vi.useRealTimers());

const limit = { sessions: 10_000, onTooMany: "end-oldest" } as const;
/** The provider's clock is 20 seconds behind. */
const there = (seconds: number) => at(seconds - 20);
/** A login at the provider, as a change carries it. */
const atProvider = (sid: string | undefined, issuedAt: number): Visit => {
  const login = { issuer: "https://id.test", sub: "x", at: 0, issuedAt, claims: {}, roleClaims: {} };
  return { ask: () => ({ principal: world.principal, login: { ...login, ...(sid && { sid }) } }) };
};
const confirmed = (id: string, given: { sid?: string; issuedAt?: number; at?: number }) =>
  world.index.confirm({ login: { ...loginOf(id), ...given }, limit });

describe("a logout at the provider", () => {
  it("of one session there ends the session that belongs to it, and no other", async () => {
    const one = await logIn(atProvider("a", there(0)));
    const other = await logIn(atProvider("b", there(0)));
    expect(await world.index.logOut({ sid: "a" })).toEqual({ kind: "ending", ended: 1, left: 0 });
    expect(await principalOf(one.client)).toBe(undefined);
    expect(await principalOf(other.client)).toBe(world.principal);
    expect(await listed()).toEqual([other.id]);
  });

  it("of all sessions there ends the logins that the provider had made by then, whatever Moor's clock says", async () => {
    const before = await logIn(atProvider(undefined, there(0)));
    setTime(at(3));
    const after = await logIn(atProvider(undefined, there(3)));
    expect(await world.index.logOut({ issuedAt: there(1) })).toEqual({ kind: "ending", ended: 1, left: 0 });
    expect(await principalOf(before.client)).toBe(undefined);
    expect(await principalOf(after.client)).toBe(world.principal);
  });

  it("within the second of the login ends that login", async () => {
    const one = await logIn(atProvider(undefined, there(0)));
    setTime(T0 + 30);
    expect(await world.index.logOut({ issuedAt: there(0) })).toMatchObject({ ended: 1 });
    expect(await principalOf(one.client)).toBe(undefined);
  });

  it("that comes again after a new login ends nobody", async () => {
    await logIn(atProvider("a", there(0)));
    await world.index.logOut({ sid: "a" });
    await world.index.logOut({ issuedAt: there(1) });
    setTime(at(5));
    const anew = await logIn(atProvider("b", there(5)));
    expect(await world.index.logOut({ sid: "a" })).toMatchObject({ ended: 0 });
    expect(await world.index.logOut({ issuedAt: there(1) })).toMatchObject({ ended: 0 });
    expect(await principalOf(anew.client)).toBe(world.principal);
  });

  it.each([{ sid: "a" }, { issuedAt: there(1) }])(
    "%j ends a login that the index had not heard of, as soon as it does",
    async (logout) => {
      world.losses.set("confirm", "request");
      const { client, id } = await logIn(atProvider("a", there(0)));
      world.losses.clear();
      expect(await world.index.logOut(logout)).toEqual({ kind: "ending", ended: 0, left: 0 });
      await world.sessions.ring(id);
      await world.settled();
      expect(await principalOf(client)).toBe(undefined);
      expect(await world.rows()).toEqual([]);
    },
  );

  it("spares sessions that no provider has logged in", async () => {
    const { client } = await logIn();
    await world.index.logOut({ issuedAt: there(9) });
    expect(await principalOf(client)).toBe(world.principal);
  });

  it("ends a session by the provider's session under which its visitor has confirmed the login later", async () => {
    const { client, id } = await logIn(atProvider("a", there(0)));
    setTime(at(60));
    await logIn(atProvider("b", there(60)), client);
    expect(await states()).toEqual([[id, "live"]]);
    expect(await world.index.logOut({ sid: "a" })).toMatchObject({ ended: 0 });
    expect(await world.index.logOut({ sid: "b" })).toMatchObject({ ended: 1 });
    expect(await principalOf(client)).toBe(undefined);
  });

  it("ends a session by its newest name at the provider, even if the second login came within the same second", async () => {
    const { client, id } = await logIn(atProvider("a", there(0)));
    await logIn(atProvider("b", there(0)), client);
    expect(await states()).toEqual([[id, "live"]]);
    expect(await world.index.logOut({ sid: "a" })).toMatchObject({ ended: 0 });
    expect(await world.index.logOut({ sid: "b" })).toMatchObject({ ended: 1 });
    expect(await principalOf(client)).toBe(undefined);
  });

  it("goes on by alarm with a session that is out of reach, until it has ended", async () => {
    const { client } = await logIn(atProvider("a", there(0)));
    world.losses.set("end", "request");
    expect(await world.index.logOut({ sid: "a" })).toEqual({ kind: "ending", ended: 0, left: 1 });
    world.losses.clear();
    setTime(at(10));
    await world.ring();
    expect(await principalOf(client)).toBe(undefined);
  });

  it("is remembered for as long as a session may live, and for the newest hundred sessions at the provider", async () => {
    for (let number = 0; number <= 100; number++) await world.index.logOut({ sid: `s-${number}` });
    expect(world.alarm()).toBe(T0 + 31_536_000_000);
    expect(await confirmed("late", { sid: "s-1", issuedAt: there(0) })).toEqual({ kind: "ended" });
    expect(await confirmed("later", { sid: "s-0", issuedAt: there(0) })).toEqual({ kind: "indexed" });
  });

  it("tells nobody who lists the sessions what the provider calls them", async () => {
    await logIn(atProvider("a", there(0)));
    expect(JSON.stringify(await world.index.list())).not.toMatch(/sid|issuedAt/);
  });
});
