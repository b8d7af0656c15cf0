import type { Births } from "./births.ts";
import type { Moves, Outcome } from "./changes.ts";
import type { Live, Spread } from "./live.ts";
import { type Plot, plotSvg } from "./plot.ts";
import type { SlowStart } from "./slow-start.ts";
import type { Zones } from "./zones.ts";

/** The result of a scenario, for docs/explanation/affinity.md. */
export interface Report {
  /** Markdown, by the names under which the page has the tables. */
  readonly tables: Readonly<Record<string, string>>;
  /** SVG, by the names of their files. */
  readonly plots: Readonly<Record<string, string>>;
}

/** @param outcomes by algorithm, an outcome for each size. */
export function reportChanges(
  sizes: readonly number[],
  sessions: number,
  outcomes: readonly { readonly name: string; readonly bySize: readonly Outcome[] }[],
): Report {
  const each = (title: string, cell: (outcome: Outcome) => string) =>
    table(
      [title, ...sizes.map((size) => `${size} origins`)],
      outcomes.map(({ name, bySize }) => [name, ...bySize.map(cell)]),
    );
  const moves = ({ moved, ideal, needless }: Moves) => `${ratio(moved / ideal)}, ${percent(needless / sessions)}`;
  const plot = (given: Pick<Plot, "title" | "yTitle">, value: (outcome: Outcome) => number) =>
    plotSvg({
      ...given,
      scale: "ratio",
      xTitle: "origins in the pool",
      xLabels: sizes.map(String),
      series: outcomes.map(({ name, bySize }) => ({ name, values: bySize.map(value) })),
    });
  const moved = ({ moved, ideal }: Moves) => moved / ideal;
  return {
    tables: {
      peak: each("fullest origin / mean", ({ peak }) => ratio(peak)),
      kill: each("one dies", ({ kill }) => moves(kill)),
      failover: each("most of the dead one's sessions / fair share", ({ failoverPeak }) => ratio(failoverPeak)),
      return: each("it returns", ({ secondMoves }) => secondMoves.toLocaleString("en")),
      add: each("one is added", ({ add }) => moves(add)),
      weight: each("one weighs 2", ({ weight }) => moves(weight)),
    },
    plots: {
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
    },
  };
}

/** @param births for each size. */
export function reportBirths(sizes: readonly number[], births: readonly Births[]): Report {
  const rows = bySize(sizes, births, {
    "added: old sessions that moved": ({ movedByAdding }) => String(movedByAdding),
    "added: its share of the new ones / fair share": ({ newOnAdded }) => ratio(newOnAdded),
    "drained: old sessions that moved": ({ movedByDraining }) => String(movedByDraining),
    "drained: new sessions that it got": ({ newOnDrained }) => String(newOnDrained),
  });
  return { tables: { births: rows }, plots: {} };
}

/** @param slowStarts for each size. */
export function reportSlowStart(sizes: readonly number[], slowStarts: readonly SlowStart[]): Report {
  const slow = bySize(sizes, slowStarts, {
    "sessions that moved at any step": ({ moved }) => String(moved),
    "born at the first step: on the added one / fair share": ({ first }) => ratio(first),
    "born at the fifth": ({ fifth }) => ratio(fifth),
    "born at the last": ({ last }) => ratio(last),
  });
  return { tables: { slow }, plots: {} };
}

/** @param all for each size. */
export function reportZones(sizes: readonly number[], all: readonly Zones[]): Report {
  const zones = bySize(sizes, all, {
    "served in another region than their own": ({ abroad }) => String(abroad),
    "a region fails: its sessions that move / all of its": ({ spilled }) => ratio(spilled),
    "sessions of the others that move": ({ movedByFailing }) => String(movedByFailing),
    "most of its sessions on one origin elsewhere / fair share": ({ spillPeak }) => ratio(spillPeak),
    "a region is added: old sessions that move": ({ movedByAdding }) => String(movedByAdding),
  });
  return { tables: { zones }, plots: {} };
}

/** @param lives for each size. */
export function reportLive(sizes: readonly number[], lives: readonly Live[], spread: Spread): Report {
  const live = bySize(sizes, lives, {
    "isolates that know of the drain 30 s after it was published": ({ knowing }) => percent(knowing),
    "sessions that two isolates place differently, at any step": ({ apart }) => String(apart),
    "the drain begins: sessions that move": ({ movedByDraining }) => String(movedByDraining),
    "new sessions that the drained one gets": ({ newOnDrained }) => String(newOnDrained),
    "the same, by an isolate that cannot read KV / fair share": ({ newOnDrainedCutOff }) => ratio(newOnDrainedCutOff),
    "two minutes after it can": ({ newOnDrainedMended }) => String(newOnDrainedMended),
    "the drain's deadline: sessions that move / its own": ({ movedByEnding }) => ratio(movedByEnding),
    "the fullest of the others then / their mean": ({ peak }) => ratio(peak),
    "restored: sessions that move": ({ movedByRestoring }) => String(movedByRestoring),
    "its share of the new ones / fair share": ({ newOnRestored }) => ratio(newOnRestored),
    "ejected: sessions that move / its own": ({ movedByEjecting }) => ratio(movedByEjecting),
    "sessions of others that moved, or that moved too soon": ({ needless }) => String(needless),
    "sessions that moved twice": ({ secondMoves }) => String(secondMoves),
  });
  const svg = plotSvg({
    title: "An origin is ejected: sessions that two isolates place differently",
    scale: "share",
    xTitle: "seconds since an operator has said so",
    xLabels: spread.seconds.map(String),
    yTitle: "of its sessions, %",
    series: [
      { name: "at once", values: spread.atOnce },
      { name: "at a named time (150 s)", values: spread.named },
    ],
  });
  return { tables: { live }, plots: { "live.svg": svg } };
}

/** Puts tables between the marks that carry their names: `<!-- sim:peak -->` to `<!-- /sim -->`. Other tables stay. */
export function withTables(page: string, tables: Readonly<Record<string, string>>): string {
  let filled = page;
  for (const [name, table] of Object.entries(tables)) {
    const [begin, end] = [`<!-- sim:${name} -->\n`, "<!-- /sim -->"];
    const from = filled.indexOf(begin) + begin.length;
    const to = filled.indexOf(end, from);
    if (from < begin.length || to < 0)
      throw new Error(`docs/explanation/affinity.md has no place for the table "${name}"`);
    filled = filled.slice(0, from) + table + filled.slice(to);
  }
  return filled;
}

function bySize<Found>(
  sizes: readonly number[],
  found: readonly Found[],
  rows: Readonly<Record<string, (found: Found) => string>>,
): string {
  const head = ["", ...sizes.map((size) => `${size} origins`)];
  return table(
    head,
    Object.entries(rows).map(([title, cell]) => [title, ...found.map(cell)]),
  );
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
