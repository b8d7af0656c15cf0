import type { FailureCode } from "../errors.ts";
import { describeFault, type LogEntry } from "../log.ts";
import type { Done, Outcome } from "./commit.ts";

/** The failure that answers a client whose intent was not done, and the line of the log. */
export function refusalOf(refused: Exclude<Outcome, Done>): { code: FailureCode; entry: LogEntry } {
  switch (refused.kind) {
    case "ended":
      return { code: "session_ended", entry: { event: "session_ended" } };
    case "cross-site": {
      const reason = "another site's page would found a session";
      return { code: "cross_site", entry: { event: "request_refused", reason } };
    }
    case "refused":
      return { code: "origin_change_refused", entry: { event: "origin_change_refused", reason: refused.reason } };
    case "lock-lost":
      return { code: "lock_lost", entry: { event: "lock_lost" } };
    case "founding-limited":
      return { code: "too_many_new_sessions", entry: { event: "too_many_new_sessions" } };
    case "too-many-sessions": {
      const reason = "the principal has too many sessions";
      return { code: "too_many_sessions", entry: { event: "too_many_sessions", reason } };
    }
    case "unavailable": {
      const reason = describeFault(refused.cause);
      return { code: "session_unavailable", entry: { event: "session_unavailable", reason } };
    }
  }
}
