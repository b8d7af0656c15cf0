import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { end, login, patch } from "../../support/asks.ts";
import { Client, setTime } from "../../support/edge.ts";
import { at } from "../../support/time.ts";
import { begin, listed, logIn, principalOf, refusing, states, world } from "./logins.ts";

beforeEach(() => begin());
afterEach(() => vi.useRealTimers());

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
