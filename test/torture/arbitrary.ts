import fc from "fast-check";
import { faultStep } from "./arbitrary-faults.ts";
import type { AdminAsk, Ask, Clocks, Location, Place, Schedule, Step, VisitStep } from "./schedule.ts";
import { LOCATIONS } from "./schedule.ts";

/** Whole numbers from several ranges. */
export type Ranges = readonly (readonly [weight: number, min: number, max: number])[];

/** How long each kind of work takes, in milliseconds. */
export interface Times {
  /** From one step to the next. */
  readonly after: Ranges;
  /** A request to the edge. */
  readonly up: Ranges;
  /** An origin's work. */
  readonly origin: Ranges;
  /** A response to its browser; at most {@link Shape.downMs}. */
  readonly down: Ranges;
  /** A fault. 0: it lasts for one call. */
  readonly fault: Ranges;
}

/** The kinds of requests that only some shapes contain. */
type RareAsk = "sign-in" | "flash";

/** The parts of which schedules are made. A weight of 0 leaves a kind out. */
export interface Shape {
  readonly steps: { readonly least: number; readonly most: number };
  /** Browsers, each with tabs that share its cookies. */
  readonly browsers: number;
  readonly asks: Readonly<Record<Exclude<Ask["kind"], RareAsk>, number> & Partial<Record<RareAsk, number>>>;
  /** How people sign in. Default: with a principal or with attributes. */
  readonly signsInBy?: readonly ("principal" | "attributes")[];
  /** The weight of each incident. Visits have a weight of 20. */
  readonly incidents: Readonly<
    Record<"admin" | "copy" | "crash" | "fault", number> & {
      "set-back"?: number;
      "authority-set-back"?: number;
      recall?: number;
      "old-login"?: number;
      "old-copy"?: number;
    }
  >;
  readonly failing: readonly ("object" | "kv" | "redis")[];
  /** Whether a fault may concern a single operation. Default: it concerns all operations of its store. */
  readonly ofOperations?: boolean;
  /** Whether every request and response arrives. Default: some are lost. */
  readonly arrives?: boolean;
  /** Long times in which nothing happens, such as those around a timeout. */
  readonly jumpsMs: readonly { readonly min: number; readonly max: number }[];
  /** The longest that a response takes to its browser. */
  readonly downMs: number;
  /** Default: {@link USUAL_TIMES}. */
  readonly times?: Partial<Times>;
  /** Default: all locations. */
  readonly locations?: readonly Location[];
}

/** Most events come soon, and some come after a while. */
export const USUAL_TIMES: Times = {
  after: [
    [12, 0, 60],
    [8, 60, 3_000],
    [6, 3_000, 12_000],
    [3, 12_000, 90_000],
  ],
  up: [
    [12, 5, 80],
    [4, 80, 1_000],
    [1, 1_000, 9_500],
  ],
  origin: [
    [12, 1, 50],
    [4, 50, 3_000],
    [1, 3_000, 20_000],
  ],
  down: [
    [10, 5, 80],
    [4, 80, 2_000],
    [3, 2_000, Number.POSITIVE_INFINITY],
  ],
  fault: [
    [1, 0, 0],
    [1, 100, 5_000],
    [1, 5_000, 60_000],
  ],
};

/** Schedules of a shape. */
export function schedules(shape: Shape): fc.Arbitrary<Schedule> {
  const { least, most } = shape.steps;
  return fc.record({
    seed: fc.nat(),
    clocks: clocks(),
    steps: fc.array(step(shape), { minLength: least, maxLength: most, size: "max" }),
  });
}

const VISITS = 20;
const PRINCIPALS = ["alice", "bob"] as const;
const REGISTERS = 2;
/** Moor keeps its promise when Redis comes back with data that is this old at most. */
const MOST_SET_BACK_MS = 60_000;
const APART_MS = 500;

function clocks(): fc.Arbitrary<Clocks> {
  const off = fc.integer({ min: -APART_MS, max: APART_MS });
  return fc.record({ edges: fc.tuple(...LOCATIONS.map(() => off)), authority: off, redis: off });
}

function step(shape: Shape): fc.Arbitrary<Step> {
  const { incidents } = shape;
  const lasts = times(timesOf(shape).fault);
  const what = weighted<Omit<Step, "afterMs">>([
    [VISITS, visit(shape)],
    [incidents.admin, admin(shape)],
    [incidents.copy, copy(shape, "copy")],
    [incidents.crash, fc.record({ kind: fc.constant("crash"), place: place(shape) })],
    ...(incidents.fault > 0 ? [[incidents.fault, faultStep(shape.failing, lasts, shape)] as const] : []),
    [incidents["old-login"] ?? 0, fc.record({ kind: fc.constant("old-login"), browser: fc.nat(shape.browsers - 1) })],
    [incidents["old-copy"] ?? 0, copy(shape, "old-copy")],
    [incidents.recall ?? 0, fc.record({ kind: fc.constant("recall"), browser: fc.constant(1), back: fc.nat(3) })],
    [incidents["set-back"] ?? 0, fc.record({ kind: fc.constant("set-back"), ms: fc.nat(MOST_SET_BACK_MS) })],
    [
      incidents["authority-set-back"] ?? 0,
      fc.record({
        kind: fc.constant("set-back"),
        store: fc.constant("authority" as const),
        ms: fc.nat(MOST_SET_BACK_MS),
      }),
    ],
  ]);
  return fc.tuple(after(shape), what).map(([afterMs, happens]) => ({ afterMs, ...happens }) as Step);
}

function visit(shape: Shape): fc.Arbitrary<VisitStep> {
  const { up, origin, down } = timesOf(shape);
  return fc.record({
    kind: fc.constant("visit"),
    browser: fc.nat(shape.browsers - 1),
    place: place(shape),
    ask: ask(shape),
    navigates: fc.boolean(),
    upMs: times(up),
    originMs: times(origin),
    downMs: times(down.map(([weight, min, max]) => [weight, min, Math.min(max, shape.downMs)])),
    lost: weighted<VisitStep["lost"]>([
      [16, fc.constant("nothing")],
      [shape.arrives ? 0 : 1, fc.constant("response")],
      [shape.arrives ? 0 : 1, fc.constant("request")],
    ]),
  });
}

function ask({ asks, signsInBy = ["attributes", "principal"] }: Shape): fc.Arbitrary<Ask> {
  const register = fc.nat(REGISTERS - 1);
  const adds = fc.boolean();
  const principal = fc.constantFrom(...PRINCIPALS);
  return weighted<Ask>([
    [asks.read, fc.constant({ kind: "read" })],
    [asks.add, fc.constant({ kind: "add" })],
    [asks.set, fc.record({ kind: fc.constant("set"), register })],
    [asks.remove, fc.record({ kind: fc.constant("remove"), register })],
    [asks.login, fc.record({ kind: fc.constant("login"), principal, adds })],
    [asks["sign-in"] ?? 0, fc.record({ kind: fc.constant("sign-in"), by: fc.constantFrom(...signsInBy), adds })],
    [asks.rotate, fc.record({ kind: fc.constant("rotate"), adds })],
    [asks.flash ?? 0, fc.constant({ kind: "flash" })],
    [asks.end, fc.constant({ kind: "end" })],
  ]);
}

function admin(shape: Shape) {
  const asks = weighted<AdminAsk>([
    [3, fc.constant({ kind: "add" })],
    [3, fc.record({ kind: fc.constant("set"), register: fc.nat(REGISTERS - 1) })],
    [1, fc.constant({ kind: "end" })],
  ]);
  const { browsers } = shape;
  return fc.record({ kind: fc.constant("admin"), place: place(shape), browser: fc.nat(browsers - 1), ask: asks });
}

function copy({ browsers }: Shape, kind: "copy" | "old-copy") {
  return fc.record({ kind: fc.constant(kind), from: fc.nat(browsers - 1), to: fc.nat(browsers - 1) });
}

function place({ locations = LOCATIONS }: Shape): fc.Arbitrary<Place> {
  return fc.record({ location: fc.constantFrom(...locations), isolate: fc.nat(1) });
}

function after(shape: Shape): fc.Arbitrary<number> {
  return times([...timesOf(shape).after, ...shape.jumpsMs.map(({ min, max }) => [1, min, max] as const)]);
}

function timesOf({ times }: Shape): Times {
  return { ...USUAL_TIMES, ...times };
}

function times(ranges: Ranges): fc.Arbitrary<number> {
  return weighted(ranges.map(([weight, min, max]) => [weight, fc.integer({ min, max })]));
}

/** Shrinks towards the first option. */
function weighted<T>(options: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<T>])[]): fc.Arbitrary<T> {
  const possible = options.filter(([weight]) => weight > 0).map(([weight, arbitrary]) => ({ weight, arbitrary }));
  return fc.oneof({ withCrossShrink: true }, ...possible);
}
