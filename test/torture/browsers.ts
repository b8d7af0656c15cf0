import type { VirtualClock } from "../../emulation/clock.ts";
import { askedBy } from "./asked.ts";
import { type Carrier, cookies, type Kept } from "./carriers.ts";
import { CookieJar } from "./cookie-jar.ts";
import type { Held, Outcome, View, Visit } from "./history.ts";
import { OLD_COOKIE, oldIdOf, oldLoginOf } from "./old-cookie.ts";
import type { Recorder } from "./recorder.ts";
import type { VisitStep } from "./schedule.ts";
import { type Asked, type Subject, VISIT_HEADER } from "./subject.ts";

interface Browser {
  readonly jar: CookieJar;
  /** How often another browser's cookies have been copied into it, or older cookies of its own put back. */
  epoch: number;
  /** The visits whose answers have led to its newest page, since the last copy or recall. */
  pages: readonly number[];
  /** The states of its jar, the newest last. */
  readonly held: ReturnType<CookieJar["snapshot"]>[];
}

/** The browsers, and the origin that they talk to through the subject. */
export class Browsers {
  readonly #clock: VirtualClock;
  readonly #recorder: Recorder;
  readonly #subject: Subject;
  readonly #carrier: Carrier;
  readonly #browsers = new Map<number, Browser>();
  readonly #steps = new Map<number, VisitStep>();

  constructor(clock: VirtualClock, recorder: Recorder, subject: Subject) {
    this.#clock = clock;
    this.#recorder = recorder;
    this.#subject = subject;
    this.#carrier = subject.carrier ?? cookies;
  }

  /** The session and generation that a browser's cookies name now. */
  held(browser: number): Promise<Held | undefined> {
    return this.#subject.identify(this.#of(browser).jar.read());
  }

  copy(from: number, to: number): void {
    if (from === to) return;
    const browser = this.#of(to);
    browser.held.push(browser.jar.snapshot());
    browser.jar.copyFrom(this.#of(from).jar);
    browser.held.push(browser.jar.snapshot());
    browser.epoch++;
    browser.pages = [];
  }

  /** The browser's person has logged in at the old application by a step, and holds its cookie alone. */
  logInAtOld(browser: number, step: number): void {
    this.#startAnew(browser, (jar) => jar.receive([`${OLD_COOKIE}=${oldIdOf(step, browser)}`]));
  }

  /** A thief takes the cookie of the old application alone from another browser, and begins with it. */
  copyOld(from: number, to: number): void {
    if (from !== to) this.#startAnew(to, (jar) => jar.copyFrom(this.#of(from).jar));
  }

  /** A browser loses its cookies, except the cookie of the old application that it gets. */
  #startAnew(browser: number, get: (jar: CookieJar) => void): void {
    const known = this.#of(browser);
    known.held.push(known.jar.snapshot());
    get(known.jar);
    known.jar.keepOnly(OLD_COOKIE);
    known.held.push(known.jar.snapshot());
    known.epoch++;
    known.pages = [];
  }

  /** A browser takes up cookies again that it has held before. */
  recall(browser: number, back: number): void {
    const known = this.#of(browser);
    const snapshot = known.held.at(-1 - back) ?? known.held[0];
    if (!snapshot) return;
    known.jar.restore(snapshot);
    known.epoch++;
    known.pages = [];
  }

  async visit(step: VisitStep, id: number): Promise<void> {
    const { jar, epoch, pages } = this.#of(step.browser);
    const kept = jar.read();
    const left = this.#recorder.moment();
    const { browser, place, ask } = step;
    this.#steps.set(id, step);
    const from = this.#carrier.perPage ? { pages } : {};
    const old = oldLoginOf(kept);
    const visit = this.#recorder.visit({ id, browser, epoch, place, ask, left, held: undefined, old, ...from });
    visit.held = await this.#subject.identify(kept);
    if (step.lost === "request") return;
    await this.#clock.sleep(step.upMs);
    visit.reached = this.#recorder.moment();
    const { sets, ...answer } = await this.#answer(step, id, kept);
    const held = await this.#subject.identify(withCookies(kept, sets));
    visit.answered = { ...this.#recorder.moment(), outcome: answer.outcome, held };
    if (step.lost === "response") return;
    await this.#clock.sleep(step.downMs);
    await this.#arrive(visit, jar, this.#carrier.takes?.(kept, jar.read()) === false ? [] : sets);
    if (sets.length === 0) return;
    this.#of(browser).pages = [...pages, id];
    this.#of(browser).held.push(jar.snapshot());
  }

  /** The origin: notes the session that it is shown, takes its time, and asks for the visit's change. */
  async serve(id: number, shown: View): Promise<Asked> {
    const visit = this.#recorder.visitOf(id);
    const step = this.#steps.get(id);
    if (!visit || !step) throw new TypeError(`the origin was asked by nobody: ${id}`);
    visit.shown = shown;
    await this.#clock.sleep(step.originMs);
    return askedBy(step.ask, id, step.browser);
  }

  async #answer(step: VisitStep, id: number, kept: Kept) {
    try {
      const response = await this.#subject.handle(this.#carrier.request(initOf(step, id), kept), step.place);
      return { outcome: outcomeOf(response.status), sets: this.#carrier.gives(response) };
    } catch {
      return { outcome: "failed" as const, sets: [] };
    }
  }

  async #arrive(visit: { arrived?: Visit["arrived"] }, jar: CookieJar, setCookies: readonly string[]): Promise<void> {
    const held = jar.read();
    jar.receive(setCookies);
    const now = jar.read();
    await this.#subject.arrived?.(now);
    const moment = this.#recorder.moment();
    visit.arrived = {
      ...moment,
      before: await this.#subject.identify(held),
      held: await this.#subject.identify(now),
    };
  }

  #of(browser: number): Browser {
    let known = this.#browsers.get(browser);
    if (!known) {
      known = { jar: new CookieJar(this.#clock.now), epoch: 0, pages: [], held: [] };
      this.#browsers.set(browser, known);
    }
    return known;
  }
}

function initOf({ ask, navigates }: VisitStep, id: number) {
  const headers = new Headers({ [VISIT_HEADER]: String(id), "Sec-Fetch-Site": "same-origin" });
  headers.set("Sec-Fetch-Mode", navigates ? "navigate" : "cors");
  return { method: ask.kind === "read" ? "GET" : "POST", headers };
}

function withCookies(sent: Kept, setCookies: readonly string[]): Kept {
  if (setCookies.length === 0) return sent;
  const jar = new CookieJar(() => 0);
  jar.receive(Array.from(sent, ([name, value]) => `${name}=${value}`));
  jar.receive(setCookies);
  return jar.read();
}

function outcomeOf(status: number): Outcome {
  if ((status >= 200 && status < 300) || status === 303) return "done";
  return status === 409 ? "ended" : "failed";
}
