import { type Count, type Counts, plus } from "../../totals/tally.ts";
import type { IsolatesHeard, MinuteTotals, PoolTotals, SeenOrigin } from "../../upstream/live/pool-contracts.ts";
import {
  type Ejection,
  GIVE_UP_MS,
  type IsolateState,
  REPORT_EVERY_MS,
  type Report,
  type SweepOutcome,
} from "../../upstream/live/report.ts";
import { boundCount, withSeen } from "../../upstream/live/sightings.ts";
import { isSketch, mergeInto, type Sketch } from "../../upstream/live/sketch.ts";
import type { HeardFacts } from "./conditions.ts";
import { MINUTES, type PoolRows } from "./pool-rows.ts";

/** The rows and the clock of totals. */
export interface TotalsParts {
  readonly rows: PoolRows;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Totals are saved at most this often, unless they are read. */
const SAVE_EVERY_MS = 60_000;
const MINUTE_MS = 60_000;
/** For how long the number of an isolate's last report is known: twice as long as an isolate may send a report again. */
const NUMBERS_MS = 2 * GIVE_UP_MS;
/** An isolate counts as heard for this long. */
export const HEARD_MS = 2.5 * REPORT_EVERY_MS;
/** For how long isolates report more often after an operator has looked. */
const WATCHED_MS = 30_000;
/** A report that would add more series is taken without the series. Labels come from the configuration, so this is never met. */
const MAX_SERIES = 10_000;

/** A minute to which counts are added. */
interface Minute extends Pick<MinuteTotals, "at"> {
  readonly counts: Record<string, Count>;
  bound?: Readonly<Record<string, number>>;
}

interface Heard {
  readonly state: IsolateState;
  readonly at: number;
}

/**
 * Adds up the reports of isolates. A report counts once, however often it is sent. Only totals that are saved are shown, so they never
 * fall; reports since the last save are lost if the object is ended in between.
 */
export class Totals {
  readonly #rows: PoolRows;
  readonly #clock: () => number;
  readonly #heard = new Map<string, Heard>();
  #counts: Map<string, Count> | undefined;
  #numbers = new Map<string, { number: number; at: number }>();
  #savedAt = -Infinity;
  #sweep: SweepOutcome | undefined;
  /** When the oldest report came that is not saved; `undefined`: there is none. */
  #unsavedSince: number | undefined;
  #watchedUntil = -Infinity;
  #minutes = new Map<number, Minute>();
  /** The minutes that have changed since the last save. */
  readonly #changedMinutes = new Set<number>();
  /** Sessions that were seen since the last save, by origin, and the time that a session may be away. */
  readonly #seen = new Map<string, { sketch: Sketch; awayMs: number }>();
  /** How long a session may be away without ending, as the last report says. */
  #awayMs: number | undefined;

  constructor({ rows, clock }: TotalsParts) {
    this.#rows = rows;
    this.#clock = clock;
  }

  /** Whether an operator has looked lately. */
  isWatched(): boolean {
    return this.#clock() < this.#watchedUntil;
  }

  /**
   * Takes the sightings and the report of an isolate.
   *
   * @returns whether there is a new time at which totals are to be saved.
   */
  take(seen: readonly SeenOrigin[], report: Report | undefined, awayMs: number): boolean {
    const now = this.#clock();
    this.#awayMs = awayMs;
    for (const { origin, sketch } of seen) this.#see(origin, sketch, awayMs);
    if (report) this.#count(report, now);
    const isFirst = this.#unsavedSince === undefined;
    this.#unsavedSince ??= now;
    if (now < this.saveAt()) return isFirst;
    this.save();
    return false;
  }

  /** When totals are to be saved next; `Infinity`: everything is saved. */
  saveAt(): number {
    return this.#unsavedSince === undefined ? Infinity : Math.max(this.#unsavedSince, this.#savedAt + SAVE_EVERY_MS);
  }

  /** Saves everything that is not saved yet. */
  save(): void {
    if (this.#unsavedSince === undefined) return;
    const now = this.#clock();
    for (const [origin, { sketch, awayMs }] of this.#seen) {
      const windows = withSeen(this.#rows.seen(origin), sketch, now, awayMs);
      if (windows) this.#rows.see(origin, windows);
    }
    this.#seen.clear();
    const minute = this.#minutes.get(minuteOf(now));
    if (minute && this.#awayMs !== undefined) minute.bound = this.#bound(now, this.#awayMs);
    for (const at of this.#changedMinutes) this.#rows.keepMinute(this.#minutes.get(at) ?? { at, counts: {} });
    this.#changedMinutes.clear();
    for (const [id, { at }] of this.#numbers) if (now - at > NUMBERS_MS) this.#numbers.delete(id);
    if (this.#counts) {
      this.#rows.total({
        counts: Object.fromEntries(this.#counts),
        isolates: Object.fromEntries(this.#numbers),
        savedAt: now,
        sweep: this.#sweep,
      });
    }
    this.#savedAt = now;
    this.#unsavedSince = undefined;
  }

  /** The totals. What was not saved is saved first, because a total that was shown must not be lost. */
  look(watches: boolean, awayMs: number): PoolTotals {
    const now = this.#clock();
    if (watches) this.#watchedUntil = now + WATCHED_MS;
    this.save();
    const counts = this.#loaded();
    const oldest = now - MINUTES * MINUTE_MS;
    const minutes = [...this.#minutes.values()].filter(({ at }) => at > oldest).sort((one, other) => one.at - other.at);
    return {
      kind: "totals",
      counts: Object.fromEntries(counts),
      savedAt: Number.isFinite(this.#savedAt) ? this.#savedAt : now,
      isolates: this.#isolates(now),
      sweep: this.#sweep,
      bound: this.#bound(now, awayMs),
      minutes,
    };
  }

  /** The isolates that have reported lately, the counts of the last minutes, and the last run of the cron job. */
  heard(minutes: number): HeardFacts {
    const now = this.#clock();
    this.#loaded();
    const isolates = this.#isolates(now);
    const losing = new Set([...this.#heard.values()].flatMap(({ state }) => state.losing ?? []));
    return {
      isolates,
      losing: [...losing],
      reporting: this.reporting(),
      minutes: [...this.#minutes.values()].flatMap(({ at, counts }) =>
        at > now - minutes * MINUTE_MS ? [counts] : [],
      ),
      sweep: this.#sweep,
    };
  }

  /** How many isolates have reported lately. The state of those that reported before the object was started is not known. */
  reporting(): number {
    this.#loaded();
    const now = this.#clock();
    let count = 0;
    for (const { at } of this.#numbers.values()) if (now - at <= HEARD_MS) count++;
    return count;
  }

  lastSweep(): SweepOutcome | undefined {
    this.#loaded();
    return this.#sweep;
  }

  #bound(now: number, awayMs: number): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#rows.allSeen().map(([id, windows]) => [id, boundCount(windows, now, awayMs)]));
  }

  #see(origin: string, sketch: unknown, awayMs: number): void {
    if (!isSketch(sketch)) return;
    const before = this.#seen.get(origin);
    if (before) mergeInto(before.sketch, sketch);
    this.#seen.set(origin, { sketch: before?.sketch ?? sketch, awayMs });
  }

  #count(report: Report, now: number): void {
    const { isolate, number, counts, ...state } = report;
    const totals = this.#loaded();
    this.#heard.set(isolate, { state, at: now });
    if (state.sweep && state.sweep.at > (this.#sweep?.at ?? -Infinity)) this.#sweep = state.sweep;
    if (number <= (this.#numbers.get(isolate)?.number ?? 0)) return;
    this.#numbers.set(isolate, { number, at: now });
    const minute = this.#minuteAt(minuteOf(now));
    for (const [series, count] of Object.entries(counts)) {
      const total = totals.get(series);
      if (total === undefined && totals.size >= MAX_SERIES) continue;
      totals.set(series, plus(total, count));
      minute.counts[series] = plus(minute.counts[series], count);
    }
    this.#changedMinutes.add(minute.at);
  }

  #minuteAt(at: number): Minute {
    const minute = this.#minutes.get(at) ?? { at, counts: {} };
    this.#minutes.set(at, minute);
    for (const old of this.#minutes.keys()) if (old <= at - MINUTES * MINUTE_MS) this.#minutes.delete(old);
    return minute;
  }

  #loaded(): Map<string, Count> {
    if (this.#counts) return this.#counts;
    const saved = this.#rows.totals();
    this.#counts = new Map(Object.entries<Count>(saved?.counts ?? ({} as Counts)));
    this.#numbers = new Map(Object.entries(saved?.isolates ?? {}));
    this.#savedAt = saved?.savedAt ?? -Infinity;
    this.#sweep = saved?.sweep;
    for (const minute of this.#rows.minutes())
      this.#minutes.set(minute.at, { ...minute, counts: { ...minute.counts } });
    return this.#counts;
  }

  #isolates(now: number): IsolatesHeard {
    for (const [id, { at }] of this.#heard) if (now - at > HEARD_MS) this.#heard.delete(id);
    const all = [...this.#heard.values()];
    const colos: Record<string, number> = {};
    const builds: Record<string, number> = {};
    const ejecting: Record<string, Record<string, number>> = {};
    const open: Record<string, Record<string, number>> = {};
    const ejections: Record<string, Ejection> = {};
    const openSince: Record<string, number> = {};
    for (const { state } of all) {
      const { colo } = state;
      more(colos, colo);
      more(builds, `${state.version} ${state.config}`);
      for (const origin of state.ejected) moreAt(ejecting, origin, colo);
      for (const store of state.open) moreAt(open, store, colo);
      for (const [origin, ejection] of Object.entries(state.ejections ?? {})) {
        if (ejection.since < (ejections[origin]?.since ?? Infinity)) ejections[origin] = ejection;
      }
      for (const [store, since] of Object.entries(state.openSince ?? {})) {
        openSince[store] = Math.min(since, openSince[store] ?? Infinity);
      }
    }
    return {
      heard: all.length,
      oldestAt: all.length === 0 ? undefined : Math.min(...all.map(({ at }) => at)),
      colos,
      builds,
      ejecting,
      ejections,
      panicking: all.filter(({ state }) => state.panics).length,
      open,
      openSince,
    };
  }
}

/** When the minute of a time began. */
function minuteOf(time: number): number {
  return Math.floor(time / MINUTE_MS) * MINUTE_MS;
}

function more(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

function moreAt(counts: Record<string, Record<string, number>>, name: string, colo: string): void {
  const colos = counts[name] ?? {};
  counts[name] = colos;
  more(colos, colo);
}
