import type { ResolvedConfig } from "../config/resolved.ts";
import { DEBUG_HEADER, type DebugCheck } from "../inbound/token/debug-token.ts";
import type { AskedParts } from "../lib/asked.ts";
import { describeFault, type Log } from "../log.ts";
import type { Breaker } from "../store/breaker.ts";
import { noCalls } from "../store/counted.ts";
import { createClientFields } from "./client-fields.ts";
import type { Counters } from "./counters.ts";
import { dataPoint, type MetricsDataset } from "./data-point.ts";
import { Observer } from "./observer.ts";
import { NOTHING_KNOWN, type RequestFacts } from "./request-facts.ts";
import { requestLine } from "./request-line.ts";
import { traceIdIn } from "./traceparent.ts";
import type { Trace, Tracer } from "./tracer.ts";

/** Tells operators of requests: by a line in the log, a data point, counters. */
export interface Signals {
  /**
   * Has a request answered, and tells of it afterwards. Where `answer` throws, the response is `internal_error`.
   *
   * @param answer announces the steps of the request to its observer. `undefined`: the request has no response that Moor knows, and
   * nothing is told of it.
   */
  serve<Answer extends Response | undefined>(
    request: AskedParts,
    answer: (observer: Observer) => Answer | Promise<Answer>,
  ): Promise<Response | Answer>;
}

/** The parts of signals. */
export interface SignalsParts {
  readonly config: Pick<ResolvedConfig, "log" | "errorPage"> &
    Partial<Pick<ResolvedConfig, "cors" | "trustedProxies" | "traces">>;
  /** The breakers of the stores. Default: none. */
  readonly breakers?: readonly Breaker[];
  readonly log: Log;
  readonly clock: () => number;
  /** Default: no debug token is taken. */
  readonly debug?: DebugCheck | undefined;
  /** Default: no data points. */
  readonly metrics?: MetricsDataset | undefined;
  /** Default: nothing is counted. */
  readonly counters?: Counters | undefined;
  /** Default: nothing is added to traces. */
  readonly tracer?: Tracer | undefined;
  /** A number from 0 to below 1, for samples. Default `Math.random`. */
  readonly random?: () => number;
}

/** Signals as the configuration and the bindings want them. A request of which nothing is told costs its facts, its observer, and no more. */
export function createSignals(parts: SignalsParts): Signals {
  const { config, log, clock, debug, metrics, counters, tracer, breakers = [], random = Math.random } = parts;
  const { requests, path } = config.log;
  const clientFields =
    typeof MOOR_CLIENT_FIELDS === "undefined" || MOOR_CLIENT_FIELDS ? createClientFields(config) : undefined;
  const share = requests === "all" ? 1 : typeof requests === "number" ? requests : 0;
  const isMeasured = metrics !== undefined || counters !== undefined;
  const tellsTrace = (typeof MOOR_CLIENT_FIELDS === "undefined" || MOOR_CLIENT_FIELDS) && config.log.trace;
  const observing = { errorPage: config.errorPage, cors: config.cors, tellsTrace, breakers, log, clock };
  // A client whose traces are ignored must not choose the name by which operators find a request.
  const clientTraceIn =
    (typeof MOOR_CLIENT_FIELDS === "undefined" || MOOR_CLIENT_FIELDS) && tellsTrace && config.traces !== "ignore-client"
      ? traceIdIn
      : undefined;
  let hasMetricsFailed = false;

  function tell(facts: RequestFacts, status: number, isSampled: boolean, trace: Trace | undefined): void {
    const answered = { status, tookMs: clock() - facts.arrivedAt };
    const isFailed = facts.failed || status >= 500;
    if (isSampled || (isFailed && requests !== "off"))
      log({ ...requestLine(facts, answered, { path }), ...clientFields?.(facts.request, trace?.id) });
    counters?.count(facts, answered);
    try {
      metrics?.writeDataPoint(dataPoint(facts, answered));
    } catch (fault) {
      if (!hasMetricsFailed) log({ event: "metrics_failed", reason: describeFault(fault) });
      hasMetricsFailed = true;
    }
  }

  return {
    async serve<Answer extends Response | undefined>(
      request: AskedParts,
      answer: (observer: Observer) => Answer | Promise<Answer>,
    ) {
      const facts: RequestFacts = { ...NOTHING_KNOWN, request, arrivedAt: clock() };
      const trace =
        (typeof MOOR_TRACES === "undefined" || MOOR_TRACES) && tracer ? tracer.current(request.headers) : undefined;
      facts.traceId = trace?.id ?? clientTraceIn?.(request.headers);
      const isSampled = share > 0 && (share === 1 || random() < share);
      if (isSampled || isMeasured) facts.calls = noCalls();
      const observer = new Observer(facts, observing);
      let response: Response | Answer;
      try {
        const text = debug && request.headers.get(DEBUG_HEADER);
        if (text && (await debug(text, facts.arrivedAt))) {
          facts.explains = "debug";
          facts.calls ??= noCalls();
        }
        response = await answer(observer);
      } catch (fault) {
        response = observer.failed("internal_error", { event: "internal_error", reason: describeFault(fault) });
      }
      const isTold = isSampled || isMeasured || facts.failed || (response && response.status >= 500);
      if (response && isTold) tell(facts, response.status, isSampled, trace);
      if ((typeof MOOR_TRACES === "undefined" || MOOR_TRACES) && response) trace?.tell(facts, response.status);
      return response;
    },
  };
}
