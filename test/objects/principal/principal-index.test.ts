import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SessionLimit } from "../../../src/session/change.ts";
import { end, login, patch } from "../../support/asks.ts";
import { Client, doneOf, setTime, type Visit } from "../../support/edge.ts";
import { createPrincipalWorld, type PrincipalWorld } from "../../support/principals.ts";
import { at, T0 } from "../../support/time.ts";

let world: PrincipalWorld;

beforeEach(() => begin());
afterEach(() => vi.useRealTimers());

function begin(limit?: SessionLimit): void {
  setTime(T0);
  world = createPrincipalWorld(limit);
}
const refusing = (sessions: number) => begin({ sessions, onTooMany: "refuse" });

/**
 * A client that has logged in, or has tried to. Work after the answer is done when the function returns, unless it is
 * left open.
 */
async function logIn(visit: Visit = {}, client = new Client(), { settle = true } = {}) {
  await world.edge.visit(client);
  const visited = await world.edge.visit(client, { ...login(world.principal), ...visit });
  if (settle) await world.settled();
  const id = visited.committed?.kind === "done" ? doneOf(visited).session.token.id : visited.session!.id;
  return { client, visited, id, kind: visited.committed?.kind };
}
/** The principal of the session that a client is shown at once. */
async function principalOf(client: Client): Promise<string | undefined> {
  const { session } = await world.edge.visit(client, { strict: true });
  await world.settled();
  return session?.principal;
}
async function listed(): Promise<string[]> {
  const answer = await world.index.list();
  if (answer.kind !== "listed") throw answer.cause;
  return answer.sessions.map(({ id }) => id);
}
const states = async () => (await world.rows()).map(({ id, state }) => [id, state]);

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

const LIVE = { state: "live", dueAt: at(86_401), changeId: "" } as const;

function loginOf(id: string, given: { at?: number } = {}) {
  return { id, at: T0, bornAt: T0, absoluteDeadline: at(86_400), country: "", colo: "", device: "", ...given };
}

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

describe("above a limit that ends the oldest", () => {
  it("the session that logged in first is ended, as soon as the new session is indexed", async () => {
    begin({ sessions: 2, onTooMany: "end-oldest" });
    const clients = [];
    for (let second = 0; second < 4; second++) {
      setTime(at(second));
      clients.push((await logIn()).client);
    }
    expect(await Promise.all(clients.map(principalOf))).toEqual([
      undefined,
      undefined,
      world.principal,
      world.principal,
    ]);
    expect((await listed()).length).toBe(2);
  });

  it("no session is ended by a login that is not committed", async () => {
    begin({ sessions: 1, onTooMany: "end-oldest" });
    const { client } = await logIn();
    world.authority.down = true;
    expect((await logIn()).kind).toBe("unavailable");
    world.authority.down = false;
    expect(await principalOf(client)).toBe(world.principal);
  });

  it("the oldest is ended when it can be, if it was out of reach", async () => {
    begin({ sessions: 1, onTooMany: "end-oldest" });
    const first = await logIn();
    world.losses.set("end", "request");
    setTime(at(1));
    const second = await logIn();
    world.losses.clear();
    expect(world.alarm()).toBe(at(11));
    setTime(at(11));
    await world.ring();
    expect(await principalOf(first.client)).toBe(undefined);
    expect(await principalOf(second.client)).toBe(world.principal);
  });
});

describe("above a limit that refuses", () => {
  it("a login is refused, and the session has no principal", async () => {
    refusing(2);
    await logIn();
    await logIn();
    const client = new Client();
    await world.edge.visit(client, patch({ basket: "tea" }));
    const { kind, visited } = await logIn({}, client);
    expect(kind).toBe("too-many-sessions");
    expect(visited.write).toEqual({ kind: "none" });
    const { session } = await world.edge.visit(client, { strict: true });
    expect([session?.principal, session?.attributes]).toEqual([undefined, { basket: "tea" }]);
    expect((await listed()).length).toBe(2);
  });

  it("of many logins at once, as many get in as may", async () => {
    refusing(3);
    await logIn();
    const clients = Array.from({ length: 12 }, () => new Client());
    const tried = await Promise.all(clients.map((client) => logIn({}, client, { settle: false })));
    await world.settled();
    expect(tried.filter(({ kind }) => kind === "done").length).toBe(2);
    expect(tried.filter(({ kind }) => kind === "too-many-sessions").length).toBe(10);
    expect((await listed()).length).toBe(3);
  });

  it("there is room again when a session has ended, even if the index was never told", async () => {
    refusing(1);
    world.losses.set("forget", "request");
    const { client } = await logIn();
    await world.edge.visit(client, end);
    expect((await logIn()).kind).toBe("done");
    setTime(at(3_960)); // idle
    expect((await logIn()).kind).toBe("done");
    await world.settled();
    expect((await world.rows()).length).toBe(1);
  });

  it("a login costs one message before it and one after", async () => {
    refusing(2);
    await logIn();
    expect(world.stepsTaken()).toEqual(["reserve", "confirm"]);
  });

  it("the same principal again, in their own session, takes no place", async () => {
    refusing(1);
    const { client, id } = await logIn();
    world.stepsTaken();
    expect((await logIn({}, client)).kind).toBe("done");
    expect(world.stepsTaken()).toEqual([]);
    expect(await listed()).toEqual([id]);
  });

  it("a login as another principal takes a single place, for the session that it starts", async () => {
    refusing(1);
    const client = new Client();
    await world.edge.visit(client);
    await world.edge.visit(client, login(`${world.principal}-before`));
    const { id, kind } = await logIn({}, client);
    expect(kind).toBe("done");
    expect(await states()).toEqual([[id, "live"]]);
  });

  it("a login of a session that was superseded takes a single place, too", async () => {
    refusing(1);
    const client = new Client();
    await world.edge.visit(client, patch({ basket: "tea" }));
    const tab = client.copy();
    await world.edge.visit(client, { ask: () => ({ rotate: true }) });
    await world.edge.visit(client);
    const { id, kind } = await logIn({}, tab);
    expect(kind).toBe("done");
    expect(await states()).toEqual([[id, "live"]]);
  });

  describe.each(["request", "answer"] as const)("when a %s is lost", (loss) => {
    it("of the reservation: 503, no principal is logged in, and the place is free again when the change has expired", async () => {
      refusing(1);
      world.losses.set("reserve", loss);
      const { kind } = await logIn();
      expect(kind).toBe("unavailable");
      world.losses.clear();
      if (loss === "answer") {
        expect((await logIn()).kind).toBe("too-many-sessions");
        expect(world.alarm()).toBe(at(9));
        setTime(at(9));
        await world.ring();
      }
      expect((await logIn()).kind).toBe("done");
    });

    it("of the reservation: a second attempt in the same session needs no second place", async () => {
      refusing(1);
      world.losses.set("reserve", loss);
      const { client } = await logIn();
      world.losses.clear();
      expect((await logIn({}, client)).kind).toBe("done");
    });

    it("of the confirmation: the place stays taken, until the session has told", async () => {
      refusing(1);
      world.losses.set("confirm", loss);
      const { id } = await logIn();
      expect((await logIn()).kind).toBe("too-many-sessions");
      setTime(at(9)); // the reservation is due, and the session still cannot tell
      if (world.alarm()! <= Date.now()) await world.ring();
      expect((await logIn()).kind).toMatch(/too-many-sessions|unavailable/);
      world.losses.clear();
      setTime(at(19));
      if (world.alarm()! <= Date.now()) await world.ring();
      expect(await states()).toEqual([[id, "live"]]);
      expect((await logIn()).kind).toBe("too-many-sessions");
    });

    it("of a look at sessions that may have ended: 503, because it is unknown whether there are too many", async () => {
      refusing(1);
      await logIn();
      world.losses.set("look", loss);
      expect((await logIn()).kind).toBe("unavailable");
    });
  });

  it("a commit whose answer is lost keeps its place: the session reports the login", async () => {
    refusing(1);
    const commits = world.authority.commit;
    world.authority.commit = async (ref, change) => {
      await commits(ref, change);
      return { kind: "unavailable", cause: new Error("lost") };
    };
    const { id, kind } = await logIn();
    world.authority.commit = commits;
    expect(kind).toBe("unavailable");
    expect(await states()).toEqual([[id, "live"]]);
    expect((await logIn()).kind).toBe("too-many-sessions");
  });

  it("a commit that never arrived frees its place when no store would apply it any more", async () => {
    refusing(1);
    world.authority.down = true;
    expect((await logIn()).kind).toBe("unavailable");
    world.authority.down = false;
    setTime(at(8));
    expect((await logIn()).kind).toBe("too-many-sessions");
    setTime(at(9));
    expect((await logIn()).kind).toBe("done");
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
