import type { AskedParts } from "../lib/asked.ts";
import { leftOut } from "../lib/build-flags.ts";
import { exposition, seriesOf } from "../totals/exposition.ts";
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

function createTallied(startedAt: number, tallies: Tallies): Counters {
  return {
    count(facts, { status, tookMs }) {
      const { pool = "", origin, chosen = "", code = "", written, attempts, loss } = facts;
      const counted = tallies.of(facts.pool);
      const { tally } = counted;
      tally.add(
        seriesOf("moor_requests_total", { pool, route: routeOf(facts), status: `${Math.floor(status / 100)}xx`, code }),
      );
      if (facts.opened) tally.add(seriesOf("moor_sessions_total", { pool, source: sourceOf(facts) }));
      if (origin !== undefined) {
        tally.add(seriesOf("moor_origin_responses_total", { pool, origin, chosen }));
        tally.observe(seriesOf("moor_origin_duration_seconds", { pool, origin }), facts.originMs / 1000);
      }
      if (attempts > 0) tally.add(seriesOf("moor_origin_attempts_total", { pool }), attempts);
      if (loss) tally.add(seriesOf("moor_store_losses_total", { pool, ...loss }));
      const outcome = retryOf(facts);
      if (outcome !== undefined) tally.add(seriesOf("moor_retries_total", { pool, outcome }));
      if (facts.hedge) tally.add(seriesOf("moor_hedges_total", { pool, outcome: hedgeOf(facts) }));
      if (facts.login !== undefined) tally.add(seriesOf("moor_logins_total", { pool, outcome: loginOf(facts) }));
      if (written) tally.add(seriesOf("moor_writes_total", { pool, store: written }));
      for (const store in facts.calls) {
        const made = facts.calls[store] as number;
        if (made > 0) tally.add(seriesOf("moor_store_calls_total", { pool, store }), made);
      }
      tally.observe(seriesOf("moor_request_duration_seconds", { pool }), tookMs / 1000);
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
