import type { Births } from "./births.ts";
import type { Moves, Outcome } from "./changes.ts";
import { type Plot, plotSvg } from "./plot.ts";
import type { SlowStart } from "./slow-start.ts";
import type { Zones } from "./zones.ts";

/** Everything that a simulation has found out. */
export interface Results {
  readonly sessions: number;
  readonly sizes: readonly number[];
  /** By algorithm, an outcome for each size. */
  readonly outcomes: readonly { readonly name: string; readonly bySize: readonly Outcome[] }[];
  /** For each size. */
  readonly births: readonly Births[];
  /** For each size. */
  readonly slowStarts: readonly SlowStart[];
  /** For each size. */
  readonly zones: readonly Zones[];
}

/** The tables as Markdown, by the names under which docs/affinity.md has them. */
export function tablesOf({ sessions, sizes, outcomes, births, slowStarts, zones }: Results): Record<string, string> {
  const each = (title: string, cell: (outcome: Outcome) => string) =>
    table(
      [title, ...sizes.map((size) => `${size} origins`)],
      outcomes.map(({ name, bySize }) => [name, ...bySize.map(cell)]),
    );
  const moves = ({ moved, ideal, needless }: Moves) => `${ratio(moved / ideal)}, ${percent(needless / sessions)}`;
  return {
    peak: each("fullest origin / mean", ({ peak }) => ratio(peak)),
    kill: each("one dies", ({ kill }) => moves(kill)),
    failover: each("most of the dead one's sessions / fair share", ({ failoverPeak }) => ratio(failoverPeak)),
    return: each("it returns", ({ secondMoves }) => secondMoves.toLocaleString("en")),
    add: each("one is added", ({ add }) => moves(add)),
    weight: each("one weighs 2", ({ weight }) => moves(weight)),
    births: table(
      ["", ...sizes.map((size) => `${size} origins`)],
      [
        ["added: old sessions that moved", ...births.map((it) => String(it.movedByAdding))],
        ["added: its share of the new ones / fair share", ...births.map((it) => ratio(it.newOnAdded))],
        ["drained: old sessions that moved", ...births.map((it) => String(it.movedByDraining))],
        ["drained: new sessions that it got", ...births.map((it) => String(it.newOnDrained))],
      ],
    ),
    slow: table(
      ["", ...sizes.map((size) => `${size} origins`)],
      [
        ["sessions that moved at any step", ...slowStarts.map((it) => String(it.moved))],
        ["born at the first step: on the added one / fair share", ...slowStarts.map((it) => ratio(it.first))],
        ["born at the fifth", ...slowStarts.map((it) => ratio(it.fifth))],
        ["born at the last", ...slowStarts.map((it) => ratio(it.last))],
      ],
    ),
    zones: table(
      ["", ...sizes.map((size) => `${size} origins`)],
      [
        ["served in another region than their own", ...zones.map((it) => String(it.abroad))],
        ["a region fails: its sessions that move / all of its", ...zones.map((it) => ratio(it.spilled))],
        ["sessions of the others that move", ...zones.map((it) => String(it.movedByFailing))],
        ["most of its sessions on one origin elsewhere / fair share", ...zones.map((it) => ratio(it.spillPeak))],
        ["a region is added: old sessions that move", ...zones.map((it) => String(it.movedByAdding))],
      ],
    ),
  };
}

/** The plots as SVG, by the names of their files. */
export function plotsOf({ sizes, outcomes }: Results): Record<string, string> {
  const plot = (given: Pick<Plot, "title" | "yTitle">, value: (outcome: Outcome) => number) =>
    plotSvg({
      ...given,
      xTitle: "origins in the pool",
      xLabels: sizes.map(String),
      series: outcomes.map(({ name, bySize }) => ({ name, values: bySize.map(value) })),
    });
  const moved = ({ moved, ideal }: Moves) => moved / ideal;
  return {
    "peak.svg": plot({ title: "How full the fullest origin is", yTitle: "sessions / mean" }, ({ peak }) => peak),
    "kill.svg": plot({ title: "Sessions that move when an origin dies", yTitle: "moved / ideal" }, ({ kill }) =>
      moved(kill),
    ),
    "add.svg": plot({ title: "Sessions that move when an origin is added", yTitle: "moved / ideal" }, ({ add }) =>
      moved(add),
    ),
    "failover.svg": plot(
      { title: "Where a dead origin's sessions go", yTitle: "most / fair share" },
      ({ failoverPeak }) => failoverPeak,
    ),
  };
}

/** Puts tables between the marks that carry their names: `<!-- sim:peak -->` to `<!-- /sim -->`. */
export function withTables(page: string, tables: Readonly<Record<string, string>>): string {
  return page.replace(/(<!-- sim:(\w+) -->\n).*?(<!-- \/sim -->)/gs, (_, begin: string, name: string, end: string) => {
    const table = tables[name];
    if (table === undefined) throw new Error(`docs/affinity.md asks for the table "${name}", which there is none of`);
    return `${begin}${table}${end}`;
  });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return `\n${line(head)}${line(head.map((_, i) => (i === 0 ? "---" : "---:")))}${rows.map(line).join("")}\n`;
}

function ratio(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}

function percent(share: number): string {
  return share === 0 ? "0 %" : `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`;
}
