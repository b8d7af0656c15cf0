/** Something an operator should know. Never holds a token, an attribute's value or a secret. */
export interface LogEntry {
  readonly event:
    | "session_unavailable"
    | "session_stale"
    | "store_open"
    | "store_half-open"
    | "store_closed"
    | "sweep"
    | "sweep_failed"
    | "session_ended"
    | "touch_failed"
    | "origin_change_refused"
    | "origin_change_dropped"
    | "origin_cookie_dropped"
    | "origin_failed"
    | "not_configured"
    | "internal_error";
  /** The session id's first 8 characters. */
  readonly session?: string;
  readonly pool?: string;
  readonly origin?: string;
  readonly store?: string;
  readonly header?: string;
  readonly reason?: string;
  /** Sessions whose journal was taken over, and those left for the next sweep. */
  readonly takenOver?: number;
  readonly left?: number;
}

/** Takes log entries. */
export type Log = (entry: LogEntry) => void;

/** One line of JSON per entry. */
export const logToConsole: Log = (entry) => console.warn(JSON.stringify(entry));

/** What may be said of a fault: its name and message, without what a store may have put beside it. */
export function describeFault(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : "unknown fault";
}
