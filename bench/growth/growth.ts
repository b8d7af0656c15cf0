import type { Surroundings } from "../http/surroundings.ts";
import type { StartOptions } from "../http/workerd.ts";
import type { Cost } from "../instructions/count.ts";
import { countAll } from "../instructions/count-all.ts";
import { CURVES, startVisit, type Visit } from "./curves.ts";
import { SAVINGS } from "./savings.ts";

/** The measurements of `npm run bench -- growth`: core instructions of a request. */
export interface GrowthResults {
  readonly curves: readonly {
    readonly title: string;
    readonly axis: string;
    readonly lines: readonly { readonly name: string; readonly points: readonly Point[] }[];
  }[];
  /** By the name of the settings. */
  readonly savings: readonly { readonly name: string; readonly core: number }[];
}

/** A point of a curve. */
export interface Point {
  readonly size: number;
  readonly core: number;
}

/** Fewer than for the table of instructions: the differences are larger than 2 %. */
const PLAN = { warm: 1_000, counted: 200 };

/** Counts how the instructions of a request grow, and what settings save. */
export async function measureGrowth(say: (line: string) => void): Promise<GrowthResults> {
  const visits: { readonly name: string; readonly visit: Visit }[] = [
    ...CURVES.flatMap(({ axis, sizes, lines }) =>
      lines.flatMap(({ name, of }) => sizes.map((size) => ({ name: `${name}, ${size} ${axis}`, visit: of(size) }))),
    ),
    ...SAVINGS,
  ];
  const counted = visits.map(({ name, visit }) => ({
    name,
    start: (around: Surroundings, options: StartOptions) => startVisit(visit, around, options),
  }));
  const costs = [...(await countAll(counted, PLAN, say))] as Cost[];
  const next = () => (costs.shift() as Cost).core;
  return {
    curves: CURVES.map(({ title, axis, sizes, lines }) => ({
      title,
      axis,
      lines: lines.map(({ name }) => ({ name, points: sizes.map((size) => ({ size, core: next() })) })),
    })),
    savings: SAVINGS.map(({ name }) => ({ name, core: next() })),
  };
}
