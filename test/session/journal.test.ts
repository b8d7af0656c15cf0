import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedisWorld } from "../../emulation/redis.ts";
import { apply } from "../../src/session/apply.ts";
import { deadlineOf } from "../../src/session/deadlines.ts";
import { overlay, takeIn } from "../../src/session/journal.ts";
import { type SessionRecord, viewOf } from "../../src/session/record.ts";
import { POLICY } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";
import { History } from "./history.ts";
import { backupOf, entryAt } from "./journal-entries.ts";

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
