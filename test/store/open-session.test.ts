import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NO_CREDENTIALS } from "../../src/carriers/credentials.ts";
import { Client, createEdge, doneOf, type Edge, setTime } from "../support/edge.ts";
import { at, T0 } from "../support/time.ts";

let edge: Edge;
beforeEach(() => {
  setTime(T0);
  edge = createEdge();
});
afterEach(() => vi.useRealTimers());

/** Makes a client whose session holds a basket; its token has come back, and the edge has renewed it. */
async function shopper(): Promise<Client> {
  const client = new Client();
  await edge.visit(client);
  await edge.visit(client, { ask: () => ({ patches: [{ basket: "tea" }] }) });
  return client;
}

describe("a visitor of whom nothing is stored", () => {
  it("asks no store, at the first visit and at every later visit", async () => {
    const client = new Client();
    const first = await edge.visit(client);
    expect(first).toMatchObject({ opened: { source: "none" }, calls: [] });
    const second = await edge.visit(client);
    expect(second).toMatchObject({ opened: { source: "new" }, calls: [] });
    expect(second.session?.id).toBe(first.session?.id);
    expect((await edge.visit(client, { strict: true })).calls).toEqual([]);
  });

  it("costs one call with their first change", async () => {
    const client = new Client();
    await edge.visit(client);
    const { calls, session } = await edge.visit(client, { ask: () => ({ patches: [{ a: 1 }] }) });
    expect(calls).toEqual(["commit"]);
    expect(session?.isNew).toBe(true);
  });
});

describe("a token that does not open", () => {
  it.each([
    ["forged", (text: string) => `${text[0]}${text[1] === "A" ? "B" : "A"}${text.slice(2)}`],
    ["cut", (text: string) => text.slice(0, 80)],
    ["of another ring", () => "A".repeat(84)],
    ["empty", () => ""],
  ])("%s, reaches no store and gets no session", async (_what, spoil) => {
    const client = await shopper();
    const known = (await edge.visit(client)).session?.id;
    for (const strict of [false, true]) {
      const { session, calls } = await edge.visit(new Client({ ...NO_CREDENTIALS, token: spoil(client.token ?? "") }), {
        strict,
      });
      expect(calls).toEqual([]);
      expect(session).toMatchObject({ isNew: true, returning: false });
      expect(session?.id).not.toBe(known);
    }
  });

  it("expired, reaches no store", async () => {
    const client = await shopper();
    setTime(at(3_960));
    expect(await edge.visit(client)).toMatchObject({ calls: [], opened: { source: "none" } });
  });
});

describe("a clean read", () => {
  it("asks the authority until the token has settled, then memory", async () => {
    const client = await shopper();
    expect(await edge.visit(client)).toMatchObject({ calls: ["read"], opened: { source: "object" } });
    setTime(at(5));
    expect(await edge.visit(client)).toMatchObject({ calls: ["read"], opened: { source: "object" } });
    const third = await edge.visit(client);
    expect(third).toMatchObject({
      calls: [],
      opened: { source: "memory" },
      session: { attributes: { basket: "tea" } },
    });
  });

  it("writes nothing and leaves the token as it is", async () => {
    const client = await shopper();
    const { write, calls } = await edge.visit(client);
    expect([write, calls]).toEqual([{ kind: "none" }, ["read"]]);
  });

  it("asks the authority again when memory's copy is five seconds old", async () => {
    const client = await shopper();
    setTime(at(5));
    await edge.visit(client);
    setTime(at(10));
    expect((await edge.visit(client)).calls).toEqual([]);
    setTime(at(10.001));
    expect((await edge.visit(client)).calls).toEqual(["read"]);
  });

  it("asks the authority every time on a strict route", async () => {
    const client = await shopper();
    setTime(at(5));
    for (let i = 0; i < 3; i++) expect((await edge.visit(client, { strict: true })).calls).toEqual(["read"]);
  });

  it("is answered by another isolate's memory never with less than the client has seen", async () => {
    const elsewhere = createEdge({ tokens: edge.tokens });
    const client = await shopper();
    setTime(at(6));
    await elsewhere.visit(client.copy());
    await edge.visit(client, { ask: () => ({ patches: [{ basket: "mug" }] }) });
    expect(await elsewhere.visit(client)).toMatchObject({
      calls: ["read"],
      session: { attributes: { basket: "mug" } },
    });
  });

  it("of a token that is older than the shown version gets a new token: the version that was seen is in the token", async () => {
    const client = await shopper();
    const other = client.copy();
    await edge.visit(client, { ask: () => ({ patches: [{ more: 1 }] }) });
    const { write, session } = await edge.visit(other);
    expect(write.kind).toBe("write");
    expect((await edge.texts.open(other.text ?? "", T0))?.version).toBe(session?.view?.version);
  });
});

describe("a touch", () => {
  it("is throttled to a tenth of the idle timeout", async () => {
    const client = await shopper();
    setTime(at(359));
    expect((await edge.visit(client)).calls).toEqual(["read"]);
    setTime(at(360));
    const touched = await edge.visit(client);
    expect(touched.calls).toEqual(["commit"]);
    expect(touched.write).toMatchObject({ kind: "write", expiresAt: at(360 + 3_960) });
    setTime(at(366));
    expect((await edge.visit(client)).calls).toEqual(["read"]);
    expect((await edge.visit(client)).calls).toEqual([]);
  });

  it("comes at a token's first return, which gives the session its full life", async () => {
    const client = new Client();
    const founded = await edge.visit(client, { ask: () => ({ patches: [{ a: 1 }] }) });
    expect(founded.write).toMatchObject({ expiresAt: at(600) });
    setTime(at(20));
    expect(await edge.visit(client)).toMatchObject({
      calls: ["read", "commit"],
      write: { kind: "write", expiresAt: at(20 + 3_960) },
    });
  });

  it("gives it also when the token returns within the second in which it was signed", async () => {
    const client = new Client();
    setTime(T0 + 200);
    await edge.visit(client, { ask: () => ({ patches: [{ a: 1 }] }) });
    setTime(T0 + 700);
    expect((await edge.visit(client)).write).toMatchObject({ kind: "write", expiresAt: at(3_960) });
    setTime(at(601));
    expect((await edge.visit(client)).session).toMatchObject({ returning: true, attributes: { a: 1 } });
  });

  it("that fails does not fail the request, and the session stands", async () => {
    const client = await shopper();
    setTime(at(365));
    await edge.visit(client, { strict: true });
    setTime(at(725));
    const visited = await edge.visit(client, {
      meanwhile: async () => {
        edge.authority.down = true;
      },
    });
    expect(doneOf(visited)).toMatchObject({
      view: { attributes: { basket: "tea" } },
      untouched: { kind: "unavailable" },
    });
    expect(visited.write).toEqual({ kind: "none" });
  });
});

describe("a session that is gone", () => {
  it("by its end: the token gets a fresh, unsaved session, under another key", async () => {
    const client = await shopper();
    const thief = client.copy();
    const before = (await edge.visit(client, { ask: () => ({ end: true }) })).session;
    const { session, write } = await edge.visit(thief, { navigates: false });
    expect(session).toMatchObject({ isNew: true, returning: false, attributes: {} });
    expect(session?.id).not.toBe(before?.id);
    expect(write).toEqual({ kind: "none" });
  });

  it("with its tombstone: a token of a version above 0 tells that it has ended", async () => {
    const client = await shopper();
    const { session } = await edge.visit(client);
    const lost = createEdge({
      tokens: edge.tokens,
      authority: { ...edge.authority, calls: [], read: async () => ({ kind: "miss" }) },
    });
    const visited = await lost.visit(client);
    expect(visited.session).toMatchObject({ isNew: true, returning: false });
    expect(visited.session?.id).not.toBe(session?.id);
  });

  it("by a newer generation, to a session that is superseded", async () => {
    const client = await shopper();
    const planted = client.copy();
    await edge.visit(client, { ask: () => ({ principal: "alice" }) });
    const shown = await edge.visit(planted);
    expect(shown.session).toMatchObject({ returning: true, principal: undefined, attributes: { basket: "tea" } });
    await edge.visit(client);
    setTime(at(30));
    expect((await edge.visit(planted)).session).toMatchObject({ isNew: true, returning: false });
  });
});

describe("while the authority is out of reach", () => {
  it("a session that memory may still answer for is served", async () => {
    const client = await shopper();
    setTime(at(6));
    await edge.visit(client);
    edge.authority.down = true;
    expect(await edge.visit(client)).toMatchObject({ calls: [], session: { attributes: { basket: "tea" } } });
  });

  it.each([
    ["a returning visitor", {}],
    ["a strict route", { strict: true }],
    ["a page that is navigated to", { navigates: true }],
  ])("%s is neither logged out nor given a token: unavailable is not missing", async (_what, visit) => {
    const client = await shopper();
    const held = client.text;
    edge.authority.down = true;
    expect(await edge.visit(client, visit)).toMatchObject({ opened: { kind: "unavailable" }, write: { kind: "none" } });
    expect(client.text).toBe(held);
    edge.authority.down = false;
    expect((await edge.visit(client)).session?.attributes).toEqual({ basket: "tea" });
  });

  it("a visitor of whom nothing is stored notices nothing", async () => {
    edge.authority.down = true;
    const client = new Client();
    await edge.visit(client);
    expect(await edge.visit(client)).toMatchObject({ opened: { kind: "session" }, calls: [] });
  });

  it("a session that memory still has, though not fresh, is served where the route says so, and told to be stale", async () => {
    const client = await shopper();
    setTime(at(6));
    await edge.visit(client);
    setTime(at(60));
    edge.authority.down = true;
    expect(await edge.visit(client, { onStale: "refuse" })).toMatchObject({ opened: { kind: "unavailable" } });
    expect(await edge.visit(client, { onStale: "serve" })).toMatchObject({
      opened: { source: "memory" },
      marks: false,
      session: { attributes: { basket: "tea" }, stale: true, journaled: false },
      write: { kind: "none" },
    });
  });
});
