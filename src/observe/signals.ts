import type { ResolvedConfig } from "../config/resolved.ts";
import { type FailureCode, failureResponse } from "../errors.ts";
import { DEBUG_HEADER, type DebugCheck } from "../inbound/token/debug-token.ts";
import { describeFault, type Log, type LogEntry } from "../log.ts";
import type { Breaker } from "../store/breaker.ts";
import { noCalls } from "../store/counted.ts";
import type { Counters } from "./counters.ts";
import { dataPoint, type MetricsDataset } from "./data-point.ts";
import { explain, writeExplain } from "./explain.ts";
import { factsOf, type RequestFacts, requestIdOf } from "./request-facts.ts";
import { aboutRequest, requestLine } from "./request-line.ts";

/** What operators are told of requests: a line in the log, a data point, counters. */
export interface Signals {
  /** Answers a request, a fault of Moor's own as well, and tells of it what is wanted. */
  serve(request: Request, answer: (facts: RequestFacts) => Promise<Response>): Promise<Response>;
  /** Logs what has happened on a request's way, under its id. */
  note(facts: RequestFacts, entry: LogEntry): void;
  /** The response for a failure that is no mistake of the client's, which is logged. */
  fail(facts: RequestFacts, code: FailureCode, entry: LogEntry): Response;
  /** What a response says of how its request was decided, and whether to its client alone. */
  told(facts: RequestFacts): { readonly explain: string | undefined; readonly isForOne: boolean };
}

/** What signals go by. */
export interface SignalsParts {
  readonly config: Pick<ResolvedConfig, "log" | "errorPage">;
  /** Those of the stores. Default: none. */
  readonly breakers?: readonly Breaker[];
  readonly log: Log;
  readonly clock: () => number;
  /** Default: no debug token is taken. */
  readonly debug?: DebugCheck | undefined;
  /** Default: no data points. */
  readonly metrics?: MetricsDataset | undefined;
  /** Default: nothing is counted. */
  readonly counters?: Counters | undefined;
  /** A number from 0 to below 1, for samples. Default `Math.random`. */
  readonly random?: () => number;
}

/** Signals as the configuration and the bindings want them. A request of which nothing is told costs its facts and no more. */
export function createSignals(parts: SignalsParts): Signals {
  const { config, log, clock, debug, metrics, counters, breakers = [], random = Math.random } = parts;
  const { requests, path } = config.log;
  const share = requests === "all" ? 1 : typeof requests === "number" ? requests : 0;
  const isMeasured = metrics !== undefined || counters !== undefined;
  let hasMetricsFailed = false;

  function tell(facts: RequestFacts, status: number, isSampled: boolean): void {
    const answered = { status, tookMs: clock() - facts.arrivedAt };
    const isFailed = facts.failed || status >= 500;
    if (isSampled || (isFailed && requests !== "off")) log(requestLine(facts, answered, { path }));
    counters?.count(facts, answered);
    try {
      metrics?.writeDataPoint(dataPoint(facts, answered));
    } catch (fault) {
      if (!hasMetricsFailed) log({ event: "metrics_failed", reason: describeFault(fault) });
      hasMetricsFailed = true;
    }
  }

  const note: Signals["note"] = (facts, entry) => log(aboutRequest(facts, entry));

  function told(facts: RequestFacts) {
    const { explains } = facts;
    return { explain: explains === "no" ? undefined : explain(facts, breakers), isForOne: explains === "debug" };
  }

  function fail(facts: RequestFacts, code: FailureCode, entry: LogEntry): Response {
    facts.code = code;
    facts.failed = true;
    note(facts, entry);
    const { errorPage } = config;
    const failure = failureResponse(code, facts.request, { errorPage, requestId: requestIdOf(facts) });
    const text = told(facts).explain;
    if (text !== undefined) writeExplain(failure.headers, text);
    return failure;
  }

  async function answered(facts: RequestFacts, answer: (facts: RequestFacts) => Promise<Response>) {
    try {
      const text = debug && facts.request.headers.get(DEBUG_HEADER);
      if (text && (await debug(text, facts.arrivedAt))) {
        facts.explains = "debug";
        facts.calls ??= noCalls();
      }
      return await answer(facts);
    } catch (fault) {
      return fail(facts, "internal_error", { event: "internal_error", reason: describeFault(fault) });
    }
  }

  return {
    note,
    fail,
    told,
    async serve(request, answer) {
      const facts = factsOf(request, clock());
      const isSampled = share > 0 && (share === 1 || random() < share);
      if (isSampled || isMeasured) facts.calls = noCalls();
      const response = await answered(facts, answer);
      tell(facts, response.status, isSampled);
      return response;
    },
  };
}
