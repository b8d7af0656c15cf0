import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { end, login, patch, rotate } from "../support/asks.ts";
import { Client, createEdge, doneOf, type Edge, setTime, type Visited } from "../support/edge.ts";
import { POLICY } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";

let edge: Edge;
let client: Client;

beforeEach(() => {
  setTime(T0);
  edge = createEdge();
  client = new Client();
});
afterEach(() => vi.useRealTimers());

const opened = (text: string | undefined) => edge.texts.open(text ?? "", Date.now());
const generationOf = async (holder: Client) => (await opened(holder.text))?.generation;

/** Visits without a token, so that the client receives a token of version 0. Then founds the session with a basket. */
async function shop(): Promise<Visited> {
  await edge.visit(client);
  return edge.visit(client, patch({ basket: "tea" }));
}

describe("a login", () => {
  it("gives the new generation's proof to the response that rotated, and to it alone", async () => {
    await shop();
    const late = client.copy();
    const { write } = await edge.visit(client, login("alice"));
    expect(write).toMatchObject({
      credentials: { token: expect.stringMatching(/^[^.]{84}$/), proof: expect.stringMatching(/^[^.]{56}$/) },
    });
    expect(await generationOf(client)).toBe(1);

    setTime(at(20));
    const racing = await edge.visit(late, patch({ coupon: 1 }));
    expect(racing.write).toMatchObject({ credentials: { token: expect.stringMatching(/^[^.]{84}$/), proof: "" } });
    client.receive(racing.write);
    expect(await generationOf(client)).toBe(1);
    const { session } = await edge.visit(client);
    expect(session).toMatchObject({ principal: "alice" });
    expect(session?.attributes).toEqual({ basket: "tea" });
  });

  it("keeps the key, so that it moves nobody to another origin", async () => {
    const before = (await shop()).session?.id;
    expect(doneOf(await edge.visit(client, login("alice"))).view?.id).toBe(before);
  });

  it("of a first visit founds the session and rotates it", async () => {
    const { calls, committed } = await edge.visit(client, login("alice"));
    expect(calls).toEqual(["commit"]);
    expect(committed).toMatchObject({ rotated: true, view: { principal: "alice", generation: 1 } });
    expect(await generationOf(client)).toBe(1);
  });

  it("whose response is lost costs nobody their basket", async () => {
    await shop();
    await edge.visit(client.copy(), login("alice"));
    setTime(at(1_000));
    const { session } = await edge.visit(client);
    expect(session).toMatchObject({ returning: true, principal: undefined, attributes: { basket: "tea" } });
  });

  it("as somebody else ends the session and starts one of its own, with nothing of the first", async () => {
    await shop();
    const first = doneOf(await edge.visit(client, login("alice"))).view;
    const alices = client.copy();
    const { committed } = await edge.visit(client, {
      ask: () => ({ patches: [{ greeting: "hello" }], principal: "bob" }),
    });
    expect(committed).toMatchObject({
      kind: "done",
      rotated: true,
      view: { version: 1, generation: 1, principal: "bob", attributes: { greeting: "hello" } },
    });
    expect(doneOf({ committed } as Visited).view?.id).not.toBe(first?.id);
    expect((await edge.visit(client)).session).toMatchObject({ principal: "bob" });
    expect((await edge.visit(alices)).session).toMatchObject({ isNew: true, principal: undefined });
  });

  it("of a session that has ended meanwhile starts one of its own", async () => {
    await shop();
    const other = client.copy();
    const { committed } = await edge.visit(client, { ...login("alice"), meanwhile: () => edge.visit(other, end) });
    expect(committed).toMatchObject({ kind: "done", rotated: true, view: { principal: "alice", attributes: {} } });
    expect((await edge.visit(client)).session).toMatchObject({ principal: "alice" });
  });
});

describe("a request of a superseded generation", () => {
  /** The session was logged in elsewhere; the planted token is of the generation before. */
  async function plantedToken(): Promise<Client> {
    await shop();
    const planted = client.copy();
    await edge.visit(client, {
      ask: () => ({ principal: "alice", patches: [{ address: "her own" }] }),
    });
    return planted;
  }

  it("that logs in gets a session of its own from what it was shown, never with the principal", async () => {
    const planted = await plantedToken();
    const victim = (await edge.visit(client)).session;
    const { committed } = await edge.visit(planted, login("mallory"));
    const { view } = doneOf({ committed } as Visited);
    expect(view).toMatchObject({ principal: "mallory", generation: 1, attributes: { basket: "tea" } });
    expect(view?.attributes).not.toHaveProperty("address");
    expect(view?.id).not.toBe(victim?.id);
    expect((await edge.visit(planted)).session).toMatchObject({ principal: "mallory" });
    expect((await edge.visit(client)).session).toMatchObject({
      principal: "alice",
      attributes: { address: "her own" },
    });
  });

  it("that logs in by attributes gets a session of its own at generation 1, without the principal", async () => {
    const planted = await plantedToken();
    const { committed } = await edge.visit(planted, {
      ask: () => ({ rotate: true, patches: [{ user: "mallory" }] }),
    });
    const attributes = { basket: "tea", user: "mallory" };
    expect(doneOf({ committed } as Visited).view).toMatchObject({ generation: 1, attributes });
    expect((await edge.visit(client)).session?.attributes).not.toHaveProperty("user");
    expect(doneOf({ committed } as Visited).view).not.toHaveProperty("principal");
  });

  it("gets a session of its own without the attributes, when the view belongs to somebody", async () => {
    await plantedToken();
    const older = client.copy();
    await edge.visit(client, rotate);
    const { session, committed } = await edge.visit(older, login("mallory"));
    expect(session?.principal).toBe("alice");
    expect(doneOf({ committed } as Visited).view).toMatchObject({ principal: "mallory", attributes: {} });
  });

  it("has its patches refused beside the login, kept apart while it is served, and refused afterwards", async () => {
    const planted = await plantedToken();
    const refused = await edge.visit(planted, patch({ a: 0 }));
    expect([refused.committed, refused.write]).toEqual([{ kind: "ended" }, { kind: "none" }]);
    setTime(at(20));
    expect((await edge.visit(planted, patch({ a: 1 }))).committed).toMatchObject({
      kind: "done",
      view: { generation: 0 },
    });
    await edge.visit(client);
    const { committed, write } = await edge.visit(planted, {
      ...patch({ b: 1 }),
      meanwhile: async () => setTime(at(51)),
    });
    expect([committed, write]).toEqual([{ kind: "ended" }, { kind: "none" }]);
    expect((await edge.visit(client)).session?.attributes).toEqual({ basket: "tea", address: "her own" });
  });

  it("cannot end the session: while the new generation is in use its end is refused", async () => {
    const planted = await plantedToken();
    await edge.visit(client);
    const { committed, write } = await edge.visit(planted, end);
    expect([committed, write]).toEqual([{ kind: "ended" }, { kind: "none" }]);
    expect((await edge.visit(client)).session).toMatchObject({ principal: "alice" });
  });

  it("cannot end the session: before that it ends what all of the older generation are shown", async () => {
    const planted = await plantedToken();
    const other = planted.copy();
    const { committed, write } = await edge.visit(planted, end);
    expect(committed).toMatchObject({ kind: "done", ended: true });
    expect(write).toEqual({ kind: "clear" });
    expect((await edge.visit(other)).session?.isNew).toBe(true);
    const hers = { principal: "alice", attributes: { basket: "tea", address: "her own" } };
    expect((await edge.visit(client)).session).toMatchObject(hers);
  });

  it("is never answered by memory, even after a change of its own", async () => {
    const planted = await plantedToken();
    const elsewhere = createEdge({ tokens: edge.tokens });
    await edge.visit(client);
    setTime(at(6));
    await elsewhere.visit(planted.copy(), patch({ a: 1 }));
    await elsewhere.visit(planted.copy());
    expect((await elsewhere.visit(planted.copy())).calls).toEqual(["read"]);
  });
});

describe("an origin that has written through the session API", () => {
  /** Patches the session as the API does, by the authority directly. */
  async function writeThroughApi(generation = 0): Promise<void> {
    const token = await opened(client.text);
    const ref = { id: token?.id ?? "", generation, bornAt: 0, arrivedAt: Date.now() };
    const id = crypto.randomUUID();
    await edge.parts.authority.commit(ref, {
      id,
      patches: [{ api: id }],
      expiresAt: Date.now() + 8_000,
      policy: POLICY,
    });
  }

  it("is followed: the token tells the client the version that it has caused", async () => {
    await shop();
    const visited = await edge.visit(client, { version: 2, meanwhile: () => writeThroughApi() });
    expect(visited).toMatchObject({ committed: { kind: "done", view: { version: 2 } }, write: { kind: "write" } });
    expect((await opened(client.text))?.version).toBe(2);
    expect((await edge.visit(client)).session?.attributes).toHaveProperty("api");
  });

  it("costs no call when the response is as new as that", async () => {
    await shop();
    const { calls } = await edge.visit(client, { ...patch({ a: 1 }), version: 2 });
    expect(calls).toEqual(["read", "commit"]);
  });

  it("costs no call for a session that exists nowhere or has just ended", async () => {
    expect((await edge.visit(client, { version: 2 })).calls).toEqual([]);
    await shop();
    expect((await edge.visit(client, { ...end, version: 9 })).calls).toEqual(["read", "commit"]);
  });

  it("does not make the rotation beside it count as used: its response may be lost", async () => {
    await shop();
    const planted = client.copy();
    await edge.visit(client, { ...login("alice"), version: 99 });
    setTime(at(600));
    expect((await edge.visit(planted)).session).toMatchObject({ returning: true, attributes: { basket: "tea" } });
  });

  it("in a generation before is followed there", async () => {
    await shop();
    const older = client.copy();
    await edge.visit(client, login("alice"));
    setTime(at(20));
    const { committed } = await edge.visit(older, { version: 3, meanwhile: () => writeThroughApi(0) });
    expect(committed).toMatchObject({
      kind: "done",
      view: { version: 3, generation: 0, attributes: { basket: "tea" } },
    });
  });

  it("is not followed into another session, when the change has started one of its own", async () => {
    await shop();
    const older = client.copy();
    await edge.visit(client, login("alice"));
    setTime(at(20));
    await edge.visit(client);
    const { committed } = await edge.visit(older, {
      ...rotate,
      version: 9,
      meanwhile: async () => setTime(at(31)),
    });
    expect(committed).toMatchObject({ kind: "done", view: { version: 1, attributes: { basket: "tea" } } });
  });

  it("that has ended there is told: the response is not passed on", async () => {
    await shop();
    const other = client.copy();
    const { committed } = await edge.visit(client, { version: 9, meanwhile: () => edge.visit(other, end) });
    expect(committed).toEqual({ kind: "ended" });
  });

  it("that cannot be asked is unavailable", async () => {
    await shop();
    const meanwhile = async () => {
      edge.authority.down = true;
    };
    expect((await edge.visit(client, { version: 9, meanwhile })).committed).toMatchObject({ kind: "unavailable" });
  });
});
