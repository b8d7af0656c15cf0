import type { TracesConfig } from "../config/site-types.ts";
import type { ReadHeaders } from "../lib/asked.ts";
import { type RequestFacts, requestIdOf, routeOf, sessionOf, sourceOf } from "./request-facts.ts";
import { traceIdIn } from "./traceparent.ts";

/** A span of the platform's, as far as it is used. */
export interface PlatformSpan {
  readonly isTraced: boolean;
  spanContext(): { readonly traceId: string; readonly spanId: string };
  setAttribute(name: string, value: string | number): unknown;
}

/** `tracing` of `cloudflare:workers`, as far as it is used. */
export interface PlatformTracing {
  getActiveSpan(): PlatformSpan | undefined;
  enterSpan<Result>(name: string, callback: () => Result): Result;
}

/** The trace that one request belongs to. */
export interface Trace {
  /** The id of the trace that origins are told of: 32 hexadecimal digits. */
  readonly id: string;
  /** Writes the facts of the request to the span of its invocation. */
  tell(facts: RequestFacts, status: number): void;
}

/** Adds what Moor knows to the platform's traces. */
export interface Tracer {
  /** The trace of the current request; `undefined`: the platform does not trace this request. */
  current(headers: Pick<ReadHeaders, "get">): Trace | undefined;
  /** The same step, inside a span of that name if its request is traced. */
  spanned<Given extends unknown[], Result>(
    name: string,
    step: (...given: Given) => Result,
  ): (...given: Given) => Result;
  /** Gives a request to an origin the `traceparent` of the current span, unless it has the client's. */
  propagate(headers: Headers): void;
}

/** @param mode whether a client's `traceparent` goes on to origins. */
export function createTracer(tracing: PlatformTracing, mode: TracesConfig): Tracer {
  const clientTraceIn = mode === "ignore-client" ? () => undefined : traceIdIn;
  const tracedSpan = () => {
    const span = tracing.getActiveSpan();
    return span?.isTraced ? span : undefined;
  };
  return {
    current(headers) {
      const span = tracedSpan();
      if (!span) return undefined;
      const clientTrace = clientTraceIn(headers);
      return {
        id: clientTrace ?? span.spanContext().traceId,
        tell(facts, status) {
          for (const [name, value] of Object.entries(attributesOf(facts, status, clientTrace))) {
            if (value !== undefined && value !== "") span.setAttribute(`moor.${name}`, value);
          }
        },
      };
    },
    spanned(name, step) {
      return (...given) => (tracedSpan() ? tracing.enterSpan(name, () => step(...given)) : step(...given));
    },
    propagate(headers) {
      if (clientTraceIn(headers) !== undefined) return;
      headers.delete("traceparent");
      headers.delete("tracestate");
      const context = tracedSpan()?.spanContext();
      // The platform's own flags are 0 even while it records; an origin would then not record its part.
      if (context) headers.set("traceparent", `00-${context.traceId}-${context.spanId}-01`);
    },
  };
}

function attributesOf(facts: RequestFacts, status: number, clientTrace: string | undefined) {
  const { pool, origin, chosen, attempts, written, code, opened } = facts;
  return {
    request: requestIdOf(facts),
    route: routeOf(facts),
    pool,
    origin,
    chosen,
    source: sourceOf(facts),
    passed: opened?.found?.passed.map((step) => `${step.source}:${step.why}`).join(","),
    attempts: attempts > 0 ? attempts : undefined,
    written,
    code,
    session: sessionOf(facts),
    client_trace: clientTrace,
    status,
  };
}
