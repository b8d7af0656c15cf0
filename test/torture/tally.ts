import type { Verdict } from "./judge/verdict.ts";
import { NOTICES, type NoticeKind, VIOLATIONS, type ViolationKind } from "./judge/verdict.ts";

/** The findings so far. */
export class Tally {
  schedules = 0;
  /** Schedules with at least one violation. */
  broken = 0;
  acknowledged = 0;
  shown = 0;
  readonly violations = Object.fromEntries(VIOLATIONS.map((kind) => [kind, 0])) as Record<ViolationKind, number>;
  readonly notices = Object.fromEntries(NOTICES.map((kind) => [kind, 0])) as Record<NoticeKind, number>;

  /** The findings of several tallies together. */
  static sum(tallies: readonly Tally[]): Tally {
    const sum = new Tally();
    for (const { schedules, broken, acknowledged, shown, violations, notices } of tallies) {
      sum.schedules += schedules;
      sum.broken += broken;
      sum.acknowledged += acknowledged;
      sum.shown += shown;
      for (const kind of VIOLATIONS) sum.violations[kind] += violations[kind];
      for (const kind of NOTICES) sum.notices[kind] += notices[kind];
    }
    return sum;
  }

  add({ violations, notices, acknowledged, shown }: Verdict): void {
    this.schedules++;
    if (violations.length > 0) this.broken++;
    this.acknowledged += acknowledged;
    this.shown += shown;
    for (const { kind } of violations) this.violations[kind]++;
    for (const { kind } of notices) this.notices[kind]++;
  }
}
