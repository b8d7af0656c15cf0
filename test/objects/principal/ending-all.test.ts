import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setTime } from "../../support/edge.ts";
import { at, T0 } from "../../support/time.ts";
import { begin, listed, logIn, loginOf, principalOf, states, world } from "./logins.ts";

beforeEach(() => begin());
afterEach(() => vi.useRealTimers());

describe("ending all sessions of a principal", () => {
  it("ends each of them at its authority before it answers", async () => {
    const [one, other] = [await logIn(), await logIn()];
    expect(await world.index.endAll()).toEqual({ kind: "ending", ended: 2, left: 0 });
    expect(world.sessions.record(one.id)).toMatchObject({ ended: { reason: "revoked" }, attributes: {} });
    expect(await principalOf(one.client)).toBe(undefined);
    expect(await principalOf(other.client)).toBe(undefined);
    expect(await world.rows()).toEqual([]);
  });

  it("spares one session, if that is asked for", async () => {
    const [one, mine, other] = [await logIn(), await logIn(), await logIn()];
    expect(await world.index.endAll(mine.id)).toEqual({ kind: "ending", ended: 2, left: 0 });
    expect(await listed()).toEqual([mine.id]);
    expect(await principalOf(mine.client)).toBe(world.principal);
    for (const { client } of [one, other]) expect(await principalOf(client)).toBe(undefined);
  });

  it("spares a session although the index knew neither the session nor, when it was told, its login", async () => {
    world.losses.set("confirm", "request");
    const mine = await logIn();
    world.losses.clear();
    const other = await logIn();
    expect(await world.index.endAll(mine.id)).toEqual({ kind: "ending", ended: 1, left: 0 });
    await world.sessions.ring(mine.id);
    await world.settled();
    expect(await principalOf(mine.client)).toBe(world.principal);
    expect(await principalOf(other.client)).toBe(undefined);
  });

  it("does nothing if the session to spare cannot be asked", async () => {
    world.losses.set("confirm", "request");
    const mine = await logIn();
    world.losses.clear();
    const other = await logIn();
    world.losses.set("look", "request");
    expect(await world.index.endAll(mine.id)).toMatchObject({ kind: "unavailable" });
    expect(await principalOf(other.client)).toBe(world.principal);
  });

  it("ends a login that the index had not heard of, as soon as it does", async () => {
    world.losses.set("confirm", "request");
    const { client, id } = await logIn();
    world.losses.clear();
    setTime(at(1));
    expect(await world.index.endAll()).toEqual({ kind: "ending", ended: 0, left: 0 });
    await world.sessions.ring(id);
    await world.settled();
    expect(world.sessions.record(id)).toMatchObject({ ended: { reason: "revoked" } });
    expect(await principalOf(client)).toBe(undefined);
    expect(await world.rows()).toEqual([]);
  });

  it("allows every new login after it", async () => {
    await logIn();
    await world.index.endAll();
    setTime(at(1));
    const { client, id } = await logIn();
    expect(await principalOf(client)).toBe(world.principal);
    expect(await listed()).toEqual([id]);
  });

  it("goes on by alarm with sessions that are out of reach, until they are ended", async () => {
    const { client, id } = await logIn();
    world.losses.set("end", "request");
    expect(await world.index.endAll()).toEqual({ kind: "ending", ended: 0, left: 1 });
    expect(world.alarm()).toBe(at(10));
    setTime(at(10));
    await world.ring();
    expect(await states()).toEqual([[id, "ending"]]);
    world.losses.set("end", "answer");
    setTime(at(20));
    await world.ring();
    expect(await principalOf(client)).toBe(undefined);
    world.losses.clear();
    setTime(at(30));
    await world.ring();
    expect(await world.rows()).toEqual([]);
  });

  it("goes through many in batches, each by an alarm that rings at once", async () => {
    const ids = Array.from({ length: 450 }, (_, index) => `s-${index}`);
    const limit = { sessions: 10_000, onTooMany: "end-oldest" } as const;
    await world.inIndex(async (index) => {
      for (const id of ids) await index.confirm({ login: loginOf(id), limit });
    });
    expect(await world.index.endAll()).toEqual({ kind: "ending", ended: 200, left: 250 });
    const rung: (number | null)[] = [];
    while ((await world.rows()).length > 0) {
      rung.push(world.alarm());
      await world.ring();
    }
    expect(rung).toEqual([T0, T0]);
  });

  it("answers without sessions for an unknown principal, and stores nothing for the question", async () => {
    expect(await world.index.count()).toEqual({ kind: "counted", count: 0 });
    expect(await world.index.list()).toEqual({ kind: "listed", count: 0, sessions: [] });
    expect(world.alarm()).toBe(null);
  });
});
