import type { StoreCalls } from "../store/counted.ts";
import { FALLBACKS, REPLICAS } from "../store/registry.ts";
import { type RequestFacts, routeOf, sourceOf } from "./request-facts.ts";
import type { Answered } from "./request-line.ts";

/** A dataset of Workers Analytics Engine, as far as it is used. */
export interface MetricsDataset {
  writeDataPoint(point: DataPoint): void;
}

/** One point: docs/reference/metrics.md has the meaning of each place. */
export interface DataPoint {
  readonly indexes: string[];
  readonly blobs: string[];
  readonly doubles: number[];
}

/** Raised when a place changes its meaning; one that is added at the end needs none. */
const SCHEMA = "1";
/** Others may be of any text. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

const LOSSES = { "set-back": 1, lost: 2 };

/** The data point of a request. It is sampled by pool, so that a busy one leaves the others theirs. */
export function dataPoint(facts: RequestFacts, { status, tookMs }: Answered): DataPoint {
  const {
    request,
    pool = "",
    origin = "",
    chosen = "",
    written = "",
    code = "",
    attempts,
    opened,
    calls,
    loss,
    traceId = "",
  } = facts;
  const { colo } = (request as { cf?: { colo?: unknown } }).cf ?? {};
  const { method } = request;
  const unanswered = opened?.found?.passed.some(({ why }) => why === "unavailable") ?? false;
  return {
    indexes: [pool],
    blobs: [
      SCHEMA,
      pool,
      routeOf(facts),
      origin,
      chosen,
      sourceOf(facts),
      written,
      code,
      METHODS.has(method) ? method : "other",
      String(colo ?? ""),
      traceId,
    ],
    doubles: [
      status,
      tookMs,
      attempts,
      calls?.object ?? 0,
      calls?.principal ?? 0,
      callsOf(REPLICAS, calls),
      callsOf(FALLBACKS, calls),
      unanswered ? 1 : 0,
      opened?.kind === "session" && opened.session.stale ? 1 : 0,
      loss === undefined ? 0 : LOSSES[loss.kind],
    ],
  };
}

/** The calls of all stores of one kind. A Worker uses one of them, whose name the data point does not hold. */
function callsOf(stores: object, calls: StoreCalls = {}): number {
  return Object.keys(stores).reduce((sum, name) => sum + (calls[name] ?? 0), 0);
}
