import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createObjectStorage } from "../../../emulation/object-storage.ts";
import { randomId } from "../../../src/lib/base64url.ts";
import { answerText } from "../../../src/objects/session/by-text.ts";
import { SessionAuthority } from "../../../src/objects/session/session-authority.ts";
import type { Ref } from "../../../src/session/change.ts";
import { watchedFallback } from "../../support/fallback.ts";
import { oneSession } from "../../support/one-session.ts";
import { changeAt, refTo } from "../../support/sessions.ts";
import { T0 } from "../../support/time.ts";
import { beginSession, commit, id, object, read, setTime } from "./stored-session.ts";

beforeEach(beginSession);
afterEach(() => vi.useRealTimers());

/** 160 changes of one session within the eight seconds for which each may still arrive again. */
const CHANGES = Array.from({ length: 160 }, (_, nth) => ({ id: randomId(), at: T0 + 50 * nth, patches: [{ nth }] }));

/** How many values a stored value consists of: the platform takes it apart into so many. */
function partsOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((sum, part) => sum + partsOf(part), 1);
}

it("a change and a read are answered at once, as texts too, while no other store must be asked first", () => {
  const storage = createObjectStorage({ rows: new Map(), setAlarm: () => {} }, () => {});
  const authority = new SessionAuthority({ storage, clock: () => T0, keepAlive: () => {} });
  const ref = refTo(id);
  expect(authority.commit({ ref, change: changeAt(T0, { patches: [{ a: 1 }] }) })).toMatchObject({ kind: "committed" });
  expect(authority.read({ ref })).toMatchObject({ kind: "hit" });
  expect(answerText(JSON.stringify({ ref }), (ask: { ref: Ref }) => authority.read(ask))).toContain('"kind":"hit"');
});

it("a change with its backup reads no row, writes two, and asks Redis once", async () => {
  const storage = createObjectStorage({ rows: new Map(), setAlarm: () => {} }, () => {});
  const redis = watchedFallback();
  let afterwards: Promise<unknown> = Promise.resolve();
  const keepAlive = (work: Promise<unknown>) => {
    afterwards = Promise.all([afterwards, work]);
  };
  const authority = new SessionAuthority({ storage, clock: () => T0, fallback: redis, keepAlive });
  const copies = { replicate: "off", backup: "async", strictBackup: false } as const;
  const change = async () => {
    await authority.commit({ ref: refTo(id), change: changeAt(T0, { patches: [{ a: 1 }] }), copies });
    await afterwards;
  };
  await change();
  redis.commands.length = 0;
  const [read, written] = [vi.spyOn(storage.kv, "get"), vi.spyOn(storage.kv, "put")];
  await change();
  expect(read.mock.calls).toEqual([]);
  expect(written.mock.calls.map(([key]) => key)).toEqual(["record", "outside"]);
  expect(redis.commands).toEqual(["keep"]);
});

describe("160 changes of one session within eight seconds", () => {
  it("write one row each, of as many parts as a single change's, and longer by one line of text at most", async () => {
    const writes = await runInDurableObject(object(), (_, { storage }) => vi.spyOn(storage.kv, "put"));
    for (const { at, ...change } of CHANGES) {
      setTime(at);
      expect(await commit(change)).toMatchObject({ kind: "committed" });
    }
    const stored = writes.mock.calls.map(([key, value]) => ({ key, value }));
    expect(stored.map(({ key }) => key)).toEqual(CHANGES.map(() => "record"));
    const [parts, lengths] = [partsOf, (value: unknown) => JSON.stringify(value).length].map((measure) =>
      stored.map(({ value }) => measure(value)),
    ) as [number[], number[]];
    // Up to 16 changes are a list of objects.
    const alone = parts[0] as number;
    expect(Math.max(...parts.slice(16))).toBeLessThanOrEqual(alone);
    expect(Math.max(...parts)).toBeLessThanOrEqual(alone + 15 * 4);
    const grown = lengths.slice(17).map((length, nth) => length - (lengths[16 + nth] as number));
    // An id, a time, a generation, and what separates them.
    expect(Math.max(...grown)).toBeLessThanOrEqual(40);
  });

  it("are all known again after an eviction: none is applied twice", async () => {
    for (const { at, ...change } of CHANGES) {
      setTime(at);
      await commit(change);
    }
    await evictDurableObject(object());
    for (const { at, ...change } of [CHANGES[0], CHANGES[80], CHANGES[159]] as typeof CHANGES) {
      expect(await commit({ ...change, expiresAt: at + 8_000 })).toMatchObject({ kind: "committed" });
    }
    expect(await read()).toMatchObject({ kind: "hit", copy: { version: 160, attributes: { nth: 159 } } });
  });

  it("ask Redis once each, to keep the backup: the ids cannot be given up yet, so the journal is not looked at", async () => {
    const session = oneSession({ backup: "async" });
    for (const { at, ...change } of CHANGES) {
      setTime(at);
      await session.commit(change);
      await session.settled();
    }
    expect(session.redis.commands).toEqual(CHANGES.map(() => "keep"));
    expect((await session.held()).record?.recentChanges).toHaveLength(160);
  });
});
