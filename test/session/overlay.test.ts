import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apply } from "../../src/session/apply.ts";
import type { Change } from "../../src/session/change.ts";
import { overlay } from "../../src/session/overlay.ts";
import { deadlineOf, type SessionRecord, viewOf } from "../../src/session/record.ts";
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
    expect(overlay(backup, [])).toEqual({ kind: "view", view: viewOf(backup), marks: false });
  });

  it("that is a tombstone has ended, whatever the journal holds", () => {
    const backup = backupOf({ a: 1 }, [{ end: true }]);
    expect(overlay(backup, [])).toEqual({ kind: "ended", marks: false });
    expect(overlay(backup, [entryAt(1, { patches: [{ b: 1 }] })])).toEqual({ kind: "ended", marks: false });
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
      marks: true,
    });
  });

  it("leave the version as it is: the journal gives out none", () => {
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
    expect(overlay(backup, [known])).toEqual({ kind: "view", view: viewOf(backup), marks: false });
    // The first entry is of a time when the backup need not remember the second any more.
    expect(overlay(backup, [entryAt(60, { patches: [{ b: 1 }] }), known])).toMatchObject({
      view: { attributes: { count: 2, b: 1 } },
      marks: true,
    });
  });

  it("of a touch renew the idle deadline as of when the visitor came", () => {
    const backup = backupOf();
    expect(overlay(backup, [entryAt(3_000, { touch: true })])).toMatchObject({
      view: { touchedAt: at(3_000), idleDeadline: at(3_000 + 3_960), version: 1 },
      marks: true,
    });
  });

  it("of a touch that took its time take back no later one", () => {
    const history = History.begun();
    history.apply({ touch: true }, { now: at(600) });
    const backup = history.record as SessionRecord;
    expect(overlay(backup, [entryAt(500, { touch: true, patches: [{ a: 1 }] })])).toMatchObject({
      view: { attributes: { a: 1 }, touchedAt: at(600), idleDeadline: backup.idleDeadline },
    });
  });

  it("of another generation are not shown, and set no mark", () => {
    const backup = backupOf({ a: 1 }, [{ rotate: true }]);
    const entries = [entryAt(1, { patches: [{ a: 2 }] }), entryAt(2, { end: true })];
    expect(overlay(backup, entries)).toEqual({ kind: "view", view: viewOf(backup), marks: false });
    expect(overlay(backup, [entryAt(3, { patches: [{ a: 3 }] }, 1)])).toMatchObject({ view: { attributes: { a: 3 } } });
  });

  it("that end the session have ended it, which sets the mark", () => {
    const entries = [entryAt(1, { patches: [{ a: 1 }] }), entryAt(2, { end: true })];
    expect(overlay(backupOf(), entries)).toEqual({ kind: "ended", marks: true });
  });
});

describe("what the journal has accepted is shown", () => {
  it("though it has expired since", () => {
    const late = entryAt(60, { patches: [{ a: 1 }], expiresAt: at(1) });
    expect(overlay(backupOf(), [late])).toMatchObject({ view: { attributes: { a: 1 } } });
  });

  it("though together it passes the limit of size", () => {
    const large = "x".repeat(POLICY.maxAttributeBytes - 100);
    const entries = [entryAt(1, { patches: [{ a: large }] }), entryAt(2, { patches: [{ b: large }] })];
    expect(overlay(backupOf(), entries)).toMatchObject({ view: { attributes: { a: large, b: large } } });
  });

  it("though by a backup that lags the session was idle: the caller judges deadlines, by what the token knows", () => {
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
      marks: true,
    });
  });

  it("founds no session of a generation that was given out: there was a record, and it cannot be seen", () => {
    expect(overlay(undefined, [entryAt(1, { patches: [{ a: 1 }] }, 1)])).toEqual({ kind: "nothing" });
  });

  it("founds none after its founding deadline", () => {
    expect(overlay(undefined, [entryAt(2 * 3_600, { patches: [{ a: 1 }] })])).toEqual({ kind: "nothing" });
  });

  it("that holds an end is of a session that has ended", () => {
    expect(overlay(undefined, [entryAt(1, { end: true })])).toEqual({ kind: "ended", marks: true });
    expect(overlay(undefined, [entryAt(1, { end: true }, 1)])).toEqual({ kind: "ended", marks: true });
  });
});

describe("the overlay", () => {
  it("shows the attributes that the authority will have once it has taken the journal over", () => {
    const patch = fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom(null, 1, "x", { c: 1 }, { c: null }));
    const times = fc.array(fc.nat(5), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(patch, { minLength: 1 }), times, fc.nat(9), (patches, seconds, known) => {
        const entries = patches.map((one, i) => entryAt(seconds[i % seconds.length] as number, { patches: [one] }));
        const history = History.begun();
        const take = (entry: (typeof entries)[number]) => {
          const applied = apply(history.record, entry.ref, entry.change, at(5));
          if (applied.kind === "committed" && applied.save) history.record = applied.save;
        };
        entries.slice(0, known).forEach(take);
        const shown = overlay(history.record, entries);
        entries.forEach(take);
        expect(shown).toMatchObject({ kind: "view", view: { attributes: history.record?.attributes } });
      }),
    );
  });

  it("changes neither the backup nor the entries", () => {
    const backup = backupOf({ a: 1 });
    const entries = [entryAt(1, { patches: [{ a: 2 }], touch: true })];
    const before = structuredClone({ backup, entries });
    overlay(backup, entries);
    expect({ backup, entries }).toEqual(before);
  });
});
