import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { end, login, patch } from "../../support/asks.ts";
import { Client, setTime } from "../../support/edge.ts";
import { at, T0 } from "../../support/time.ts";
import { begin, listed, logIn, loginOf, refusing, world } from "./logins.ts";

beforeEach(() => begin());
afterEach(() => vi.useRealTimers());

const LIVE = { state: "live", dueAt: at(86_401), changeId: "" } as const;

describe("a login", () => {
  it("is indexed with its time, place and device", async () => {
    setTime(at(-20));
    const client = new Client();
    await world.edge.visit(client, patch({ basket: "tea" }));
    setTime(T0);
    const headers = { "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0" };
    const request = new Request("https://shop.test/", { headers });
    Object.defineProperty(request, "cf", { value: { country: "NL", colo: "AMS" } });
    const { id } = await logIn({ request }, client);
    setTime(at(400));
    await world.edge.visit(client);
    expect(await world.index.list()).toEqual({
      kind: "listed",
      count: 1,
      sessions: [
        {
          id,
          at: T0,
          bornAt: at(-20),
          absoluteDeadline: at(86_380),
          lastSeenAt: at(400),
          country: "NL",
          colo: "AMS",
          device: "Firefox on Linux",
        },
      ],
    });
  });

  it("costs one message behind its response, and no other request costs any message", async () => {
    const { client } = await logIn();
    expect(world.stepsTaken()).toEqual(["confirm"]);
    setTime(at(400));
    await world.edge.visit(client, patch({ a: 1 }));
    await world.edge.visit(client, login(world.principal));
    await world.edge.visit(client, { strict: true });
    await world.settled();
    expect(world.stepsTaken()).toEqual([]);
  });

  it("does not need the index, and is indexed when that is there again", async () => {
    for (const loss of ["request", "answer"] as const) {
      begin();
      world.losses.set("confirm", loss);
      const { id, kind } = await logIn();
      expect(kind).toBe("done");
      world.losses.clear();
      setTime(world.sessions.alarm(id)!);
      expect(Date.now()).toBe(at(10));
      await world.sessions.ring(id);
      await world.settled();
      expect(await listed()).toEqual([id]);
      expect(world.sessions.alarm(id)).toBeGreaterThan(at(500));
    }
  });

  it("is told again for as long as it takes, by an object that was replaced too", async () => {
    world.losses.set("confirm", "request");
    const { id } = await logIn();
    for (let tries = 0; tries < 3; tries++) {
      world.sessions.replace(id);
      setTime(world.sessions.alarm(id)!);
      await world.sessions.ring(id);
    }
    world.losses.clear();
    await world.sessions.ring(id);
    expect(await listed()).toEqual([id]);
  });
});

describe("the end of a session", () => {
  it("has the index forget the session, no matter why it ended", async () => {
    const { client } = await logIn();
    await world.edge.visit(client, end);
    const another = await logIn();
    await world.sessions.end(another.id);
    const idle = await logIn();
    setTime(at(3_960));
    await world.sessions.ring(idle.id);
    await world.settled();
    expect(await world.rows()).toEqual([]);
  });

  it("is found out when the index is asked, if telling it got lost", async () => {
    world.losses.set("forget", "request");
    const { client } = await logIn();
    await world.edge.visit(client, end);
    await world.settled();
    expect(await world.index.count()).toEqual({ kind: "counted", count: 1 });
    expect(await listed()).toEqual([]);
    expect(await world.index.count()).toEqual({ kind: "counted", count: 0 });
  });

  it("is known by its absolute deadline at the latest, and then nothing is stored any more", async () => {
    world.losses.set("forget", "request");
    const { client } = await logIn();
    await world.edge.visit(client, end);
    await world.settled();
    expect(world.alarm()).toBe(at(86_401));
    setTime(at(86_401));
    await world.ring();
    expect(await world.rows()).toEqual([]);
    expect(world.alarm()).toBe(null);
  });
});

describe("a list", () => {
  it("comes in pages, the newest login first", async () => {
    const ids: string[] = [];
    for (let second = 0; second < 5; second++) {
      setTime(at(second));
      ids.unshift((await logIn()).id);
    }
    const first = await world.index.list(2);
    if (first.kind !== "listed") throw first.cause;
    const second = await world.index.list(2, first.next);
    if (second.kind !== "listed") throw second.cause;
    const third = await world.index.list(2, second.next);
    if (third.kind !== "listed") throw third.cause;
    expect([first, second, third].flatMap(({ sessions }) => sessions.map(({ id }) => id))).toEqual(ids);
    expect(third.next).toBe(undefined);
  });

  it("shows a session whose authority is out of reach, without the time when it was last seen", async () => {
    await logIn();
    world.losses.set("look", "request");
    const answer = await world.index.list();
    expect(answer).toMatchObject({ kind: "listed", sessions: [{ at: T0 }] });
    if (answer.kind === "listed") expect(answer.sessions[0]).not.toHaveProperty("lastSeenAt");
  });
});

describe("an index that is full", () => {
  it("ends the oldest session, so that ending all still ends all", async () => {
    const limit = { sessions: 5, onTooMany: "refuse" } as const;
    refusing(5);
    await world.inIndex(async (_, rows) => {
      for (let n = 0; n < 10_000; n++) rows.put({ ...loginOf(`s-${n}`, { at: at(n) }), ...LIVE });
    });
    await world.index.confirm({ login: loginOf("last", { at: at(20_000) }), limit });
    await world.settled();
    expect(await world.index.count()).toEqual({ kind: "counted", count: 10_000 });
    const rows = await world.rows();
    expect(rows.find(({ id }) => id === "s-0")).toBe(undefined);
    expect(rows.find(({ id }) => id === "last")).toBeDefined();
  }, 60_000);
});
