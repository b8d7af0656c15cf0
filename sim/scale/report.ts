import { table } from "../../bench/table.ts";
import { type Plot, plotSvg } from "../plot.ts";
import { breaksOf } from "./breaks.ts";
import { short } from "./numbers.ts";
import { fanoutTable, keysTable, originsTable, poolTable } from "./pool-tables.ts";
import type { Results } from "./results.ts";
import {
  coldTable,
  deployTable,
  loadTable,
  outageTable,
  principalTable,
  sharedTable,
  sweepTable,
  totalTable,
} from "./session-tables.ts";

/** The tables as Markdown, by the names under which docs/explanation/scale.md has them. */
export function tablesOf(results: Results): Record<string, string> {
  return {
    breaks: breaksTable(results),
    load: loadTable(results),
    total: totalTable(results),
    cold: coldTable(results),
    shared: sharedTable(results),
    principal: principalTable(results),
    pool: poolTable(results),
    fanout: fanoutTable(results),
    keys: keysTable(results),
    deploy: deployTable(results),
    outage: outageTable(results),
    sweep: sweepTable(results),
    origins: originsTable(results),
  };
}

/** The plots as SVG, by the names of their files. */
export function plotsOf({ coldStarts, poolsAtWork, assumptions }: Results): Record<string, string> {
  const scattered = coldStarts.filter(({ spreading }) => spreading === "scattered");
  const [first, ...others] = poolsAtWork.filter(({ requestsPerIsolate }) => requestsPerIsolate > 1);
  const steps = (first?.unknowing ?? []).slice(0, 14);
  const cold: Plot = {
    title: "Requests that ask the session's object, by isolates of a location",
    scale: "share",
    xTitle: "isolates that a visitor's requests may meet",
    xLabels: scattered.map(({ isolatesPerLocation }) => String(isolatesPerLocation)),
    yTitle: "object calls per 100 requests",
    series: [
      {
        name: "any isolate",
        values: scattered.map(({ operations, sessionRequests }) => operations["object call"] / sessionRequests),
      },
    ],
  };
  const known: Plot = {
    title: "Requests that do not know of an ejection yet",
    scale: "share",
    xTitle: "seconds after it",
    xLabels: steps.map((_, step) => String((step + 1) * 10)),
    yTitle: "percent",
    series: (first ? [first, ...others] : []).map(({ isolatesPerLocation, unknowing }) => ({
      name: `${isolatesPerLocation * assumptions.locations} isolates`,
      values: unknowing.slice(0, steps.length),
    })),
  };
  return { "cold-starts.svg": plotSvg(cold), "fan-out.svg": plotSvg(known) };
}

function breaksTable(results: Results): string {
  const rows = breaksOf(results).map(({ what, load, limit, unit, factor, by }) => [
    what,
    `${short(load)} ${unit}`,
    short(limit),
    factor >= 1000 ? "over 1,000" : short(factor),
    by,
  ]);
  return table(["part", "load at the assumed size", "limit", "breaks at this many times the size", "how known"], rows);
}
