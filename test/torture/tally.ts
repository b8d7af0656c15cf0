import type { Verdict } from "./judge/verdict.ts";
import { NOTICES, type NoticeKind, VIOLATIONS, type ViolationKind } from "./judge/verdict.ts";

/** What has been found so far. */
export class Tally {
  schedules = 0;
  /** Schedules with at least one violation. */
  broken = 0;
  acknowledged = 0;
  shown = 0;
  readonly violations = Object.fromEntries(VIOLATIONS.map((kind) => [kind, 0])) as Record<ViolationKind, number>;
  readonly notices = Object.fromEntries(NOTICES.map((kind) => [kind, 0])) as Record<NoticeKind, number>;

  add({ violations, notices, acknowledged, shown }: Verdict): void {
    this.schedules++;
    if (violations.length > 0) this.broken++;
    this.acknowledged += acknowledged;
    this.shown += shown;
    for (const { kind } of violations) this.violations[kind]++;
    for (const { kind } of notices) this.notices[kind]++;
  }
}
