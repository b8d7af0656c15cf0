import { leftOut } from "../lib/build-flags.ts";
import { type RequestFacts, routeOf, sourceOf } from "./request-facts.ts";
import type { Answered } from "./request-line.ts";

/** What an isolate has counted of its own requests since it began. */
export interface Counters {
  count(facts: RequestFacts, answered: Answered): void;
  /** All of it in Prometheus' text format 0.0.4. */
  text(): string;
}

/** Media type of {@link Counters.text}. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Upper bounds of the histogram's buckets, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

type Labels = Readonly<Record<string, string>>;

/** Counts requests. Labels come from the configuration and from closed lists, so there are only so many series. */
export function createCounters(startedAt: number): Counters {
  return typeof MOOR_OPERATORS === "undefined" || MOOR_OPERATORS
    ? createFamilies(startedAt)
    : leftOut("MOOR_OPERATORS", "admin is configured");
}

function createFamilies(startedAt: number): Counters {
  const requests = createFamily("moor_requests_total", "Requests, by who answered them and how.");
  const sessions = createFamily("moor_sessions_total", "Requests with a session, by where it came from.");
  const origins = createFamily("moor_origin_responses_total", "Responses of origins, by why they were chosen.");
  const attempts = createFamily("moor_origin_attempts_total", "How often requests were sent to origins.");
  const writes = createFamily("moor_writes_total", "Changes and touches, by who took them.");
  const calls = createFamily("moor_store_calls_total", "Calls of stores.");
  const losses = createFamily("moor_store_losses_total", "Sessions of which a store had an older state, or no record.");
  const durations = createHistogram("moor_request_duration_seconds", "From arrival to the headers of the response.");

  return {
    count(facts, { status, tookMs }) {
      const { pool = "", origin, chosen = "", code = "", written, loss } = facts;
      requests.add({ pool, route: routeOf(facts), status: `${Math.floor(status / 100)}xx`, code });
      if (facts.opened) sessions.add({ pool, source: sourceOf(facts) });
      if (origin !== undefined) origins.add({ pool, origin, chosen });
      if (facts.attempts > 0) attempts.add({ pool }, facts.attempts);
      if (written) writes.add({ store: written });
      for (const [store, made] of Object.entries(facts.calls ?? {})) calls.add({ store }, made);
      if (loss) losses.add({ ...loss });
      durations.observe({ pool }, tookMs / 1000);
    },

    text() {
      const started = "moor_isolate_start_time_seconds";
      return [
        ...head(started, "gauge", "When this isolate began to count, in seconds since 1970."),
        `${started} ${startedAt / 1000}`,
        ...[requests, sessions, origins, attempts, writes, calls, losses, durations].flatMap(({ lines }) => lines()),
        "",
      ].join("\n");
    },
  };
}

function createFamily(name: string, help: string) {
  const values = new Map<string, number>();
  return {
    add(labels: Labels, amount = 1): void {
      const series = name + braced(labels);
      values.set(series, (values.get(series) ?? 0) + amount);
    },
    lines: () => [...head(name, "counter", help), ...Array.from(values, ([series, value]) => `${series} ${value}`)],
  };
}

function createHistogram(name: string, help: string) {
  const values = new Map<string, { labels: Labels; buckets: number[]; sum: number; count: number }>();
  return {
    observe(labels: Labels, seconds: number): void {
      const key = braced(labels);
      const value = values.get(key) ?? { labels, buckets: BUCKETS.map(() => 0), sum: 0, count: 0 };
      for (const [at, bound] of BUCKETS.entries()) if (seconds <= bound) value.buckets[at]! += 1;
      value.sum += seconds;
      value.count++;
      values.set(key, value);
    },
    lines: () => [
      ...head(name, "histogram", help),
      ...Array.from(values, ([key, { labels, buckets, sum, count }]) => [
        ...buckets.map((value, at) => `${name}_bucket${braced({ ...labels, le: String(BUCKETS[at]) })} ${value}`),
        `${name}_bucket${braced({ ...labels, le: "+Inf" })} ${count}`,
        `${name}_sum${key} ${sum}`,
        `${name}_count${key} ${count}`,
      ]).flat(),
    ],
  };
}

function head(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

/** `{pool="shop",code=""}`, values escaped as the format wants it. */
function braced(labels: Labels): string {
  const escaped = (value: string) => value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(",")}}`;
}
