import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { Change } from "../../src/session/change.ts";
import { overlay, takeIn } from "../../src/session/journal.ts";
import type { JsonObject } from "../../src/session/patch.ts";
import type { SessionRecord } from "../../src/session/record.ts";
import { at, T0 } from "../support/time.ts";
import { History } from "./history.ts";
import { backupOf, entryAt } from "./journal-entries.ts";

describe("taking a journal in", () => {
  const LATER = at(3_000);
  const founded = (...changes: Partial<Change>[]) => {
    const history = History.begun();
    for (const change of changes) history.apply(change);
    return history.record as SessionRecord;
  };

  it("applies the accepted changes, in order, however long ago they were accepted", () => {
    const entries = [entryAt(1, { patches: [{ a: 1, b: 1 }] }), entryAt(2, { patches: [{ a: 2 }] })];
    expect(takeIn(founded(), entries, LATER)).toMatchObject({ version: 3, attributes: { a: 2, b: 1 } });
  });

  it("applies known changes once, and keeps the ids: the same change may come again", () => {
    const entry = entryAt(1, { patches: [{ a: 1 }] });
    const once = takeIn(founded(), [entry], LATER);
    expect(takeIn(once, [entry], LATER)).toBe(once);
    expect(once?.recentChanges.at(-1)).toMatchObject({ id: entry.change.id, expiresAt: entry.change.expiresAt });
  });

  it("renews the idle deadline as of when the visitor was there, and takes back no later touch", () => {
    expect(takeIn(founded(), [entryAt(500, { touch: true })], LATER)).toMatchObject({ touchedAt: at(500) });
    const record = { ...founded(), touchedAt: at(900) };
    expect(takeIn(record, [entryAt(500, { touch: true })], LATER)).toBe(record);
  });

  it("makes the same of many entries at once as of each entry in turn", () => {
    const patch = fc.constantFrom<JsonObject>({ a: 1 }, { a: { b: 1 } }, { a: { c: null } }, { d: null }, {});
    const asked: fc.Arbitrary<Partial<Change>> = fc.oneof(
      { weight: 8, arbitrary: fc.record({ patches: fc.array(patch, { minLength: 1 }) }) },
      fc.constantFrom<Partial<Change>>({ touch: true }, { patches: [{ e: 1 }], touch: true }, { rotate: true }),
      fc.constantFrom<Partial<Change>>(
        { principal: "alice" },
        { flash: [{ f: 1 }] },
        { patches: [{ g: 1 }], rotate: true },
      ),
      fc.constant<Partial<Change>>({ end: true }),
    );
    const entries = fc.array(fc.tuple(fc.nat({ max: 30 }), asked, fc.nat({ max: 2 })));
    fc.assert(
      fc.property(fc.boolean(), entries, (isStored, given) => {
        const journal = given.map(([seconds, change, generation]) => entryAt(seconds, change, generation));
        const record = isStored ? backupOf({ a: 0, d: 1 }) : undefined;
        // The first two entries come twice.
        const twice = [...journal, ...journal.slice(0, 2)];
        const oneByOne = twice.reduce((taken, entry) => takeIn(taken, [entry], at(60)), record);
        expect(takeIn(record, twice, at(60))).toEqual(oneByOne);
      }),
      { numRuns: 500 },
    );
  });

  it("merges the patches of a whole journal together: the attributes are copied once", () => {
    const record = backupOf(Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`m${n}`, n])));
    const entries = Array.from({ length: 300 }, (_, n) => entryAt(1, { patches: [{ m1: n }] }));
    const stringified = vi.spyOn(JSON, "stringify");
    const fromEntries = vi.spyOn(Object, "fromEntries");
    const taken = takeIn(record, entries, at(2));
    const overlaid = overlay(record, entries);
    const counts = [stringified.mock.calls.length, fromEntries.mock.calls.length];
    vi.restoreAllMocks();
    expect(counts).toEqual([2, 2]);
    expect([taken?.attributes.m1, taken?.version]).toEqual([299, record.version + 300]);
    expect(overlaid).toMatchObject({ view: { attributes: { m1: 299 } }, journaled: true });
  });

  it("stops at an end, and never changes a tombstone", () => {
    const entries = [entryAt(1, { end: true }), entryAt(2, { patches: [{ a: 1 }] })];
    const ended = takeIn(founded({ patches: [{ secret: 1 }] }), entries, LATER);
    expect(ended).toMatchObject({ attributes: {}, ended: { at: at(1), reason: "ended" } });
    expect(takeIn(ended, [entryAt(3, { patches: [{ a: 2 }] })], LATER)).toBe(ended);
  });

  it("founds a session that exists nowhere, until its absolute deadline", () => {
    const entries = [entryAt(1, { patches: [{ a: 1 }] })];
    expect(takeIn(undefined, entries, LATER)).toMatchObject({ version: 1, attributes: { a: 1 }, bornAt: T0 });
    expect(takeIn(undefined, entries, at(86_400))).toBeUndefined();
    expect(takeIn(undefined, [entryAt(1, { patches: [{ a: 1 }] }, 1)], LATER)).toBeUndefined();
  });

  describe("of the earlier generation", () => {
    /** Makes a record whose visitor logged in at 10 seconds and used the new generation at `usedAt`. */
    function loggedIn({ usedAt = 10 } = {}): SessionRecord {
      const history = History.begun({ basket: "tea" });
      history.apply({ principal: "alice", patches: [{ secret: 1 }] }, { now: at(10) });
      history.find({ now: at(usedAt), generation: 1 });
      return history.record as SessionRecord;
    }
    const withoutBefore = ({ before, ...record }: SessionRecord): SessionRecord => record;

    it("merges changes that arrived before the rotation, although its view is served no more", () => {
      const taken = takeIn(withoutBefore(loggedIn()), [entryAt(10, { patches: [{ late: 1 }] })], LATER);
      expect(taken).toMatchObject({ generation: 1, principal: "alice", attributes: { secret: 1, late: 1 } });
    });

    it("merges a patch that arrived while its view was served into that view alone", () => {
      const taken = takeIn(loggedIn(), [entryAt(39, { patches: [{ late: 1 }] })], LATER);
      expect(taken?.attributes).toEqual({ basket: "tea", secret: 1 });
      expect(taken?.before?.view.attributes).toEqual({ basket: "tea", late: 1 });
    });

    it("ends the session only by an end that arrived before the rotation", () => {
      expect(takeIn(loggedIn(), [entryAt(10, { end: true })], LATER)?.ended).toMatchObject({ reason: "ended" });
      const record = loggedIn();
      expect(takeIn(record, [entryAt(11, { end: true })], LATER)).toBe(record);
    });

    it("ends the copy that it is still shown, as long as the new generation has not been used", () => {
      const unused = History.begun({ basket: "tea" });
      unused.apply({ principal: "alice" }, { now: at(10) });
      const taken = takeIn(unused.record, [entryAt(11, { end: true })], LATER);
      expect(taken).toMatchObject({ generation: 1, principal: "alice", attributes: { basket: "tea" } });
      expect(taken).not.toHaveProperty("before");
      expect(taken).not.toHaveProperty("ended");
      expect(takeIn(unused.record, [entryAt(10, { end: true })], LATER)).toHaveProperty("ended");
    });

    it("leaves out changes that a token that was planted before the login asked for after it", () => {
      const record = withoutBefore(loggedIn());
      const planted = [entryAt(41, { patches: [{ mine: 1 }] }), entryAt(42, { end: true })];
      expect(takeIn(record, planted, LATER)).toBe(record);
    });
  });

  it("leaves out changes that are older than the earlier generation", () => {
    const record = founded({ rotate: true });
    const history = new History();
    history.record = record;
    history.apply({ rotate: true }, { now: at(20), generation: 1 });
    expect(takeIn(history.record, [entryAt(0, { patches: [{ a: 1 }] })], LATER)).toBe(history.record);
  });
});
