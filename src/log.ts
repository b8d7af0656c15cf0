/** Something an operator should know. Never holds a token, an attribute's value or a secret. */
export interface LogEntry {
  readonly event:
    | "request"
    | "session"
    | "session_unavailable"
    | "session_stale"
    | "store_open"
    | "store_half_open"
    | "store_closed"
    | "sweep"
    | "sweep_failed"
    | "session_ended"
    | "request_refused"
    | "token_refused"
    | "too_many_new_sessions"
    | "founding_limit_failed"
    | "too_many_sessions"
    | "admin"
    | "admin_refused"
    | "lock_timeout"
    | "lock_lost"
    | "touch_failed"
    | "origin_change_refused"
    | "origin_change_dropped"
    | "origin_cookie_dropped"
    | "origin_failed"
    | "pool_state_unread"
    | "pool_state_unpublished"
    | "drain_ended"
    | "origin_ejected"
    | "origin_returned"
    | "origin_closed"
    | "origin_unhealthy"
    | "origin_recovered"
    | "probe_failed"
    | "panic_began"
    | "panic_over"
    | "metrics_failed"
    | "not_configured"
    | "internal_error";
  /** What the request is called, in every line about it and in what Moor answers itself. */
  readonly request?: string;
  readonly method?: string;
  /** The route as its configuration has it. */
  readonly route?: string;
  /** Without the query. */
  readonly path?: string;
  /** What Moor answered itself. */
  readonly code?: string;
  /** Where the session came from, and the version that was shown. */
  readonly source?: string;
  readonly version?: number;
  /** Why the origin was chosen. */
  readonly chosen?: string;
  readonly attempts?: number;
  /** Who took the change. */
  readonly written?: string;
  /** How often each kind of store was called; those that were not are left out. */
  readonly calls?: Readonly<Record<string, number>>;
  readonly tookMs?: number;
  /** What has happened to the session. */
  readonly kind?: string;
  /** The session id's first 8 characters. */
  readonly session?: string;
  readonly pool?: string;
  readonly origin?: string;
  readonly store?: string;
  readonly header?: string;
  readonly reason?: string;
  /** The admin: `token`, or `access:` and his address or name; and what he did. */
  readonly who?: string;
  readonly action?: string;
  /** What was answered. */
  readonly status?: number;
  /** The first 8 characters of the hash that names the principal's object. */
  readonly principal?: string;
  /** Sessions whose journal was taken over, and those left for the next sweep. */
  readonly takenOver?: number;
  readonly left?: number;
}

/** Takes log entries. */
export type Log = (entry: LogEntry) => void;

/** One line of JSON per entry; what is no trouble is no warning. */
export const logToConsole: Log = (entry) => {
  if (entry.event === "request" && (entry.status ?? 0) < 500) console.log(JSON.stringify(entry));
  else console.warn(JSON.stringify(entry));
};

/** What may be said of a fault: its name and message, without what a store may have put beside it. */
export function describeFault(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : "unknown fault";
}
