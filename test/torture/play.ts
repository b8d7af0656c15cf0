import { createVirtualClock } from "../../emulation/clock.ts";
import { Browsers } from "./browsers.ts";
import type { History, Truth } from "./history.ts";
import { Incidents } from "./incidents.ts";
import { createRandom } from "./random.ts";
import { Recorder } from "./recorder.ts";
import { LOCATIONS, type Schedule, type Step, type VisitStep } from "./schedule.ts";
import type { Stage, Subject, SubjectKind } from "./subject.ts";
import { installSyncCrypto } from "./sync-crypto.ts";

/** Where every schedule begins, on a whole second. memcached counts to 2038. */
const START = Date.UTC(2036, 0, 1);
/** By then every request is answered or lost. */
const LAST_ANSWER_MS = 120_000;
/** Time for the sweep and for repeated attempts, when nothing fails any more. */
const QUIET_MS = 200_000;
/** Time for the last reads of the browsers. */
const LAST_READS_MS = 60_000;

/** Time to ask the stores for the state of each session. */
const TRUTHS_MS = 10_000;

/** As many timers may be due at one instant. */
const MOST_TURNS = 20_000;

/**
 * Plays a schedule with a subject and returns its history. The same schedule gives the same history. Play one schedule
 * at a time, because timers and `crypto` are replaced meanwhile.
 */
export async function play(schedule: Schedule, kind: SubjectKind): Promise<History> {
  const clock = createVirtualClock({ start: START, turn: turns(kind, () => clock.now()) });
  const random = createRandom(schedule.seed);
  const restore = [clock.install(), installSyncCrypto(random)];
  const recorder = new Recorder(clock.now);
  const stage: Stage = {
    clock,
    clocks: schedule.clocks,
    random,
    origin: (visit, view) => browsers.serve(visit, view),
    untouched(visit) {
      const visited = recorder.visitOf(visit);
      if (visited) visited.untouched = true;
    },
    lossTold(visit) {
      const visited = recorder.visitOf(visit);
      if (visited) visited.lossTold = recorder.moment();
    },
  };
  const subject = await kind.create(stage);
  const browsers = new Browsers(clock, recorder, subject);
  const incidents = new Incidents(clock, recorder, subject, browsers);
  const perform = (step: Step, id: number) =>
    step.kind === "visit" ? browsers.visit(step, id) : incidents.happen(step, id);
  try {
    let at = START;
    for (const [id, step] of schedule.steps.entries()) {
      at += step.afterMs;
      clock.setTimeout(() => void perform(step, id), at - START);
    }
    await clock.run({ until: at + LAST_ANSWER_MS });
    incidents.endAll();
    await clock.run({ until: at + LAST_ANSWER_MS + QUIET_MS });
    for (const step of lastReads(schedule)) void browsers.visit(step, 10_000 + step.browser);
    await clock.run({ until: at + LAST_ANSWER_MS + QUIET_MS + LAST_READS_MS });
    const truths = truthsOf(recorder, subject);
    await clock.run({ until: clock.now() + TRUTHS_MS });
    return recorder.history(await truths);
  } finally {
    await subject.close();
    for (const put of restore.reverse()) put();
  }
}

/** Lets everything happen that waits for no timer, including real work. */
function turns(kind: SubjectKind, now: () => number): () => Promise<void> {
  let [since, count] = [0, 0];
  return async () => {
    count = now() === since ? count + 1 : 0;
    since = now();
    if (count > MOST_TURNS) throw new Error("the subject sets timers without end, and time stands still");
    if (!kind.quiet) return new Promise((resolve) => process.nextTick(resolve));
    do await new Promise((resolve) => setImmediate(resolve));
    while (await kind.quiet());
  };
}

function lastReads({ steps }: Schedule): VisitStep[] {
  const browsers = new Set(steps.flatMap((step) => (step.kind === "visit" ? [step.browser] : [])));
  return Array.from(browsers, (browser) => ({
    kind: "visit",
    browser,
    place: { location: LOCATIONS[0], isolate: 0 },
    ask: { kind: "read" },
    navigates: true,
    upMs: 10,
    originMs: 10,
    downMs: 10,
    lost: "nothing",
  }));
}

async function truthsOf(recorder: Recorder, subject: Subject): Promise<ReadonlyMap<string, Truth>> {
  const read = async (sid: string) => [sid, await subject.truth(sid)] as const;
  return new Map(await Promise.all(Array.from(recorder.sids(), read)));
}
