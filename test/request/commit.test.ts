import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { commit, type Done } from "../../src/request/commit.ts";
import { tokenFor } from "../../src/request/respond.ts";
import { NO_INTENT } from "../../src/session/session.ts";
import { end, login, patch } from "../support/asks.ts";
import { Client, createEdge, doneOf, type Edge, setTime, type Visited } from "../support/edge.ts";
import { POLICY, refTo } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";

let edge: Edge;
let client: Client;

/** The first call of an object loads the Worker's code, which may take longer than an edge waits. */
beforeAll(async () => {
  const { authority } = createEdge();
  const kind = async () => (await authority.read(refTo("first"), T0)).kind;
  await vi.waitFor(async () => expect(await kind()).toBe("miss"), { timeout: 60_000 });
}, 90_000);

beforeEach(() => {
  setTime(T0);
  edge = createEdge();
  client = new Client();
});
afterEach(() => vi.useRealTimers());

const opened = (text: string | undefined) => edge.texts.open(text ?? "", Date.now());

/** Visits without a token, so that the client receives a token of version 0. Then founds the session with a basket. */
async function shop(): Promise<Visited> {
  await edge.visit(client);
  return edge.visit(client, patch({ basket: "tea" }));
}

describe("a commit", () => {
  it("tells the client the new version, and nothing of the generation", async () => {
    const { committed, write } = await shop();
    expect(committed).toMatchObject({ kind: "done", view: { version: 1 }, rotated: false, ended: false });
    expect(write).toMatchObject({
      kind: "write",
      credentials: { token: expect.stringMatching(/^[^.]{84}$/), proof: "" },
      expiresAt: at(3_960),
    });
  });

  it("of no change, and its token, are there at once", async () => {
    await shop();
    setTime(at(1));
    await edge.visit(client);
    setTime(at(2));
    const { opened: known } = await edge.visit(client);
    if (known.kind !== "session") throw new Error(known.kind);
    const facts = { request: new Request("https://shop.test/"), toMark: new Set<string>() };
    const done = commit(known, NO_INTENT, facts, edge.parts) as Done;
    expect(done).toMatchObject({ kind: "done", rotated: false, ended: false });
    expect(tokenFor(done, { mayGiveFresh: false, withProof: false }, edge.parts)).toEqual({ kind: "none" });
  });

  it("is kept in memory, for tokens that have settled", async () => {
    await shop();
    const otherTab = client.copy();
    setTime(at(5));
    await edge.visit(client, patch({ more: 1 }));
    expect(await edge.visit(otherTab)).toMatchObject({
      calls: [],
      session: { attributes: { basket: "tea", more: 1 } },
    });
  });

  it("of attributes that are too large is refused, with the limit in the reason", async () => {
    await shop();
    const { committed, write } = await edge.visit(client, patch({ a: "x".repeat(2_000) }));
    expect(committed).toEqual({ kind: "refused", reason: "the attributes would pass 1024 bytes" });
    expect(write).toEqual({ kind: "none" });
  });

  it("that the authority cannot take is unavailable, never acknowledged", async () => {
    await shop();
    const held = client.text;
    const meanwhile = async () => {
      edge.authority.down = true;
    };
    for (const asked of [patch({ a: 1 }), login("alice"), end]) {
      edge.authority.down = false;
      const { committed, write } = await edge.visit(client, { ...asked, meanwhile });
      expect(committed).toMatchObject({ kind: "unavailable" });
      expect(write).toEqual({ kind: "none" });
    }
    expect(client.text).toBe(held);
  });

  it("that took longer to reach the authority than a change may is unavailable", async () => {
    await shop();
    edge.parts.authority.commit = async () => ({ kind: "refused", reason: "expired" });
    expect((await edge.visit(client, patch({ a: 1 }))).committed).toMatchObject({ kind: "unavailable" });
  });
});

describe("a first change under a token of a session that has ended meanwhile", () => {
  it("starts a session of its own: the origin was shown an empty one", async () => {
    await edge.visit(client);
    const other = client.copy();
    await edge.visit(other, patch({ a: 1 }));
    await edge.visit(other, end);
    const { session, committed } = await edge.visit(client, patch({ b: 2 }));
    expect(committed).toMatchObject({ kind: "done", view: { version: 1, attributes: { b: 2 } } });
    expect(doneOf({ committed } as Visited).view?.id).not.toBe(session?.id);
    expect((await edge.visit(client)).session?.attributes).toEqual({ b: 2 });
  });

  it("is over if it was under way when the visitor ended the session: nothing brings that back", async () => {
    await edge.visit(client);
    const held = client.copy();
    const logOut = async () => {
      setTime(at(1));
      await edge.visit(held, end);
    };
    const { committed, write, marks } = await edge.visit(client, { ...patch({ a: 1 }), meanwhile: logOut });
    expect([committed?.kind, write.kind, marks]).toEqual(["ended", "none", true]);
    expect((await edge.visit(client)).session?.attributes).toEqual({});
  });

  it("starts one if it was under way when the record was found to have run out", async () => {
    await edge.visit(client);
    await edge.visit(client.copy(), patch({ a: 1 }));
    setTime(at(700));
    const { committed } = await edge.visit(client, { ...patch({ b: 2 }), meanwhile: async () => setTime(at(701)) });
    expect(committed).toMatchObject({ kind: "done", view: { attributes: { b: 2 } } });
  });

  it("that has run past its founding deadline starts one as well", async () => {
    await edge.visit(client);
    setTime(at(7_199));
    const { committed } = await edge.visit(client, { ...patch({ a: 1 }), meanwhile: async () => setTime(at(7_201)) });
    expect(committed).toMatchObject({ kind: "done", view: { attributes: { a: 1 }, bornAt: at(7_201) } });
  });

  it("of a session that lives joins it: nothing of it is lost", async () => {
    await edge.visit(client);
    const other = client.copy();
    await edge.visit(other, patch({ a: 1 }));
    expect((await edge.visit(client, patch({ b: 2 }))).committed).toMatchObject({
      view: { attributes: { a: 1, b: 2 } },
    });
  });
});

describe("a patch of a session that has ended meanwhile", () => {
  it("is not acknowledged, and no session is started for it", async () => {
    await shop();
    const other = client.copy();
    const visited = await edge.visit(client, { ...patch({ a: 1 }), meanwhile: () => edge.visit(other, end) });
    expect([visited.committed, visited.write]).toEqual([{ kind: "ended" }, { kind: "none" }]);
  });
});

describe("an end", () => {
  it("makes the client forget its token", async () => {
    await shop();
    const { committed, write } = await edge.visit(client, end);
    expect(committed).toMatchObject({ kind: "done", ended: true });
    expect(write).toEqual({ kind: "clear" });
  });

  it("of a session that has ended already is acknowledged", async () => {
    await shop();
    const other = client.copy();
    const visited = await edge.visit(client, { ...end, meanwhile: () => edge.visit(other, end) });
    expect(visited).toMatchObject({ committed: { kind: "done", ended: true }, write: { kind: "clear" } });
  });

  it("asked for a request without a token does nothing: a cross-site post would log people out", async () => {
    const { calls, write } = await edge.visit(new Client(), end);
    expect([calls, write.kind]).toEqual([[], "write"]);
    expect((await edge.visit(new Client(), { ...end, navigates: false })).write).toEqual({ kind: "none" });
  });

  it("is seen at once where it was made: a token that comes after it gets no session", async () => {
    await shop();
    const thief = client.copy();
    setTime(at(6));
    await edge.visit(client);
    await edge.visit(client, end);
    expect((await edge.visit(thief)).session).toMatchObject({ isNew: true, returning: false });
  });
});

describe("a token is written", () => {
  const kind = (visited: Visited) => visited.write.kind;

  it("fresh, to a response that may give one, and never again until the first change", async () => {
    expect(kind(await edge.visit(client, { navigates: false }))).toBe("none");
    expect(await edge.visit(client)).toMatchObject({ write: { kind: "write", expiresAt: at(7_200) } });
    setTime(at(3_600));
    expect(kind(await edge.visit(client))).toBe("none");
    expect(await opened(client.text)).toMatchObject({ version: 0, issuedAt: T0, touchedAt: T0 });
  });

  it("with the first change, to any response", async () => {
    expect(kind(await edge.visit(client, { ...patch({ a: 1 }), navigates: false }))).toBe("write");
  });

  it("signed when the response is made: freshness counts from there", async () => {
    await shop();
    await edge.visit(client, { ...patch({ a: 1 }), meanwhile: async () => setTime(at(7)) });
    expect((await opened(client.text))?.issuedAt).toBe(at(7));
  });

  it("with all else that the old one said", async () => {
    const born = await edge.tokens.mint(T0, 7_200_000, 3);
    const holder = new Client(await edge.tokens.sign({ ...born, pin: 99 }, { proof: false }));
    await edge.visit(holder, patch({ a: 1 }));
    expect(await opened(holder.text)).toEqual({ ...born, pin: 99, version: 1, expiresAt: at(3_960) });
  });

  it("that ends with the nearer deadline", async () => {
    edge = createEdge({ policy: { ...POLICY, absoluteSeconds: 3_600 } });
    expect((await shop()).write).toMatchObject({ expiresAt: at(3_600) });
  });

  it("not when nothing is new", async () => {
    await shop();
    expect(kind(await edge.visit(client))).toBe("none");
    await edge.visit(client, login("alice"));
    expect(kind(await edge.visit(client))).toBe("none");
  });
});

describe("a session that has moved", () => {
  const moved = { pin: 77, isNews: true };

  it("is told so once by a token that says nothing else anew, but counts from when it was signed", async () => {
    await shop();
    const before = await opened(client.text);
    setTime(at(20));
    const { write, calls } = await edge.visit(client, { moved });
    expect(write).toMatchObject({
      kind: "write",
      credentials: { token: expect.stringMatching(/^[^.]{84}$/), proof: "" },
    });
    expect(await opened(client.text)).toEqual({ ...before, pin: 77, issuedAt: at(20) });
    expect(calls).toEqual(["read"]);
    expect((await edge.visit(client)).write).toEqual({ kind: "none" });
  });

  it("keeps the deadline that its client has seen, though what is shown knows less of it", async () => {
    await shop();
    const done = doneOf(await edge.visit(client));
    const token = { ...done.session.token, touchedAt: at(50), expiresAt: at(9_000) };
    const session = { ...done.session, token };
    const options = { mayGiveFresh: false, withProof: false, moved };
    const write = await tokenFor({ ...done, session }, options, edge.parts);
    expect(write).toMatchObject({ kind: "write", expiresAt: at(9_000) });
    expect(await opened((write as { credentials: { token: string } }).credentials.token)).toMatchObject({
      pin: 77,
      touchedAt: at(50),
    });
  });

  it("is not shown a copy that was vouched for before that token had settled", async () => {
    await shop();
    setTime(at(20));
    await edge.visit(client);
    expect((await edge.visit(client, { moved })).calls).toEqual([]);
    expect((await edge.visit(client)).calls).toEqual(["read"]);
    setTime(at(25));
    expect((await edge.visit(client)).calls).toEqual(["read"]);
    expect((await edge.visit(client)).calls).toEqual([]);
  });

  it("is told so by its first token with a version, and before that never", async () => {
    await edge.visit(client, { moved });
    expect((await opened(client.text))?.pin).toBe(0);
    expect((await edge.visit(client, { moved })).write).toEqual({ kind: "none" });
    await edge.visit(client, { ...patch({ a: 1 }), moved });
    expect(await opened(client.text)).toMatchObject({ version: 1, pin: 77 });
  });

  it("is told so only beside other news, when that alone is not worth a token", async () => {
    await shop();
    const waits = { pin: 77, isNews: false };
    expect((await edge.visit(client, { moved: waits })).write).toEqual({ kind: "none" });
    await edge.visit(client, { ...patch({ a: 1 }), moved: waits });
    expect((await opened(client.text))?.pin).toBe(77);
  });

  it("keeps what its token says, until it is told otherwise", async () => {
    await shop();
    await edge.visit(client, { moved });
    await edge.visit(client, patch({ a: 1 }));
    expect((await opened(client.text))?.pin).toBe(77);
    await edge.visit(client, { moved: { pin: 0, isNews: true } });
    expect((await opened(client.text))?.pin).toBe(0);
  });
});
