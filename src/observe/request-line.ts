import type { LogEntry } from "../log.ts";
import { type RequestFacts, requestIdOf, routeOf, sessionOf, sourceOf, versionOf } from "./request-facts.ts";

/** How a request was answered. */
export interface Answered {
  readonly status: number;
  /** From its arrival to its response's headers. */
  readonly tookMs: number;
}

/**
 * The log line of a request: fields that do not apply are left out. It never has the query.
 *
 * @param options.path whether it has the path.
 */
export function requestLine(
  facts: RequestFacts,
  { status, tookMs }: Answered,
  { path }: { readonly path: boolean },
): LogEntry {
  const { request, opened, pool, origin, chosen, attempts, written, code, calls } = facts;
  const session = sessionOf(facts);
  const route = routeOf(facts);
  const called = Object.entries(calls ?? {}).filter(([, count]) => count > 0);
  return {
    event: "request",
    request: requestIdOf(facts),
    method: request.method,
    ...(route !== "" && { route }),
    ...(path && facts.path !== "" && { path: facts.path }),
    status,
    ...(code && { code }),
    ...(pool !== undefined && { pool }),
    ...(origin !== undefined && { origin, chosen: chosen as string }),
    ...(attempts > 0 && { attempts }),
    ...(session !== undefined && { session }),
    ...(opened && { source: sourceOf(facts), version: versionOf(facts) }),
    ...(written && { written }),
    ...(called.length > 0 && { calls: Object.fromEntries(called) }),
    tookMs,
  };
}

/**
 * Adds the facts of a request to a log entry. Fields that the entry has already stay as they are.
 *
 * @param options.trace whether the entry has the id of the trace.
 */
export function aboutRequest(
  facts: RequestFacts,
  { event, ...own }: LogEntry,
  { trace }: { readonly trace: boolean },
): LogEntry {
  const { pool, origin, traceId } = facts;
  const session = sessionOf(facts);
  return {
    event,
    request: requestIdOf(facts),
    ...(session !== undefined && { session }),
    ...(pool !== undefined && { pool }),
    ...(origin !== undefined && { origin }),
    ...(trace && traceId !== undefined && { trace: traceId }),
    ...own,
  };
}
