import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { end, login, patch } from "../support/asks.ts";
import { Client, setTime, type Visit } from "../support/edge.ts";
import { createLadder, type Ladder, type LadderParts } from "../support/ladder.ts";
import { at, T0 } from "../support/time.ts";

let ladder: Ladder;
let client: Client;

beforeEach(() => begin());
afterEach(() => vi.useRealTimers());

function begin(parts: LadderParts = {}): void {
  setTime(T0);
  ladder = createLadder(parts);
  client = new Client();
}

/**
 * The cost of a request: calls of the authority, commands of Redis, and operations of KV by the edge and by the object.
 */
async function costOf(asked: Visit = {}) {
  const { redis, kv, sessions } = ladder;
  const lists = [redis.commands, kv.edge.operations, kv.objects.operations];
  const [commands, edge, object] = lists.map((list) => list.length);
  const { calls } = await ladder.edge.visit(client, asked);
  await sessions.settled();
  return {
    object: calls,
    redis: redis.commands.slice(commands),
    kv: [...kv.edge.operations.slice(edge), ...kv.objects.operations.slice(object)],
  };
}

const NOTHING = { object: [], redis: [], kv: [] };
const HOME = 1;
const FAR = 2;

/** A client whose session holds tea and whose token has come back; memory may answer for it until 10 seconds. */
async function shopper(region = HOME): Promise<void> {
  await ladder.edge.visit(client, { region });
  await ladder.edge.visit(client, { ...patch({ basket: "tea" }), region });
  setTime(at(5));
  await ladder.edge.visit(client, { region });
  await ladder.sessions.settled();
}

describe("an anonymous visitor", () => {
  it("costs no store operation, at the first visit and at every later visit", async () => {
    expect(await costOf()).toEqual(NOTHING);
    for (const asked of [{}, { strict: true }, { region: FAR }, { navigates: false }]) {
      expect(await costOf(asked)).toEqual(NOTHING);
    }
  });

  it("costs none either when an earlier session has left the visitor a mark", async () => {
    client.markedAt = at(-3_600);
    await costOf();
    expect(await costOf()).toEqual(NOTHING);
  });

  it("costs none while all stores are out of reach", async () => {
    await costOf();
    ladder.authority.down = true;
    ladder.redis.meets("down");
    expect(await costOf()).toEqual(NOTHING);
  });
});

describe("a returning clean read", () => {
  it("costs nothing when memory may answer", async () => {
    await shopper();
    expect(await costOf()).toEqual(NOTHING);
    setTime(at(10));
    expect(await costOf()).toEqual(NOTHING);
  });

  it("costs one call of the object otherwise, and no Redis", async () => {
    await shopper();
    setTime(at(11));
    expect(await costOf()).toEqual({ ...NOTHING, object: ["read"] });
    expect(await costOf({ strict: true })).toEqual({ ...NOTHING, object: ["read"] });
  });
});

describe.each([
  ["off", []],
  ["async", ["keep"]],
  ["sync", ["keep"]],
] as const)("with backup %s", (backup, written) => {
  beforeEach(() => begin({ backup }));

  it(`a change costs one call of the object, and of Redis ${written.length}`, async () => {
    await costOf();
    expect(await costOf(patch({ a: 1 }))).toEqual({ object: ["commit"], redis: written, kv: [] });
    setTime(at(5));
    await costOf();
    expect(await costOf(patch({ a: 2 }))).toEqual({ object: ["commit"], redis: written, kv: [] });
  });

  it(`a login costs one call of the object, and of Redis ${written.length}`, async () => {
    await shopper();
    expect(await costOf(login("alice"))).toEqual({ object: ["commit"], redis: written, kv: [] });
  });

  it("a touch costs one call of the object, and no Redis", async () => {
    await shopper();
    setTime(at(359));
    await costOf();
    setTime(at(360));
    expect(await costOf()).toEqual({ ...NOTHING, object: ["commit"] });
  });

  it("an end costs one call of the object and its tombstone", async () => {
    await shopper();
    expect(await costOf(end)).toEqual({ object: ["commit"], redis: ["keep"], kv: [] });
  });
});

describe("a change by a visitor for whom memory cannot answer", () => {
  it("costs an additional call for the read", async () => {
    await shopper();
    setTime(at(11));
    expect(await costOf(patch({ a: 1 }))).toEqual({ object: ["read", "commit"], redis: ["keep"], kv: [] });
  });
});

describe("a marked request", () => {
  it("has the journal looked at once, and not again by the same mark", async () => {
    await shopper();
    client.markedAt = at(6);
    setTime(at(20));
    expect(await costOf()).toEqual({ object: ["read"], redis: ["read"], kv: [] });
    expect(await costOf()).toEqual(NOTHING);
    setTime(at(26));
    expect(await costOf()).toEqual({ object: ["read"], redis: [], kv: [] });
  });

  it("that changes something is looked for once, in its read", async () => {
    await shopper();
    client.markedAt = at(6);
    setTime(at(20));
    expect(await costOf(patch({ a: 1 }))).toEqual({ object: ["read", "commit"], redis: ["read", "keep"], kv: [] });
  });

  it("costs one command more to take over the journal's changes", async () => {
    await shopper();
    await ladder.outage(() => ladder.edge.visit(client, patch({ a: 1 })));
    setTime(at(11));
    expect(await costOf()).toEqual({ object: ["read"], redis: ["read", "takeOver"], kv: [] });
  });
});

describe("while the authority is out of reach", () => {
  it("a read costs one command, and a change one more", async () => {
    await shopper();
    setTime(at(11));
    ladder.authority.down = true;
    expect(await costOf()).toEqual({ object: ["read"], redis: ["read"], kv: [] });
    expect(await costOf(patch({ a: 1 }))).toEqual({ object: ["read", "commit"], redis: ["read", "append"], kv: [] });
  });

  it("the first change of a session costs one command", async () => {
    await costOf();
    ladder.authority.down = true;
    expect(await costOf(patch({ a: 1 }))).toEqual({ object: ["commit"], redis: ["append"], kv: [] });
  });
});

describe("KV", () => {
  it("is neither read nor written for a session that stays where it was born", async () => {
    await shopper();
    for (const second of [11, 60, 200, 3_000]) {
      setTime(at(second));
      expect((await costOf({ ...patch({ second }), region: HOME })).kv).toEqual([]);
      expect((await costOf({ region: HOME })).kv).toEqual([]);
    }
  });

  it("is written by the object when the session travels, and read by the edge only once the token says so", async () => {
    await shopper();
    setTime(at(20));
    expect(await costOf({ region: FAR })).toEqual({ object: ["read"], redis: [], kv: ["get", "put"] });
    // The next answer of the object tells the token that there is a replica.
    setTime(at(26));
    expect((await costOf({ region: FAR })).kv).toEqual([]);
    setTime(at(27));
    expect((await costOf({ region: FAR })).kv).toEqual(["get"]);
  });

  it("is written once more for the token that tells of the first replica, which was signed after that", async () => {
    await shopper();
    for (const second of [20, 26]) {
      setTime(at(second));
      await costOf({ region: FAR });
    }
    setTime(at(31));
    expect(await costOf({ region: FAR })).toEqual({ object: ["read"], redis: [], kv: ["get", "get", "put"] });
    setTime(at(32));
    expect(await costOf({ region: FAR })).toEqual(NOTHING);
    // For five seconds, the copy in memory answers in place of the replica.
    for (const [second, kv] of [
      [37, ["get"]],
      [42, []],
      [43, ["get"]],
    ] as const) {
      setTime(at(second));
      expect(await costOf({ region: FAR })).toEqual({ ...NOTHING, kv });
    }
  });

  it("answers in the object's stead, once its copy was vouched for after the token had settled", async () => {
    await shopper();
    for (const second of [20, 26, 86]) {
      setTime(at(second));
      await costOf({ region: FAR });
    }
    setTime(at(92));
    expect(await costOf({ region: FAR })).toEqual({ ...NOTHING, kv: ["get"] });
  });

  it("is never written with replicate off", async () => {
    begin({ replicate: "off" });
    await shopper();
    setTime(at(20));
    expect((await costOf({ ...patch({ a: 1 }), region: FAR })).kv).toEqual([]);
  });
});
