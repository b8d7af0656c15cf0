import type { AskedParts } from "../lib/asked.ts";
import { leftOut } from "../lib/build-flags.ts";
import { exposition, seriesBy } from "../totals/exposition.ts";
import { createTally, sumOf, type Tally } from "../totals/tally.ts";
import { type RequestFacts, routeOf, sourceOf } from "./request-facts.ts";
import type { Answered } from "./request-line.ts";

/** Counts what an isolate does. */
export interface Counters {
  count(facts: RequestFacts, answered: Answered): void;
  /** The counts of this isolate since it began, in Prometheus' text format 0.0.4. */
  text(): string;
}

/** The tallies of an isolate, one for each pool. */
export interface Tallies {
  /** @param pool its id; `undefined`: of requests that belong to no pool. */
  of(pool: string | undefined): CountedPool;
  /** Every tally so far. */
  readonly all: readonly Tally[];
}

/** Where the requests of a pool are counted. */
export interface CountedPool {
  readonly tally: Tally;
  /** Told after each request that was counted. */
  counted?(now: number, request: AskedParts): void;
}

/** The metrics of {@link Counters.text}. */
const FAMILIES = [
  "moor_isolate_start_time_seconds",
  "moor_requests_total",
  "moor_sessions_total",
  "moor_origin_responses_total",
  "moor_origin_attempts_total",
  "moor_retries_total",
  "moor_hedges_total",
  "moor_logins_total",
  "moor_writes_total",
  "moor_store_calls_total",
  "moor_store_losses_total",
  "moor_origin_ejections_total",
  "moor_request_duration_seconds",
  "moor_origin_duration_seconds",
];

/**
 * Counts requests. Labels come from the configuration and from closed lists, so there are only so many series.
 *
 * @param startedAt milliseconds since 1970.
 * @param tallies default: tallies that are not reported.
 */
export function createCounters(startedAt: number, tallies?: Tallies): Counters {
  return typeof MOOR_OPERATORS === "undefined" || MOOR_OPERATORS
    ? createTallied(startedAt, tallies ?? createTallies())
    : leftOut("MOOR_OPERATORS", "admin is configured");
}

/** Tallies that stay in the isolate. */
function createTallies(): Tallies {
  const tally = createTally();
  return { of: () => ({ tally }), all: [tally] };
}

/** Every series that requests count in. */
function createSeries() {
  return {
    requests: seriesBy("moor_requests_total", ["pool", "route", "status", "code"]),
    sessions: seriesBy("moor_sessions_total", ["pool", "source"]),
    responses: seriesBy("moor_origin_responses_total", ["pool", "origin", "chosen"]),
    originDuration: seriesBy("moor_origin_duration_seconds", ["pool", "origin"]),
    attempts: seriesBy("moor_origin_attempts_total", ["pool"]),
    losses: seriesBy("moor_store_losses_total", ["pool", "kind", "store"]),
    retries: seriesBy("moor_retries_total", ["pool", "outcome"]),
    hedges: seriesBy("moor_hedges_total", ["pool", "outcome"]),
    logins: seriesBy("moor_logins_total", ["pool", "outcome"]),
    writes: seriesBy("moor_writes_total", ["pool", "store"]),
    calls: seriesBy("moor_store_calls_total", ["pool", "store"]),
    duration: seriesBy("moor_request_duration_seconds", ["pool"]),
  };
}

/** Kinds of statuses by their first digit. */
const STATUS_KINDS = ["", "1xx", "2xx", "3xx", "4xx", "5xx"];

function createTallied(startedAt: number, tallies: Tallies): Counters {
  const series = createSeries();
  return {
    count(facts, { status, tookMs }) {
      const { pool = "", origin, chosen = "", code = "", written, attempts, loss } = facts;
      const counted = tallies.of(facts.pool);
      const { tally } = counted;
      const kind = STATUS_KINDS[Math.floor(status / 100)] ?? "";
      tally.add(series.requests(pool, routeOf(facts), kind, code));
      if (facts.opened) tally.add(series.sessions(pool, sourceOf(facts)));
      if (origin !== undefined) {
        tally.add(series.responses(pool, origin, chosen));
        tally.observe(series.originDuration(pool, origin), facts.originMs / 1000);
      }
      if (attempts > 0) tally.add(series.attempts(pool), attempts);
      if (loss) tally.add(series.losses(pool, loss.kind, loss.store));
      const outcome = retryOf(facts);
      if (outcome !== undefined) tally.add(series.retries(pool, outcome));
      if (facts.hedge) tally.add(series.hedges(pool, hedgeOf(facts)));
      if (facts.login !== undefined) tally.add(series.logins(pool, loginOf(facts)));
      if (written) tally.add(series.writes(pool, written));
      for (const store in facts.calls) {
        const made = facts.calls[store] as number;
        if (made > 0) tally.add(series.calls(pool, store), made);
      }
      tally.observe(series.duration(pool), tookMs / 1000);
      counted.counted?.(facts.arrivedAt + tookMs, facts.request);
    },
    text() {
      const started = { moor_isolate_start_time_seconds: startedAt / 1000 };
      return exposition(sumOf([started, ...tallies.all.map((tally) => tally.all())]), FAMILIES);
    },
  };
}

/** The fate of a request that an origin has lost: `answered` or `failed` after another try, or `budget`: it got no other try. */
function retryOf({ retry, hedge, attempts, origin }: RequestFacts): string | undefined {
  if (retry !== undefined) return retry;
  if (attempts - (hedge ? 1 : 0) < 2) return undefined;
  return origin === undefined ? "failed" : "answered";
}

/** The fate of a second copy of a request: `won` if its answer counted, `lost` if another answer did, or `failed`: none came. */
function hedgeOf({ chosen, origin }: RequestFacts): string {
  if (origin === undefined) return "failed";
  return chosen === "hedged" ? "won" : "lost";
}

/** The step of a login. A login that the provider has made fails if it cannot be written. */
function loginOf({ login, code }: RequestFacts): string {
  return code ?? (login as string);
}
