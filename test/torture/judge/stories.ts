import type { Act, Held, History, Moment, Outcome, Trouble, Truth, View, Visit } from "../history.ts";
import type { AdminAsk, Ask } from "../schedule.ts";
import { judge } from "./judge.ts";
import type { Terms } from "./verdict.ts";

/** Terms of hand-written histories: 10 minutes idle, an hour in all. */
export const TERMS: Terms = {
  idleMs: 600_000,
  firstIdleMs: 300_000,
  absoluteMs: 3_600_000,
  touchEveryMs: 60_000,
  graceMs: 30_000,
  parallelMs: 15_000,
  backupMayLag: false,
  slackMs: 2_000,
  lateMs: 10_000,
  othersMs: 120_000,
};

interface Told {
  readonly browser?: number;
  readonly epoch?: number;
  readonly ask?: Ask;
  /** When it leaves, is answered and arrives, in milliseconds. A step without a time never happens. */
  readonly ms: readonly [left: number, answered?: number, arrived?: number];
  /** When it reaches the edge, in milliseconds. Default: the history does not say. */
  readonly reached?: number;
  readonly held?: Held;
  /** The login at the old application, by its person, whose cookie it brings. Its name is "o1". Default: no old cookie. */
  readonly old?: string;
  /** Default: no session. */
  readonly shown?: View;
  readonly outcome?: Outcome;
  /** The cookies that the response leaves in the browser. Default: `held`. */
  readonly gives?: Held | "nothing";
  /** The session that the jar named before the response and after it. Default: `held` and `gives`. */
  readonly jar?: readonly [before: Held, after: Held];
  readonly untouched?: boolean;
  /** When the operator is told of a loss, in milliseconds. Default: never. */
  readonly lossToldMs?: number;
}

/** A visit of a hand-written history. Times are in milliseconds, all different. */
export function visit(id: number, told: Told): Visit {
  const { browser = 0, epoch = 0, ask = { kind: "read" }, held, shown = { attributes: {} }, outcome = "done" } = told;
  const [left, answered, arrived] = told.ms;
  const after = told.gives === "nothing" ? undefined : (told.gives ?? held);
  const [before, now] = told.jar ?? [held, after];
  return {
    id,
    browser,
    epoch,
    place: { location: "ams", isolate: 0 },
    ask,
    left: at(left),
    held,
    ...(told.old === undefined ? {} : { old: { name: "o1", person: told.old } }),
    shown,
    ...(told.reached === undefined ? {} : { reached: at(told.reached) }),
    ...(answered === undefined ? {} : { answered: { ...at(answered), outcome, held: after } }),
    ...(arrived === undefined ? {} : { arrived: { ...at(arrived), before, held: now } }),
    ...(told.untouched ? { untouched: true } : {}),
    ...(told.lossToldMs === undefined ? {} : { lossTold: at(told.lossToldMs) }),
  };
}

/** An admin's change that is done. */
export function act(id: number, sid: string, ask: AdminAsk, [left, answered]: readonly [number, number]): Act {
  return { id, sid, ask, left: at(left), answered: { ...at(answered), outcome: "done", generation: 0 } };
}

export function trouble(from: number, until: number): Trouble {
  return { what: "object from everywhere: down", from: at(from), until: at(until) };
}

/** Cookies that name a session. */
export function held(sid: string, generation = 0, version = 1): Held {
  return { sid, generation, version };
}

/** A view with these attributes: `"u1"`, `"r0=v2"`. */
export function view(sid: string, ...attributes: readonly string[]): View & { readonly sid: string } {
  return { sid, attributes: attributesOf(attributes) };
}

/** The state of a session in the end. */
export function live(...attributes: readonly string[]): Truth {
  return { kind: "live", attributes: attributesOf(attributes) };
}

interface Story {
  readonly visits: readonly Visit[];
  readonly acts?: readonly Act[];
  readonly troubles?: readonly Trouble[];
  /** When the store of the authority was set back, in milliseconds. Default: never. */
  readonly setBacksMs?: readonly number[];
  /** The states in the end, by session. */
  readonly truths?: Readonly<Record<string, Truth>>;
  readonly endMs?: number;
  /** Default: {@link TERMS}. */
  readonly terms?: Terms;
}

/** The kinds of violations in a history. */
export function broken({
  visits,
  acts = [],
  troubles = [],
  setBacksMs = [],
  truths = {},
  endMs = 500_000,
  terms = TERMS,
}: Story): string[] {
  return judged({ visits, acts, troubles, setBacksMs, truths, endMs, terms }).violations.map(({ kind }) => kind);
}

export function judged({
  visits,
  acts = [],
  troubles = [],
  setBacksMs = [],
  truths = {},
  endMs = 500_000,
  terms = TERMS,
}: Story) {
  const setBacks = setBacksMs.map(at);
  const history: History = {
    visits,
    acts,
    troubles,
    setBacks,
    truths: new Map(Object.entries(truths)),
    end: at(endMs),
  };
  return judge(history, terms);
}

function at(ms: number): Moment {
  return { tick: ms, ms };
}

function attributesOf(attributes: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    attributes.map((attribute) => {
      const [name = "", value = `v${name.slice(1)}`] = attribute.split("=");
      return [name, value];
    }),
  );
}
