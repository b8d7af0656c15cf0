import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { JsonObject } from "../../src/session/patch.ts";
import { end, login, patch, rotate } from "../support/asks.ts";
import { Client, doneOf, setTime, type Visit } from "../support/edge.ts";
import { createLadder, type Ladder, type LadderParts } from "../support/ladder.ts";
import { at, T0 } from "../support/time.ts";

let ladder: Ladder;
let client: Client;

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

/** A client whose session holds tea, backed up. The authority is out of reach from then on. */
async function shopper(parts: LadderParts = {}): Promise<void> {
  await stranger(parts);
  ladder.authority.down = false;
  await visit(patch({ basket: "tea" }));
  await ladder.sessions.settled();
  ladder.authority.down = true;
}

/** A client with a token of a session that exists nowhere. The authority is out of reach. */
async function stranger(parts: LadderParts = {}): Promise<void> {
  ladder = createLadder(parts);
  client = new Client();
  await visit();
  ladder.authority.down = true;
}

const visit = (asked: Visit = {}, as = client) => ladder.edge.visit(as, asked);
const back = () => {
  ladder.authority.down = false;
};
const attributes = async (as = client) => (await visit({}, as)).session?.attributes;
const tokenOf = (as: Client) => ladder.edge.texts.open(as.text ?? "", Date.now());
/** The record of the authority after it has taken the journal over. */
async function taken(as = client): Promise<JsonObject | undefined> {
  const id = (await tokenOf(as))?.id ?? "";
  await ladder.sessions.takeOver(id);
  return ladder.sessions.record(id)?.attributes;
}

describe("a patch while the authority is out of reach", () => {
  it("is acknowledged by the journal: its client sees it, and the authority takes it over", async () => {
    await shopper();
    const visited = await visit(patch({ coupon: 1 }));
    expect(visited).toMatchObject({ committed: { kind: "done", ended: false }, marks: true });
    expect(await attributes()).toEqual({ basket: "tea", coupon: 1 });
    back();
    expect(await attributes()).toEqual({ basket: "tea", coupon: 1 });
    expect(await taken()).toEqual({ basket: "tea", coupon: 1 });
  });

  it("gets no version: the token keeps its own", async () => {
    await shopper();
    for (const coupon of [1, 2, 3]) expect((await visit(patch({ coupon }))).write).toEqual({ kind: "none" });
    expect((await tokenOf(client))?.version).toBe(1);
  });

  it("is not acknowledged when Redis is out of reach as well, and logs nobody out", async () => {
    await shopper();
    const held = client.text;
    const meanwhile = async () => ladder.redis.meets("down");
    const { committed, write, marks } = await visit({ ...patch({ coupon: 1 }), meanwhile });
    expect([committed?.kind, write.kind, marks]).toEqual(["unavailable", "none", true]);
    expect(client.text).toBe(held);
  });

  it("whose answer was lost is not acknowledged, and sets the mark: it may have been taken", async () => {
    await shopper();
    ladder.redis.next("append", "answer-lost");
    expect(await visit(patch({ basket: "rum" }))).toMatchObject({ committed: { kind: "unavailable" }, marks: true });
    back();
    // So the next change of the client comes after it, and it does not undo that change later.
    await visit(patch({ basket: "mug" }));
    expect(await taken()).toEqual({ basket: "mug" });
  });

  it("is applied once, though the authority had it and its answer was lost", async () => {
    await shopper();
    back();
    const { commit } = ladder.authority;
    ladder.authority.commit = async (ref, change) => {
      await commit(ref, change);
      return { kind: "unavailable", cause: new Error("lost") };
    };
    expect(await visit(patch({ coupon: 1 }))).toMatchObject({ committed: { kind: "done" }, marks: true });
    const id = (await tokenOf(client))?.id ?? "";
    await ladder.sessions.takeOver(id);
    expect(ladder.sessions.record(id)?.version).toBe(2);
  });

  it("that has expired before the journal is asked is unavailable, and sets the mark", async () => {
    await shopper();
    ladder.authority.commit = async () => {
      setTime(at(8));
      return { kind: "unavailable", cause: new Error("took too long") };
    };
    expect(await visit(patch({ a: 1 }))).toMatchObject({ committed: { kind: "unavailable" }, marks: true });
    expect(await attributes()).toEqual({ basket: "tea" });
  });

  it("of a session that has ended is not acknowledged", async () => {
    await shopper();
    const other = client.copy();
    const visited = await visit({ ...patch({ a: 1 }), meanwhile: () => visit(end, other) });
    expect(visited).toMatchObject({ committed: { kind: "ended" }, write: { kind: "none" }, marks: true });
  });

  it("that follows a version which the origin has written is unavailable, and still sets the mark", async () => {
    await shopper();
    expect(await visit({ ...patch({ a: 1 }), version: 9 })).toMatchObject({
      committed: { kind: "unavailable" },
      marks: true,
    });
  });
});

describe("a token of version 0 is never written again", () => {
  it("not by the first change, which the journal takes, nor by those after it", async () => {
    await stranger();
    const held = client.text;
    expect(await visit(patch({ basket: "tea" }))).toMatchObject({
      committed: { kind: "done" },
      write: { kind: "none" },
    });
    expect(await visit(patch({ coupon: 1 }))).toMatchObject({ write: { kind: "none" } });
    setTime(at(1_000));
    expect(await visit()).toMatchObject({
      session: { attributes: { basket: "tea", coupon: 1 } },
      write: { kind: "none" },
    });
    expect(client.text).toBe(held);
  });

  it("but a client that brought none is given one with its first change, whatever the request is", async () => {
    await stranger();
    client = new Client();
    const visited = await visit({ ...patch({ basket: "tea" }), navigates: false });
    expect(visited).toMatchObject({ committed: { kind: "done" }, write: { kind: "write" }, marks: true });
    expect(await tokenOf(client)).toMatchObject({ version: 0, expiresAt: at(7_200) });
    expect(await attributes()).toEqual({ basket: "tea" });
  });

  it("the authority gives the session its version when it is back", async () => {
    await stranger();
    await visit(patch({ basket: "tea" }));
    back();
    expect(await visit()).toMatchObject({ write: { kind: "write" }, session: { view: { version: 1 } } });
    expect(await tokenOf(client)).toMatchObject({ version: 1 });
  });
});

describe("a touch while the authority is out of reach", () => {
  it("is journaled: neither the backup's reader nor the authority ends the session early", async () => {
    await shopper();
    setTime(at(3_900));
    const touched = await visit();
    expect(touched).toMatchObject({ marks: true, write: { kind: "write", expiresAt: at(3_900 + 3_960) } });
    setTime(at(4_000));
    expect(await visit()).toMatchObject({ session: { attributes: { basket: "tea" } }, write: { kind: "none" } });
    back();
    setTime(at(7_800));
    expect(await attributes()).toEqual({ basket: "tea" });
  });

  it("that cannot be journaled fails no request, and sets the mark", async () => {
    await shopper();
    setTime(at(400));
    ladder.redis.next("append", "answer-lost");
    const visited = await visit();
    expect(doneOf(visited)).toMatchObject({
      untouched: { kind: "unavailable" },
      view: { attributes: { basket: "tea" } },
    });
    expect(visited).toMatchObject({ marks: true, write: { kind: "none" } });
  });
});

describe("a login or a rotation while the authority is out of reach", () => {
  it.each<[string, Visit]>([
    ["login", login("alice")],
    ["rotation", rotate],
    ["patch beside a login", { ask: () => ({ patches: [{ a: 1 }], principal: "alice" }) }],
  ])("is refused (%s): the session stays as it is, and nobody is logged out", async (_what, asked) => {
    await shopper();
    const held = client.text;
    expect(await visit(asked)).toMatchObject({ committed: { kind: "unavailable" }, marks: false });
    expect(client.text).toBe(held);
    expect(await visit()).toMatchObject({ session: { principal: undefined, attributes: { basket: "tea" } } });
    back();
    expect(await visit(login("alice"))).toMatchObject({ committed: { kind: "done", rotated: true } });
  });

  it("is refused to a visitor of whom nothing is stored, too", async () => {
    await stranger();
    expect(await visit(login("alice"))).toMatchObject({ committed: { kind: "unavailable" }, write: { kind: "none" } });
  });
});

describe("an end while the authority is out of reach", () => {
  it("is final: to who asked for it, to others with the token, and to the authority", async () => {
    await shopper();
    const thief = client.copy();
    expect(await visit(end)).toMatchObject({ committed: { ended: true }, write: { kind: "clear" }, marks: true });
    expect(await visit({ navigates: false }, thief)).toMatchObject({ session: { isNew: true, returning: false } });
    back();
    expect(await visit({ navigates: false }, thief)).toMatchObject({ session: { isNew: true, returning: false } });
    expect(await taken(thief)).toEqual({});
  });

  it("of a session that has ended already is acknowledged", async () => {
    await shopper();
    const other = client.copy();
    const visited = await visit({ ...end, meanwhile: () => visit(end, other) });
    expect(visited).toMatchObject({ committed: { kind: "done", ended: true }, write: { kind: "clear" } });
  });

  it("is followed by a session of its own when a token of version 0 changes something", async () => {
    await stranger();
    const other = client.copy();
    await visit(patch({ a: 1 }), other);
    await visit(end, other);
    const first = (await tokenOf(client))?.id;
    expect(await visit(patch({ b: 2 }))).toMatchObject({ committed: { kind: "done" }, write: { kind: "write" } });
    expect((await tokenOf(client))?.id).not.toBe(first);
    expect(await attributes()).toEqual({ b: 2 });
  });
});

describe("what shows the journal", () => {
  it("sets the mark, also for a client that has given the journal nothing", async () => {
    await shopper();
    const other = client.copy();
    const visited = await visit({}, other);
    expect(visited.marks).toBe(false);
    await visit(patch({ coupon: 1 }));
    expect(await visit({}, other)).toMatchObject({ marks: true, session: { attributes: { coupon: 1 } } });
    expect(other.markedAt).toBe(T0);
  });

  it("is taken over before the request that was shown it changes anything, though that came without a mark", async () => {
    await shopper();
    const elsewhere = ladder.elsewhere();
    elsewhere.authority.down = true;
    const other = client.copy();
    await visit(patch({ basket: "rum" }));
    await elsewhere.visit(other, {
      ask: (session) => ({ patches: [{ basket: `${session.attributes.basket} and mug` }] }),
      meanwhile: async () => {
        elsewhere.authority.down = false;
      },
    });
    expect(await taken()).toEqual({ basket: "rum and mug" });
  });

  it("and ends the session sets the mark, so that no copy nearby shows it again", async () => {
    await shopper();
    const elsewhere = ladder.elsewhere();
    const other = client.copy();
    setTime(at(6));
    await elsewhere.visit(other);
    await visit(end);
    elsewhere.authority.down = true;
    const strict = { strict: true, navigates: false };
    expect(await elsewhere.visit(other, strict)).toMatchObject({ marks: true, session: { returning: false } });
    expect(await elsewhere.visit(other, { navigates: false })).toMatchObject({ session: { returning: false } });
  });
});
