import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Change, Ref } from "../../src/session/change.ts";
import type { Seen } from "../../src/session/freshness.ts";
import type { BackupRecord } from "../../src/store/fallback-contract.ts";
import { createOutage, type Outage } from "../../src/store/outage.ts";
import { setTime } from "../support/edge.ts";
import { type WatchedFallback, watchedFallback } from "../support/fallback.ts";
import { changeAt, openedToken, refTo, uniqueId } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";
import { recordsAt } from "./redis/records.ts";

const { recordOf, tombstone } = recordsAt(() => T0);
let redis: WatchedFallback;
let outage: Outage;
let id: string;

beforeEach(() => {
  setTime(T0);
  redis = watchedFallback();
  outage = createOutage(redis, { clock: () => Date.now(), backsUp: true });
  id = uniqueId();
});
afterEach(() => vi.useRealTimers());

const backUp = (given: Partial<BackupRecord> = {}) =>
  redis.real.keep(recordOf(id, { attributes: { basket: "tea" }, ...given }));
/** The answer for a client whose token is of this version. Default: version 1. */
const read = (seen: Partial<Seen> = {}, from = outage) => {
  const { generation = 0 } = seen;
  return from.read(refTo(id, Date.now(), generation), openedToken(seen), Date.now());
};
const commit = (asked: Partial<Change>, given: Partial<Ref> = {}) =>
  outage.commit({ ...refTo(id, Date.now()), ...given }, changeAt(Date.now(), asked));
const entries = async () => {
  const found = await redis.real.read(id);
  return found.kind === "found" ? found.entries : [];
};

describe("while the authority is out of reach, a client is shown", () => {
  it("the backup", async () => {
    await backUp();
    expect(await read()).toMatchObject({
      kind: "hit",
      copy: { version: 1, attributes: { basket: "tea" } },
      journaled: false,
      stale: false,
    });
  });

  it("the backup with the journal's changes on top, marked as such, and under no version of its own", async () => {
    await backUp({ version: 4 });
    await commit({ patches: [{ basket: "rum" }] });
    expect(await read({ version: 4 })).toMatchObject({
      kind: "hit",
      copy: { version: 4, attributes: { basket: "rum" } },
      journaled: true,
      stale: false,
    });
  });

  it("no session that a store may keep: no store has vouched for it", async () => {
    await backUp();
    expect(await read()).toMatchObject({ copy: { vouchedAt: 0, journalSeenAt: 0, mayBeKept: false } });
  });

  it("a session that was founded in the journal", async () => {
    await commit({ patches: [{ basket: "tea" }] });
    expect(await read({ version: 0 })).toMatchObject({
      kind: "hit",
      copy: { version: 0, attributes: { basket: "tea" } },
      journaled: true,
      stale: false,
    });
  });

  it("a backup that is older than their token as stale, with or without a journal", async () => {
    await backUp({ version: 3 });
    expect(await read({ version: 3 })).toMatchObject({ stale: false });
    expect(await read({ version: 4 })).toMatchObject({ stale: true, journaled: false });
    await commit({ patches: [{ basket: "rum" }] });
    expect(await read({ version: 4 })).toMatchObject({ stale: true, journaled: true });
  });
});

describe("unavailable is not missing", () => {
  it("when Redis does not answer", async () => {
    await backUp();
    for (const fault of ["down", "answer-lost"] as const) {
      redis.meets(fault);
      expect(await read()).toMatchObject({ kind: "unavailable" });
      expect(await read({ version: 0 })).toMatchObject({ kind: "unavailable" });
    }
  });

  it("when there is no backup of a session that the client has seen", async () => {
    expect(await read({ version: 1 })).toMatchObject({ kind: "unavailable" });
  });

  it("but for a session that no client has seen, nothing is a miss", async () => {
    expect(await read({ version: 0 })).toEqual({ kind: "miss" });
  });

  it("nor when the backup is of another generation, older or newer", async () => {
    await backUp({ generation: 1 });
    expect(await read({ generation: 0 })).toMatchObject({ kind: "unavailable" });
    expect(await read({ generation: 1 })).toMatchObject({ kind: "hit" });
    expect(await read({ generation: 2 })).toMatchObject({ kind: "unavailable" });
  });

  it("nor idle, which the authority alone can tell, unless the token knows of a later touch", async () => {
    await backUp();
    setTime(at(3_600));
    const token = { touchedAt: T0, expiresAt: at(9_000) };
    expect(await read(token)).toMatchObject({ kind: "unavailable" });
    expect(await read({ ...token, touchedAt: at(1) })).toMatchObject({ kind: "hit" });
  });
});

describe("an end", () => {
  it("is told that is backed up, or that the journal holds", async () => {
    await redis.real.keep(tombstone(id, 2));
    expect(await read({ version: 1 })).toMatchObject({ kind: "ended", journaled: false });
    expect(await read({ version: 5, generation: 3 })).toMatchObject({ kind: "ended" });
  });

  it("is told that the journal holds, and as of the journal", async () => {
    await backUp();
    await commit({ end: true });
    expect(await read()).toMatchObject({ kind: "ended", journaled: true });
  });

  it("by the absolute deadline is told", async () => {
    await backUp();
    setTime(at(86_400));
    expect(await read({ touchedAt: at(80_000), expiresAt: at(90_000) })).toMatchObject({ kind: "ended" });
  });

  it.each([
    ["whose backup lags behind the login", () => backUp()],
    ["that has no backup", async () => {}],
  ])("that a token from before a login asked for logs nobody out, of a session %s", async (_which, begin) => {
    await begin();
    await commit({ end: true }, { generation: 0 });
    expect(await read({ version: 2, generation: 1 })).toMatchObject({ kind: "unavailable" });
    expect(await read({ version: 1, generation: 0 })).toMatchObject({ kind: "ended" });
  });
});

describe("a change goes to the journal", () => {
  it.each<[string, Partial<Change>]>([
    ["a patch", { patches: [{ a: 1 }] }],
    ["a touch", { touch: true }],
    ["an end", { end: true }],
  ])("if it is %s; it is acknowledged, and sets the mark", async (_what, asked) => {
    await backUp();
    expect(await commit(asked)).toEqual({ kind: "journaled", asked: true });
    expect(await entries()).toMatchObject([{ change: asked }]);
  });

  it.each<[string, Partial<Change>]>([
    ["a login", { principal: "alice", patches: [{ a: 1 }] }],
    ["a rotation", { rotate: true }],
    ["a change of a certain version", { patches: [{ a: 1 }], ifVersion: 1 }],
  ])("but not %s: Redis is not asked, and there is nothing to mark", async (_what, asked) => {
    await backUp();
    const commands = await redis.during(async () => {
      const committed = await commit(asked);
      expect(committed).toMatchObject({ kind: "unavailable" });
      expect(committed).not.toHaveProperty("asked");
    });
    expect(commands).toEqual([]);
    expect(outage.journaledAt(id)).toBeUndefined();
  });

  it.each(["down", "answer-lost"] as const)(
    "and is not acknowledged when Redis is %s, but sets the mark",
    async (fault) => {
      redis.meets(fault, "append");
      expect(await commit({ patches: [{ a: 1 }] })).toMatchObject({ kind: "unavailable", asked: true });
      expect(await entries()).toHaveLength(fault === "down" ? 0 : 1);
    },
  );

  it("once, though it is sent twice", async () => {
    const ref = refTo(id);
    const change = changeAt(T0, { patches: [{ a: 1 }] });
    redis.next("append", "answer-lost");
    expect(await outage.commit(ref, change)).toMatchObject({ kind: "unavailable" });
    expect(await outage.commit(ref, change)).toMatchObject({ kind: "journaled" });
    expect(await entries()).toHaveLength(1);
  });

  it("unless it has expired on its way", async () => {
    expect(await commit({ patches: [{ a: 1 }], expiresAt: T0 })).toEqual({
      kind: "refused",
      reason: "expired",
      asked: true,
    });
  });

  it("unless the session has ended, in the backup or in the journal", async () => {
    await commit({ end: true });
    expect(await commit({ patches: [{ a: 1 }] })).toMatchObject({ kind: "ended" });
    id = uniqueId();
    await redis.real.keep(tombstone(id, 2));
    expect(await commit({ patches: [{ a: 1 }] })).toMatchObject({ kind: "ended" });
    expect(await commit({ end: true })).toMatchObject({ kind: "ended" });
  });

  it.each<[string, Partial<Change>]>([
    ["patch", { patches: [{ basket: "spoilt" }] }],
    ["end", { end: true }],
  ])(
    "unless it is the %s of a token that was planted before a login: what becomes of that is for the authority",
    async (_what, asked) => {
      await backUp({ generation: 1, principal: "alice" });
      expect(await commit(asked, { generation: 0 })).toMatchObject({ kind: "unavailable" });
      expect(await entries()).toEqual([]);
      expect(await read({ generation: 1 })).toMatchObject({ kind: "hit", copy: { attributes: { basket: "tea" } } });
    },
  );
});

describe("the changes that an isolate has given the journal", () => {
  it("are remembered from before Redis answers, and until after", async () => {
    expect(outage.journaledAt(id)).toBeUndefined();
    redis.next("append", async () => {
      expect(outage.journaledAt(id)).toBe(T0);
      setTime(at(2));
    });
    await commit({ patches: [{ a: 1 }] });
    expect(outage.journaledAt(id)).toBe(at(2));
    expect(outage.journaledAt(uniqueId())).toBeUndefined();
  });

  it("are remembered although Redis has not answered", async () => {
    redis.meets("answer-lost");
    await commit({ patches: [{ a: 1 }] });
    expect(outage.journaledAt(id)).toBe(T0);
  });
});

describe("where the authority writes no backups", () => {
  it("nothing is not a miss: the changes that were taken over may be nowhere to be seen", async () => {
    const withoutBackups = createOutage(redis, { clock: () => Date.now(), backsUp: false });
    expect(await read({ version: 0 }, withoutBackups)).toMatchObject({ kind: "unavailable" });
  });
});
