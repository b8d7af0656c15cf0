import type { VirtualClock } from "../../emulation/clock.ts";
import type { Faults, FaultyCalls } from "../../emulation/faults.ts";
import type { Browsers } from "./browsers.ts";
import type { Trouble } from "./history.ts";
import type { Recorder } from "./recorder.ts";
import type { AdminStep, FaultStep, Step, VisitStep } from "./schedule.ts";
import type { Subject } from "./subject.ts";

/** A store's switches, whatever its faults are. */
type Switches = Pick<Faults<unknown>, "set" | "next">;

/** The events without a visitor: admins, thieves, crashes, failing stores. */
export class Incidents {
  readonly #clock: VirtualClock;
  readonly #recorder: Recorder;
  readonly #subject: Subject;
  readonly #browsers: Browsers;
  /** The fault that each set of calls suffers now, so that the end of a fault does not end a later fault. */
  readonly #suffered = new Map<string, FaultStep>();
  /** Faults of one call, which it may meet at any time. */
  readonly #lurking: Omit<Trouble, "until">[] = [];

  constructor(clock: VirtualClock, recorder: Recorder, subject: Subject, browsers: Browsers) {
    this.#clock = clock;
    this.#recorder = recorder;
    this.#subject = subject;
    this.#browsers = browsers;
  }

  async happen(step: Exclude<Step, VisitStep>, id: number): Promise<void> {
    switch (step.kind) {
      case "admin":
        return this.#change(step, id);
      case "copy":
        return this.#browsers.copy(step.from, step.to);
      case "old-login":
        return this.#browsers.logInAtOld(step.browser, id);
      case "old-copy":
        return this.#browsers.copyOld(step.from, step.to);
      case "recall":
        return this.#browsers.recall(step.browser, step.back);
      case "crash":
        return this.#subject.crash?.(step.place);
      case "fault":
        return this.#fail(step);
      case "set-back": {
        const { ms, store = "redis" } = step;
        this.#subject.setBack?.(ms, store);
        if (store === "authority") this.#recorder.setBack();
        const at = this.#recorder.moment();
        return this.#recorder.trouble({ what: `${store}: set back by ${ms} ms`, from: at, until: at });
      }
    }
  }

  /** Nothing fails any more. */
  endAll(): void {
    const { object, kv, redis } = this.#subject.faults ?? {};
    for (const faults of [object, kv, redis]) faults?.clear();
    for (const trouble of this.#lurking) this.#recorder.trouble({ ...trouble, until: this.#recorder.moment() });
  }

  async #change({ browser, ask, place }: AdminStep, id: number): Promise<void> {
    const left = this.#recorder.moment();
    const held = await this.#browsers.held(browser);
    if (!held || !this.#subject.change) return;
    const act = this.#recorder.act({ id, sid: held.sid, ask, left });
    const outcome = await this.#subject.change(id, held.sid, ask, place);
    act.answered = { ...this.#recorder.moment(), ...outcome };
  }

  async #fail(step: FaultStep): Promise<void> {
    const switches = this.#subject.faults?.[step.store] as Switches | undefined;
    if (!switches) return;
    const { operation } = step;
    const calls: FaultyCalls = {
      ...(step.from === "everywhere" ? {} : { from: step.from }),
      ...(operation === undefined ? {} : { operation }),
    };
    const from = this.#recorder.moment();
    const what = [step.store, operation, `from ${step.from}: ${describe(step)}`].filter(Boolean).join(" ");
    if (step.lastsMs === 0) {
      switches.next(step.fault, calls);
      this.#lurking.push({ what, from });
      return;
    }
    const name = `${step.store} ${operation} ${step.from}`;
    switches.set(step.fault, calls);
    this.#suffered.set(name, step);
    await this.#clock.sleep(step.lastsMs);
    if (this.#suffered.get(name) === step) switches.set(undefined, calls);
    this.#recorder.trouble({ what, from, until: this.#recorder.moment() });
  }
}

function describe({ fault, lastsMs }: FaultStep): string {
  const { kind, ...details } = fault;
  return `${kind} ${JSON.stringify(details)} for ${lastsMs === 0 ? "one call" : `${lastsMs} ms`}`;
}
