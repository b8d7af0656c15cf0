import { BUCKETS, type Count, type Counts } from "./tally.ts";

/** Media type of {@link exposition}. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type Family = readonly [type: "counter" | "gauge" | "histogram", help: string];

/** Every metric. The order is that of the text. */
export const FAMILIES: Readonly<Record<string, Family>> = {
  moor_isolate_start_time_seconds: ["gauge", "When this isolate began to count, in seconds since 1970."],
  moor_requests_total: ["counter", "Requests, by who answered them and how."],
  moor_sessions_total: ["counter", "Requests with a session, by where it came from."],
  moor_origin_responses_total: ["counter", "Responses of origins, by why they were chosen."],
  moor_origin_attempts_total: ["counter", "How often requests were sent to origins."],
  moor_retries_total: ["counter", "Requests that were sent again, or were not because the retry budget was spent."],
  moor_hedges_total: ["counter", "Requests that were also sent to a second origin, by whose answer counted."],
  moor_logins_total: ["counter", "Logins at the edge that began, were made, or failed."],
  moor_writes_total: ["counter", "Changes and touches, by who took them."],
  moor_store_calls_total: ["counter", "Calls of stores."],
  moor_store_losses_total: ["counter", "Sessions of which a store had an older state, or no record."],
  moor_origin_ejections_total: ["counter", "How often isolates have ejected an origin, by the reason."],
  moor_sweeps_total: ["counter", "Runs of the cron job, by their outcome."],
  moor_request_duration_seconds: ["histogram", "From arrival to the headers of the response."],
  moor_origin_duration_seconds: ["histogram", "From sending a request to an origin to the headers of its response."],
  moor_totals_up: ["gauge", "1: the totals of the pool are in this answer. 0: its object cannot be reached."],
  moor_totals_saved_time_seconds: ["gauge", "When the totals were last saved, in seconds since 1970."],
  moor_origin_up: ["gauge", "1: the origin is healthy, according to probes, or to at least half of the isolates."],
  moor_isolates: ["gauge", "Isolates that have reported within 150 seconds, by their state."],
  moor_origin_ejecting_isolates: ["gauge", "How many of these isolates have ejected the origin."],
  moor_pool_panic: ["gauge", "How many of these isolates ignore the health of the pool's origins."],
  moor_store_open: ["gauge", "In how many of these isolates the breaker of a store is open."],
  moor_sessions_bound: ["gauge", "About how many sessions an origin has, with an error of 3.3 %."],
  moor_journal_pending: ["gauge", "Sessions whose journal the last run of the cron job has left."],
  moor_journal_oldest_seconds: ["gauge", "For how long the oldest change in these journals had waited, at least."],
  moor_sweep_seconds: ["gauge", "How long the last run of the cron job took."],
  moor_sweep_time_seconds: ["gauge", "When the cron job last ended its work, in seconds since 1970."],
  moor_build_info: ["gauge", "How many of these isolates run a version with a configuration."],
};

/** A series by its metric and its labels, as Prometheus' text format writes it. */
export function seriesOf(metric: keyof typeof FAMILIES, labels: Readonly<Record<string, string>>): string {
  let text = "";
  for (const name in labels) {
    const value = labels[name] as string;
    text += `${text === "" ? "{" : ","}${name}="${ESCAPED.test(value) ? escapeLabel(value) : value}"`;
  }
  return text === "" ? metric : `${metric}${text}}`;
}

/**
 * The series of a metric with these labels, each written once. For labels that have only so many values.
 *
 * @param names of the labels, in the order of the values.
 */
export function seriesBy<const Names extends readonly string[]>(
  metric: keyof typeof FAMILIES,
  names: Names,
): (...values: { readonly [At in keyof Names]: string }) => string {
  const known: Branch = new Map();
  return (...values) => {
    let branch = known;
    for (let at = 0; at < values.length - 1; at++) {
      let next = branch.get(values[at] as string) as Branch | undefined;
      if (!next) {
        next = new Map();
        branch.set(values[at] as string, next);
      }
      branch = next;
    }
    const last = values.at(-1) as string;
    let series = branch.get(last) as string | undefined;
    if (series === undefined) {
      series = seriesOf(metric, Object.fromEntries(names.map((name, at) => [name, values[at] as string])));
      branch.set(last, series);
    }
    return series;
  };
}

/** Series by the value of their next label. */
type Branch = Map<string, Branch | string>;

/** Counts in Prometheus' text format 0.0.4. Each family of `families` has a head, also without a series. */
export function exposition(counts: Counts, families: readonly string[] = Object.keys(FAMILIES)): string {
  const byFamily = new Map<string, string[]>(families.map((name) => [name, []]));
  for (const [series, count] of Object.entries(counts)) {
    byFamily.get(familyOf(series))?.push(...linesOf(series, count));
  }
  const texts = Array.from(byFamily, ([name, lines]) => {
    const [type, help] = FAMILIES[name] as Family;
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];
  });
  return [...texts.flat(), ""].join("\n");
}

/** The metric of a series. */
export function familyOf(series: string): string {
  const at = series.indexOf("{");
  return at < 0 ? series : series.slice(0, at);
}

/** The labels of a series, as {@link seriesOf} has written them. */
export function labelsOf(series: string): Record<string, string> {
  const labels = series.matchAll(/[{,]([a-z_]+)="((?:[^"\\]|\\.)*)"/g);
  return Object.fromEntries(
    Array.from(labels, ([, name, value]) => [name, (value as string).replace(/\\(.)/g, unescapeLabel)]),
  );
}

function linesOf(series: string, count: Count): string[] {
  if (typeof count === "number") return [`${series} ${count}`];
  const name = familyOf(series);
  const labels = series.slice(name.length + 1, -1);
  let sum = 0;
  const buckets = count.slice(0, -1).map((value, at) => {
    sum += value;
    return `${name}_bucket{${labels},le="${BUCKETS[at] ?? "+Inf"}"} ${sum}`;
  });
  return [...buckets, `${name}_sum{${labels}} ${count.at(-1)}`, `${name}_count{${labels}} ${sum}`];
}

const ESCAPED = /[\\"\n]/;

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function unescapeLabel(_: string, character: string): string {
  return character === "n" ? "\n" : character;
}
