import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { end, login, patch } from "../support/asks.ts";
import { Client, setTime, type Visit } from "../support/edge.ts";
import { createLadder, type Ladder, type LadderParts } from "../support/ladder.ts";
import { at, T0 } from "../support/time.ts";

let ladder: Ladder;
let client: Client;

beforeEach(() => setTime(T0));
afterEach(() => vi.useRealTimers());

const visit = (asked: Visit = {}, as = client) => ladder.edge.visit(as, asked);
const idOf = async (as: Client) => (await ladder.edge.texts.open(as.text ?? "", Date.now()))?.id ?? "";
const takeOver = async () => ladder.sessions.takeOver(await idOf(client));
const record = async () => ladder.sessions.record(await idOf(client));

/** A client with a token of a session that exists nowhere. */
async function stranger(parts: LadderParts = {}): Promise<void> {
  ladder = createLadder(parts);
  client = new Client();
  await visit();
}

describe("a session that was founded in the journal", () => {
  const MODES = ["off", "async", "sync"] as const;

  it.each(MODES)("is shown whole in the next outage, with backup %s", async (backup) => {
    await stranger({ backup });
    await ladder.outage(() => visit(patch({ basket: "tea" })));
    await takeOver();
    await ladder.outage(async () => {
      expect((await visit()).session?.attributes).toEqual({ basket: "tea" });
      await visit(patch({ coupon: 1 }));
      expect((await visit()).session?.attributes).toEqual({ basket: "tea", coupon: 1 });
    });
  });

  it.each(MODES)("is shown by any store that can be reached, as both come and go, with backup %s", async (backup) => {
    await stranger({ backup });
    for (let n = 1; n <= 6; n++) {
      setTime(at(n * 3));
      const isOut = n % 2 === 1;
      const work = () => visit({ ask: (session) => ({ patches: [{ n, [`n${n}`]: session.attributes.n ?? 0 }] }) });
      const { committed, session } = await (isOut ? ladder.outage(work) : work());
      expect([committed?.kind, session?.attributes.n]).toEqual(["done", n === 1 ? undefined : n - 1]);
      await ladder.sessions.settled();
    }
    expect((await visit()).session?.attributes).toEqual({ n: 6, n1: 0, n2: 1, n3: 2, n4: 3, n5: 4, n6: 5 });
  });
});

describe("a token that was planted before a login", () => {
  let planted: Client;

  /** Alice logs in with a session whose first token somebody else holds, and uses it beyond the grace period. */
  async function aliceLogsIn(parts: LadderParts = {}, meanwhile = async () => {}): Promise<void> {
    await stranger(parts);
    planted = client.copy();
    await visit(patch({ basket: "tea" }));
    await ladder.sessions.settled();
    await meanwhile();
    setTime(at(10));
    await visit(login("alice"));
    await visit(patch({ address: "hers" }));
    await ladder.sessions.settled();
    setTime(at(60));
  }
  const shownToAlice = async () => (await visit({ onStale: "serve" })).session;
  const HERS = { principal: "alice", attributes: { basket: "tea", address: "hers" } };

  it.each<[string, Visit]>([
    ["patch", patch({ basket: "spoilt" })],
    ["end", end],
  ])("gets its %s refused while the authority is out of reach", async (_what, asked) => {
    await aliceLogsIn();
    await ladder.outage(async () => {
      expect((await visit(asked, planted)).committed).toMatchObject({ kind: "unavailable" });
      expect(await shownToAlice()).toMatchObject(HERS);
    });
    await takeOver();
    expect(await record()).toMatchObject({ version: 3, ...HERS });
  });

  it.each<[string, Visit]>([
    ["patch", patch({ basket: "spoilt" })],
    ["end", end],
  ])("has its %s dropped that the journal took, since the login's backup lagged", async (_what, asked) => {
    await aliceLogsIn({}, async () => ladder.redis.meets("down", "keep"));
    await ladder.outage(async () => {
      await visit(asked, planted);
      // Alice is not logged out, and sees nobody else's session.
      const session = await shownToAlice();
      if (session) expect(session).toMatchObject(HERS);
    });
    await takeOver();
    expect(await record()).toMatchObject({ version: 3, ...HERS });
    expect((await visit()).session).toMatchObject(HERS);
  });

  it("is not the token of a client that changed something before the login: that change is merged", async () => {
    await stranger();
    await visit(patch({ basket: "tea" }));
    const otherTab = client.copy();
    await ladder.outage(() => visit(patch({ coupon: 1 }), otherTab));
    setTime(at(10));
    await visit(login("alice"));
    await visit();
    setTime(at(600));
    await takeOver();
    expect(await record()).toMatchObject({ principal: "alice", attributes: { basket: "tea", coupon: 1 } });
  });
});

describe("a client that has been told that a session is over", () => {
  it("is not shown it by memory, when the backup was the store that told so (strict route, then a bounded one)", async () => {
    await stranger();
    await visit(patch({ basket: "tea" }));
    setTime(at(6));
    await visit();
    const id = await idOf(client);
    const elsewhere = ladder.elsewhere();
    await elsewhere.visit(client.copy(), end);
    client.markedAt = undefined;
    await ladder.outage(async () => {
      expect((await visit({ strict: true, navigates: false })).session?.returning).toBe(false);
      expect(ladder.edge.memory.read({ id })).toMatchObject({ kind: "ended" });
      expect((await visit({ navigates: false })).session?.returning).toBe(false);
    });
  });

  it("because it was idle, is not shown it again: a later change with a token of version 0 founds a session of its own", async () => {
    await stranger();
    const other = client.copy();
    await visit(patch({ basket: "tea" }));
    const id = await idOf(client);
    setTime(at(3_960));
    other.markedAt = at(3_960);
    expect((await visit({ navigates: false }, other)).session?.attributes).toEqual({});
    await ladder.outage(() => visit(patch({ late: 1 }), other));
    expect((await visit({}, other)).session?.attributes).toEqual({ late: 1 });
    await ladder.sessions.takeOver(id);
    expect(ladder.sessions.record(id)).toMatchObject({ ended: { reason: "idle" } });
  });
});

describe("the token and the mark that a client holds", () => {
  it("include the mark although a response that races with the mark writes none", async () => {
    await stranger();
    await visit(patch({ basket: "tea" }));
    setTime(at(1));
    const slow = await visit(patch({ slow: 1 }), client.copy());
    await ladder.outage(() => visit(patch({ basket: "rum" })));
    client.receive(slow.write);
    expect((await visit()).session?.attributes).toEqual({ basket: "rum", slow: 1 });
  });
});

describe("a mark", () => {
  it("that is older than the session may still belong to it: of two racing responses the older may stay", async () => {
    await stranger();
    await visit(patch({ a: 1 }));
    const older = client.copy();
    // The answer to an end in the journal takes its time to the browser, which begins anew meanwhile.
    setTime(at(10));
    await ladder.outage(() => visit(end, older));
    client = new Client();
    setTime(at(13));
    await visit();
    setTime(at(14));
    await ladder.outage(() => visit(patch({ basket: "tea" })));
    client.markedAt = older.markedAt;
    setTime(at(15));
    expect(older.markedAt).toBe(at(10));
    expect((await visit()).session?.attributes).toEqual({ basket: "tea" });
  });
});

describe("a Redis that comes back with entries which were taken from its journal", () => {
  /**
   * At 10 s the object takes the rum over. Then a mug replaces it, and the object forgets the ids that it no longer
   * needs.
   */
  async function afterTakeOver(lastChange: number) {
    await stranger({ backup: "sync" });
    await visit(patch({ basket: "tea" }));
    await ladder.outage(() => visit(patch({ basket: "rum" })));
    const found = await ladder.redis.real.read(await idOf(client));
    setTime(at(10));
    await visit(patch({ basket: "mug" }));
    setTime(at(lastChange));
    await visit(patch({ look: 1 }));
    await visit(patch({ coupon: 1 }));
    vi.spyOn(ladder.redis, "read").mockResolvedValueOnce(found);
    await takeOver();
    return (await record())?.attributes;
  }

  it("within a minute of that has none of their changes applied again", async () => {
    expect(await afterTakeOver(10 + 69.999)).toEqual({ basket: "mug", look: 1, coupon: 1 });
  });

  it("later than that has them applied again: beyond the promise", async () => {
    expect(await afterTakeOver(10 + 70)).toEqual({ basket: "rum", look: 1, coupon: 1 });
  });
});
