import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSortedSet } from "../../../emulation/sorted-set.ts";
import { appendEnd, setNoteEnd } from "../../../src/store/redis/limits.ts";
import { createSetNotes } from "../../../src/store/redis/pending.ts";
import { entryOf } from "./records.ts";

describe("the note of a pending set", () => {
  it("is due at first, and for an append that may arrive after the last note's score", () => {
    const notes = createSetNotes();
    expect(notes.due(3, 100)).toBe(setNoteEnd(100));
    notes.confirmed(3, 5_000);
    expect(notes.due(3, 5_000)).toBeUndefined();
    expect(notes.due(3, 5_001)).toBe(setNoteEnd(5_001));
  });

  it("stays due until it is confirmed", () => {
    const notes = createSetNotes();
    notes.due(3, 100);
    expect(notes.due(3, 100)).toBe(setNoteEnd(100));
  });

  it("holds for its set alone, and is not taken back by a lower note that is confirmed later", () => {
    const notes = createSetNotes();
    notes.confirmed(3, 5_000);
    notes.confirmed(3, 4_000);
    expect(notes.due(3, 5_000)).toBeUndefined();
    expect(notes.due(4, 100)).toBe(setNoteEnd(100));
  });
});

/** The one pending set of the model, and its sessions. */
const SET = 0;
const SESSIONS = ["s", "t"] as const;

interface Append {
  readonly at: number;
  readonly isolate: number;
  readonly session: number;
  /** The delays of the session's note, the set's note, their answers, and the append itself. */
  readonly delaysMs: readonly [number, number, number, number];
}

interface Sweep {
  readonly at: number;
  /**
   * The delays of the read of the set, of the read of each session's journal, and of the call that forgets sessions.
   */
  readonly delaysMs: readonly [number, number];
}

interface Schedule {
  /** By how much the clocks of three isolates, the sweep and Redis are ahead. */
  readonly aheadMs: readonly number[];
  readonly appends: readonly Append[];
  readonly sweeps: readonly Sweep[];
}

const delay = fc.oneof(fc.nat(50), fc.nat(9_000));
const schedule = fc.record<Schedule>({
  aheadMs: fc.array(fc.constantFrom(-500, 0, 500), { minLength: 5, maxLength: 5 }),
  appends: fc.array(
    fc.record({
      at: fc.nat(40_000),
      isolate: fc.nat(2),
      session: fc.nat(1),
      delaysMs: fc.tuple(delay, delay, delay, delay),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  sweeps: fc.array(fc.record({ at: fc.integer({ min: 5_000, max: 60_000 }), delaysMs: fc.tuple(delay, delay) }), {
    minLength: 1,
    maxLength: 12,
    size: "max",
  }),
});

/** Plays a schedule; `check` after each step is told which sessions have a journal, and which a sweep would find. */
function play({ aheadMs, appends, sweeps }: Schedule, check: (journals: Set<string>, found: string[]) => void): void {
  const clock = (who: number, now: number) => now + (aheadMs[who] as number);
  const [sweeper, server] = [3, 4];
  const notes = [createSetNotes(), createSetNotes(), createSetNotes()];
  const [sessions, sets] = [createSortedSet<string>(), createSortedSet<number>()];
  const journals = new Set<string>();
  const steps: { at: number; run(now: number): void }[] = [];
  const later = (at: number, run: (now: number) => void) => steps.push({ at, run });

  for (const { at, isolate, session, delaysMs } of appends) {
    const [sessionMs, setMs, answerMs, appendMs] = delaysMs;
    const own = notes[isolate] as (typeof notes)[number];
    const id = SESSIONS[session] as string;
    later(at, () => {
      const entry = entryOf(id, { expiresAt: clock(isolate, at) + 8_000 });
      const score = own.due(SET, appendEnd(entry));
      later(at + sessionMs, () => sessions.note(id, appendEnd(entry)));
      if (score !== undefined) later(at + setMs, () => sets.note(SET, score));
      const answeredAt = at + Math.max(sessionMs, score === undefined ? 0 : setMs) + answerMs;
      if (score !== undefined) later(answeredAt, () => own.confirmed(SET, score));
      later(answeredAt + appendMs, (now) => clock(server, now) < entry.change.expiresAt && journals.add(id));
    });
  }
  for (const { at, delaysMs } of sweeps) {
    const [readMs, forgetMs] = delaysMs;
    const before = (now: number) => clock(sweeper, now);
    later(at + readMs, (readAt) => {
      const ids = sessions.range(0);
      if (ids.length === 0) later(readAt + forgetMs, () => sets.settle(SET, before(at)));
      for (const id of ids) {
        later(readAt + readMs, () => journals.delete(id));
        later(readAt + readMs + forgetMs, () => sessions.settle(id, before(readAt)));
      }
    });
  }

  while (steps.length > 0) {
    const next = steps.reduce((first, step) => (step.at < first.at ? step : first));
    steps.splice(steps.indexOf(next), 1);
    next.run(next.at);
    check(journals, sets.range(0).includes(SET) ? sessions.range(0) : []);
  }
}

describe("with clocks a second apart, and commands under way for as long as they like", () => {
  it("a sweep finds every session that has a journal", () => {
    let findings = 0;
    fc.assert(
      fc.property(schedule, (one) => {
        play(one, (journals, found) => {
          expect(found).toEqual(expect.arrayContaining([...journals]));
          if (journals.size > 0) findings++;
        });
      }),
      { numRuns: 3_000 },
    );
    expect(findings).toBeGreaterThan(1_000);
  });
});
