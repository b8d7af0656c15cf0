import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { createRedisWorld } from "../../emulation/redis.ts";
import { apply } from "../../src/session/apply.ts";
import type { Change } from "../../src/session/change.ts";
import { deadlineOf } from "../../src/session/deadlines.ts";
import { overlay, takeIn } from "../../src/session/journal.ts";
import type { JsonObject } from "../../src/session/patch.ts";
import { type SessionRecord, viewOf } from "../../src/session/record.ts";
import { changeAt, POLICY, refTo } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";
import { History } from "./history.ts";

/** A change that the journal accepted `seconds` after the tests' time 0. */
function entryAt(seconds: number, asked: Partial<Change>, generation = 0) {
  return { ref: refTo("s", at(seconds), generation), change: changeAt(at(seconds), asked) };
}

/** The backup of a session founded at time 0: its record without the view before a rotation. */
function backupOf(attributes = {}, changes: Partial<Change>[] = []): SessionRecord {
  const history = History.begun(attributes);
  for (const change of changes) history.apply(change);
  const { before, ...backup } = history.record as SessionRecord;
  return backup;
}

describe("a backup with an empty journal", () => {
  it("is shown as it is, without a mark", () => {
    const backup = backupOf({ a: 1 });
    expect(overlay(backup, [])).toEqual({ kind: "view", view: viewOf(backup), journaled: false });
  });

  it("that is a tombstone has ended, whatever the journal holds", () => {
    const backup = backupOf({ a: 1 }, [{ end: true }]);
    expect(overlay(backup, [])).toEqual({ kind: "ended", journaled: false, generation: 0 });
    expect(overlay(backup, [entryAt(1, { patches: [{ b: 1 }] })])).toEqual({
      kind: "ended",
      journaled: false,
      generation: 0,
    });
  });

  it("and no backup is nothing: that is not an end", () => {
    expect(overlay(undefined, [])).toEqual({ kind: "nothing" });
  });
});

describe("journal entries over a backup", () => {
  it("are applied in order, as merge patches, and set the mark", () => {
    const backup = backupOf({ basket: { tea: 1 }, coupon: "x" });
    const entries = [
      entryAt(1, { patches: [{ basket: { rum: 1 } }, { coupon: null }] }),
      entryAt(2, { patches: [{ basket: { rum: 2 } }] }),
    ];
    expect(overlay(backup, entries)).toMatchObject({
      kind: "view",
      view: { attributes: { basket: { tea: 1, rum: 2 } }, attributeBytes: 28 },
      journaled: true,
    });
  });

  it("leave the version as it is: the journal gives out no version", () => {
    const backup = backupOf({}, [{ patches: [{ a: 1 }] }, { patches: [{ a: 2 }] }]);
    const entries = [entryAt(1, { patches: [{ a: 3 }] }), entryAt(2, { patches: [{ a: 4 }] })];
    expect(overlay(backup, entries)).toMatchObject({ view: { version: 3, attributes: { a: 4 } } });
  });

  it("that the backup has already are skipped, and alone set no mark", () => {
    const history = History.begun({ count: 0 });
    const known = entryAt(0, { patches: [{ count: 1 }] });
    history.record = (apply(history.record, known.ref, known.change, T0) as { save: SessionRecord }).save;
    history.apply({ patches: [{ count: 2 }] });
    const backup = history.record;
    expect(overlay(backup, [known])).toEqual({ kind: "view", view: viewOf(backup), journaled: false });
    // The first entry is of a time when the backup need not remember the second any more.
    expect(overlay(backup, [entryAt(60, { patches: [{ b: 1 }] }), known])).toMatchObject({
      view: { attributes: { count: 2, b: 1 } },
      journaled: true,
    });
  });

  it("of a touch renew the idle deadline as of when the visitor came", () => {
    const backup = backupOf();
    expect(overlay(backup, [entryAt(3_000, { touch: true })])).toMatchObject({
      view: { touchedAt: at(3_000), idleDeadline: at(3_000 + 3_960), version: 1 },
      journaled: true,
    });
  });

  it("of a touch that took its time do not take back a later touch", () => {
    const history = History.begun();
    history.apply({ touch: true }, { now: at(600) });
    const backup = history.record as SessionRecord;
    expect(overlay(backup, [entryAt(500, { touch: true, patches: [{ a: 1 }] })])).toMatchObject({
      view: { attributes: { a: 1 }, touchedAt: at(600), idleDeadline: backup.idleDeadline },
    });
  });

  it("of another generation are not shown, and set no mark", () => {
    const backup = backupOf({ a: 1 }, [{ rotate: true }]);
    const entries = [entryAt(3, { patches: [{ a: 2 }] }), entryAt(4, { end: true })];
    expect(overlay(backup, entries)).toEqual({ kind: "view", view: viewOf(backup), journaled: false });
    expect(overlay(backup, [entryAt(3, { patches: [{ a: 3 }] }, 1)])).toMatchObject({ view: { attributes: { a: 3 } } });
  });

  it("that end the session have ended it, which sets the mark", () => {
    const entries = [entryAt(1, { patches: [{ a: 1 }] }), entryAt(2, { end: true })];
    expect(overlay(backupOf(), entries)).toEqual({ kind: "ended", journaled: true, generation: 0 });
  });
});

describe("the changes that the journal has accepted are shown", () => {
  it("although together they pass the limit of size", () => {
    const large = "x".repeat(POLICY.maxAttributeBytes - 100);
    const entries = [entryAt(1, { patches: [{ a: large }] }), entryAt(2, { patches: [{ b: large }] })];
    expect(overlay(backupOf(), entries)).toMatchObject({ view: { attributes: { a: large, b: large } } });
  });

  it("although the session was idle by an outdated backup: the caller judges deadlines, by the token", () => {
    const backup = backupOf();
    const afterwards = deadlineOf(backup) / 1000 - T0 / 1000 + 1;
    const shown = overlay(backup, [entryAt(afterwards, { patches: [{ a: 1 }] })]);
    expect(shown).toMatchObject({
      kind: "view",
      view: { attributes: { a: 1 }, idleDeadline: backup.idleDeadline, absoluteDeadline: backup.absoluteDeadline },
    });
  });
});

describe("a journal without a backup", () => {
  it("founds the session, at version 0", () => {
    const entries = [entryAt(1, { patches: [{ a: 1 }], touch: true }), entryAt(2, { patches: [{ b: 2 }] })];
    expect(overlay(undefined, entries)).toMatchObject({
      kind: "view",
      view: { id: "s", version: 0, generation: 0, attributes: { a: 1, b: 2 }, bornAt: T0, touchedAt: at(1) },
      journaled: true,
    });
  });

  it("founds no session of a generation that was given out: there was a record, and it cannot be seen", () => {
    expect(overlay(undefined, [entryAt(1, { patches: [{ a: 1 }] }, 1)])).toEqual({ kind: "nothing" });
  });

  it("founds no session after its founding deadline", () => {
    expect(overlay(undefined, [entryAt(2 * 3_600, { patches: [{ a: 1 }] })])).toEqual({ kind: "nothing" });
  });

  it("that holds an end is of a session that has ended", () => {
    expect(overlay(undefined, [entryAt(1, { end: true })])).toEqual({ kind: "ended", journaled: true, generation: 0 });
    expect(overlay(undefined, [entryAt(1, { end: true }, 1)])).toEqual({
      kind: "ended",
      journaled: true,
      generation: 1,
    });
  });
});

describe("the overlay", () => {
  const patch = fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom(null, 1, "x", { c: 1 }, { c: null }));
  const asked = fc.record(
    { patches: fc.array(patch, { minLength: 1, maxLength: 2 }), touch: fc.constant(true), end: fc.constant(true) },
    { requiredKeys: [] },
  );
  const sent = fc.record({ asked, afterSeconds: fc.nat(400), generation: fc.nat(1) });

  it("shows the state that the authority will have once it has taken over the journal's changes, whatever it knows of them", async () => {
    const isFounded = fc.boolean();
    const isRotated = fc.boolean();
    const property = fc.asyncProperty(
      fc.array(sent),
      isFounded,
      isRotated,
      fc.nat(9),
      fc.boolean(),
      async (all, ...rest) => {
        const [founded, rotated, known, lags] = rest;
        let second = 0;
        const journal = createRedisWorld({ now: () => at(second) }).fallback;
        const authority = founded ? History.begun() : new History();
        if (founded && rotated) authority.apply({ rotate: true });
        const backUp = async () => {
          const { before, ...backup } = authority.record ?? {};
          if (authority.record) await journal.keep(backup as SessionRecord);
        };
        await backUp();
        for (const { asked, afterSeconds, generation } of all) {
          second += afterSeconds;
          await journal.append(entryAt(second, asked, founded ? generation : 0));
        }
        const before = await journal.read("s");
        if (before.kind !== "found") throw before.cause;
        authority.record = takeIn(authority.record, before.entries.slice(0, known), at(second));
        if (!lags) await backUp();
        const { record, entries } = (await journal.read("s")) as typeof before;

        const shown = overlay(record, entries);
        const taken = takeIn(authority.record, entries, at(second));
        if (shown.kind === "view") expect({ ...shown.view, version: 0 }).toEqual({ ...viewOf(taken!), version: 0 });
        else expect(shown.kind).toBe(taken ? (taken.ended ? "ended" : "a view") : "nothing");
      },
    );
    await fc.assert(property, { numRuns: 500 });
  });

  it("changes neither the backup nor the entries", () => {
    const backup = backupOf({ a: 1 });
    const entries = [entryAt(1, { patches: [{ a: 2 }], touch: true })];
    const before = structuredClone({ backup, entries });
    overlay(backup, entries);
    expect({ backup, entries }).toEqual(before);
  });
});

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
        // Some of them come twice.
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
    /** Logged in at 10 seconds, the new generation used then. */
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
