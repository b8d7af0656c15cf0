import fc from "fast-check";
import { schedules } from "./arbitrary.ts";
import type { Config } from "./configs.ts";
import type { History } from "./history.ts";
import { judge } from "./judge/judge.ts";
import type { Verdict } from "./judge/verdict.ts";
import { play } from "./play.ts";
import type { Schedule } from "./schedule.ts";
import type { SubjectKind } from "./subject.ts";
import { Tally } from "./tally.ts";

/** Which schedules are played. */
export interface CampaignOptions {
  readonly schedules: number;
  readonly seed: number;
  /** Plays only this schedule again, as a counterexample has named it. */
  readonly path?: string | undefined;
  /** Whether a schedule that breaks the promise is made as small as it can be. Default: yes. */
  readonly shrinks?: boolean | undefined;
  /** The share of the schedules that this worker plays. Other workers play the others. Default: all schedules. */
  readonly share?: Share | undefined;
  /** Called after each schedule. */
  readonly onProgress?: ((tally: Tally) => void) | undefined;
}

/** Which of the schedules a worker plays: those whose number leaves `index` when it is divided by `of`. */
export interface Share {
  readonly index: number;
  readonly of: number;
  /**
   * Known to all workers: the number of the first schedule that breaks the promise, or -1. Later schedules are not
   * played.
   */
  readonly firstBroken: Int32Array;
}

/** A schedule that breaks the promise, as small as it could be made. */
export interface Counterexample {
  readonly schedule: Schedule;
  /** Tells {@link CampaignOptions} how to play it again, with the seed. */
  readonly path: string;
  readonly history: History;
  readonly verdict: Verdict;
}

/** The findings of a campaign. */
export interface Campaign {
  readonly config: Config;
  readonly seed: number;
  readonly tally: Tally;
  readonly counterexample: Counterexample | undefined;
}

/** Plays schedules in one configuration. A configuration that promises stops at the first violation, and shrinks it. */
export async function campaign(config: Config, options: CampaignOptions): Promise<Campaign> {
  const { seed, path, shrinks = true, share, onProgress } = options;
  const kind = await config.start();
  const tally = new Tally();
  let isShrinking = false;
  let number = -1;

  async function isKept(schedule: Schedule): Promise<boolean> {
    if (!isShrinking) number++;
    if (share && !isShrinking && isLeft(number, share)) return true;
    const { verdict } = await played(schedule, kind, config);
    const isBroken = config.promises && verdict.violations.length > 0;
    if (!isShrinking) tally.add(verdict);
    if (share && isBroken && !isShrinking) tellBroken(number, share);
    isShrinking ||= isBroken;
    onProgress?.(tally);
    return !isBroken;
  }

  try {
    const checked = await fc.check(fc.asyncProperty(schedules(config.shape), isKept), {
      seed,
      numRuns: path === undefined ? options.schedules : 1,
      ...(path === undefined ? {} : { path }),
      endOnFailure: path !== undefined || !shrinks,
    });
    if (checked.errorInstance && !isShrinking) throw checked.errorInstance;
    const counterexample = checked.counterexample && {
      schedule: checked.counterexample[0],
      path: checked.counterexamplePath as string,
      ...(await played(checked.counterexample[0], kind, config)),
    };
    return { config, seed, tally, counterexample: counterexample ?? undefined };
  } finally {
    await kind.close?.();
  }
}

/** Whether a schedule is left to another worker, or comes after a schedule that breaks the promise. */
function isLeft(number: number, { index, of, firstBroken }: Share): boolean {
  const first = Atomics.load(firstBroken, 0);
  return number % of !== index || (first >= 0 && number > first);
}

function tellBroken(number: number, { firstBroken }: Share): void {
  for (let first = Atomics.load(firstBroken, 0); first < 0 || number < first; first = Atomics.load(firstBroken, 0)) {
    Atomics.compareExchange(firstBroken, 0, first, number);
  }
}

/** Plays one schedule that was written by hand, as it is. */
export async function playMade(config: Config, schedule: Schedule): Promise<Campaign> {
  const kind = await config.start();
  const tally = new Tally();
  try {
    const { history, verdict } = await played(schedule, kind, config);
    tally.add(verdict);
    const counterexample = verdict.violations.length > 0 ? { schedule, path: "", history, verdict } : undefined;
    return { config, seed: schedule.seed, tally, counterexample };
  } finally {
    await kind.close?.();
  }
}

async function played(schedule: Schedule, kind: SubjectKind, { terms }: Config) {
  const history = await play(schedule, kind);
  return { history, verdict: judge(history, terms) };
}
