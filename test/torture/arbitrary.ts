import fc from "fast-check";
import { faultStep } from "./arbitrary-faults.ts";
import type { AdminAsk, Ask, Clocks, Place, Schedule, Step, VisitStep } from "./schedule.ts";
import { LOCATIONS } from "./schedule.ts";

/** What schedules are made of. A weight of 0 leaves a kind out. */
export interface Shape {
  readonly steps: { readonly least: number; readonly most: number };
  /** Browsers, each with tabs that share its cookies. */
  readonly browsers: number;
  readonly asks: Readonly<Record<Ask["kind"], number>>;
  /** How often what, beside visits, which have a weight of 20. */
  readonly incidents: Readonly<Record<"admin" | "copy" | "crash" | "fault", number>>;
  readonly failing: readonly ("object" | "kv" | "redis")[];
  /** Long times in which nothing happens, such as those around a timeout. */
  readonly jumpsMs: readonly { readonly min: number; readonly max: number }[];
  /** The longest that a response takes to its browser. */
  readonly downMs: number;
}

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
const APART_MS = 500;

function clocks(): fc.Arbitrary<Clocks> {
  const off = fc.integer({ min: -APART_MS, max: APART_MS });
  return fc.record({ edges: fc.tuple(...LOCATIONS.map(() => off)), authority: off, redis: off });
}

function step(shape: Shape): fc.Arbitrary<Step> {
  const { incidents } = shape;
  const what = weighted<Omit<Step, "afterMs">>([
    [VISITS, visit(shape)],
    [incidents.admin, admin(shape)],
    [incidents.copy, copy(shape)],
    [incidents.crash, fc.record({ kind: fc.constant("crash"), place: place() })],
    ...(incidents.fault > 0 ? [[incidents.fault, faultStep(shape.failing)] as const] : []),
  ]);
  return fc.tuple(after(shape), what).map(([afterMs, happens]) => ({ afterMs, ...happens }) as Step);
}

function visit(shape: Shape): fc.Arbitrary<VisitStep> {
  return fc.record({
    kind: fc.constant("visit"),
    browser: fc.nat(shape.browsers - 1),
    place: place(),
    ask: ask(shape),
    navigates: fc.boolean(),
    upMs: times([12, 5, 80], [4, 80, 1_000], [1, 1_000, 9_500]),
    originMs: times([12, 1, 50], [4, 50, 3_000], [1, 3_000, 20_000]),
    downMs: times([10, 5, 80], [4, 80, Math.min(2_000, shape.downMs)], [3, 2_000, shape.downMs]),
    lost: weighted<VisitStep["lost"]>([
      [16, fc.constant("nothing")],
      [1, fc.constant("response")],
      [1, fc.constant("request")],
    ]),
  });
}

function ask({ asks }: Shape): fc.Arbitrary<Ask> {
  const register = fc.nat(REGISTERS - 1);
  const adds = fc.boolean();
  const principal = fc.constantFrom(...PRINCIPALS);
  return weighted<Ask>([
    [asks.read, fc.constant({ kind: "read" })],
    [asks.add, fc.constant({ kind: "add" })],
    [asks.set, fc.record({ kind: fc.constant("set"), register })],
    [asks.remove, fc.record({ kind: fc.constant("remove"), register })],
    [asks.login, fc.record({ kind: fc.constant("login"), principal, adds })],
    [asks.rotate, fc.record({ kind: fc.constant("rotate"), adds })],
    [asks.end, fc.constant({ kind: "end" })],
  ]);
}

function admin({ browsers }: Shape) {
  const asks = weighted<AdminAsk>([
    [3, fc.constant({ kind: "add" })],
    [3, fc.record({ kind: fc.constant("set"), register: fc.nat(REGISTERS - 1) })],
    [1, fc.constant({ kind: "end" })],
  ]);
  return fc.record({ kind: fc.constant("admin"), place: place(), browser: fc.nat(browsers - 1), ask: asks });
}

function copy({ browsers }: Shape) {
  return fc.record({ kind: fc.constant("copy"), from: fc.nat(browsers - 1), to: fc.nat(browsers - 1) });
}

function place(): fc.Arbitrary<Place> {
  return fc.record({ location: fc.constantFrom(...LOCATIONS), isolate: fc.nat(1) });
}

function after({ jumpsMs }: Shape): fc.Arbitrary<number> {
  return times(
    [12, 0, 60],
    [8, 60, 3_000],
    [6, 3_000, 12_000],
    [3, 12_000, 90_000],
    ...jumpsMs.map(({ min, max }) => [1, min, max] as const),
  );
}

/** Whole numbers from several ranges: `[weight, min, max]`. */
function times(...ranges: readonly (readonly [weight: number, min: number, max: number])[]): fc.Arbitrary<number> {
  return weighted(ranges.map(([weight, min, max]) => [weight, fc.integer({ min, max })]));
}

/** Shrinks towards the first. */
function weighted<T>(options: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<T>])[]): fc.Arbitrary<T> {
  const possible = options.filter(([weight]) => weight > 0).map(([weight, arbitrary]) => ({ weight, arbitrary }));
  return fc.oneof({ withCrossShrink: true }, ...possible);
}
