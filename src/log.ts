/** An event that an operator should know. It never holds a token, an attribute's value or a secret. */
export interface LogEntry {
  readonly event:
    | "request"
    | "session"
    | "session_unavailable"
    | "session_stale"
    | "authority_set_back"
    | "authority_lost"
    | "store_open"
    | "store_half_open"
    | "store_closed"
    | "store_clock_apart"
    | "sweep"
    | "sweep_failed"
    | "rows_resealed"
    | "cron_skipped"
    | "session_ended"
    | "request_refused"
    | "loop_detected"
    | "token_refused"
    | "too_many_new_sessions"
    | "founding_limit_failed"
    | "too_many_sessions"
    | "session_adopted"
    | "adoption_refused"
    | "adoption_unavailable"
    | "adoption_read_only"
    | "old_session_left"
    | "follow_stopped"
    | "admin"
    | "admin_refused"
    | "audit_lost"
    | "login_refused"
    | "login_unavailable"
    | "login_lapsed"
    | "logout_refused"
    | "logout_unavailable"
    | "logged_out_by_provider"
    | "lock_timeout"
    | "lock_lost"
    | "touch_failed"
    | "origin_change_refused"
    | "origin_change_dropped"
    | "origin_cookie_dropped"
    | "origin_failed"
    | "pool_state_unread"
    | "pool_state_unpublished"
    | "pool_state_set_back"
    | "drain_ended"
    | "origin_ejected"
    | "origin_returned"
    | "origin_closed"
    | "origin_unhealthy"
    | "origin_recovered"
    | "probe_failed"
    | "probing_paused"
    | "panic_began"
    | "panic_over"
    | "metrics_failed"
    | "webhook_failed"
    | "webhook_lost"
    | "not_configured"
    | "internal_error";
  /** The id of the request, in every line about it and in the responses that Moor itself makes. */
  readonly request?: string;
  readonly method?: string;
  /** The route as the configuration writes it. */
  readonly route?: string;
  /** The path without its query. */
  readonly path?: string;
  /** The client's address, or the network of it: whichever the configuration asks for. */
  readonly address?: string;
  /** The client's country, as Cloudflare knows it. */
  readonly country?: string;
  /** The beginning of the client's `User-Agent`. */
  readonly userAgent?: string;
  /** The id of the trace that the request belongs to (W3C Trace Context). */
  readonly trace?: string;
  /** The code of the failure for which Moor answered itself. */
  readonly code?: string;
  /** Where the session came from, and the version that was shown. */
  readonly source?: string;
  readonly version?: number;
  /** Why the origin was chosen. */
  readonly chosen?: string;
  readonly attempts?: number;
  /** The store that took the change. */
  readonly written?: string;
  /** How often each kind of store was called. Stores that were not called are left out. */
  readonly calls?: Readonly<Record<string, number>>;
  readonly tookMs?: number;
  /** The kind of session event; of an adoption, the old application. */
  readonly kind?: string;
  /** The first 8 characters of the session's id. */
  readonly session?: string;
  readonly pool?: string;
  readonly origin?: string;
  readonly store?: string;
  /** By how many milliseconds the store's clock is ahead. */
  readonly apartMs?: number;
  /** The name of a header. */
  readonly header?: string;
  /** The name of a cookie. */
  readonly cookie?: string;
  readonly reason?: string;
  /** Why an origin was ejected, as a word of a closed list. */
  readonly cause?: string;
  /** The operator: `token`, or `access:` and their address or name; and the action that they asked for. */
  readonly who?: string;
  readonly action?: string;
  /** The status of the response. */
  readonly status?: number;
  /** The first 8 characters of the hash that names the principal's object. */
  readonly principal?: string;
  /** How many sessions had their journal taken over, and how many are left for the next sweep. */
  readonly takenOver?: number;
  /** How many rows of the authority's store had their alarm rung, and how many were freed. */
  readonly rung?: number;
  readonly freed?: number;
  readonly left?: number;
  /** The number of the key by which so many rows were sealed anew, and whether no other key seals a row that lasts. */
  readonly key?: number;
  readonly rows?: number;
  readonly isDone?: boolean;
  /** How many sessions have ended. */
  readonly ended?: number;
}

/** Takes log entries. */
export type Log = (entry: LogEntry) => void;

/** Writes one line of JSON per entry. Requests below status 500 are logged as information, all other entries as warnings. */
export const logToConsole: Log = (entry) => {
  if (entry.event === "request" && (entry.status ?? 0) < 500) console.log(JSON.stringify(entry));
  else console.warn(JSON.stringify(entry));
};

/** The part of a fault that may be logged: its name and message, without details that a store may have added. */
export function describeFault(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : "unknown fault";
}
