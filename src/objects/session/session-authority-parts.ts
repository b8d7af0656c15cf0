import type { SessionEvent } from "../../config/types.ts";
import type { Copies } from "../../store/contracts.ts";
import type { Fallback } from "../../store/fallback-contract.ts";
import type { Principals } from "../../store/principal-contracts.ts";
import type { LeaseQueue } from "./leases.ts";
import type { LoginProvider } from "./login-renewal.ts";
import type { OldSessions } from "./owed-end.ts";
import type { SessionStorage } from "./session-rows.ts";

/** The stores, the clock, and the callbacks of the authority of one session. */
export interface SessionAuthorityParts {
  readonly storage: SessionStorage;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Absent: there are neither backups nor a journal. */
  readonly fallback?: Fallback | undefined;
  /** Where replicas are published. Absent: there are no replicas. */
  readonly replicas?: Copies | undefined;
  /** Called with each event of the session once it is stored. Default: events are not reported. */
  readonly tell?: ((event: SessionEvent) => void) | undefined;
  /** The index of each principal's sessions. Absent: there is no index. */
  readonly principals?: Pick<Principals, "confirm" | "forget"> | undefined;
  /** The old applications of adopted sessions. Absent: an end of an old session that is owed stays noted, and nobody tries it. */
  readonly oldSessions?: OldSessions | undefined;
  /** The provider at which visitors log in. Absent: logins are not renewed. */
  readonly loginProvider?: LoginProvider | undefined;
  /** The session's lease. Absent: a change that names a lease is not let in. */
  readonly leases?: Pick<LeaseQueue, "spend"> | undefined;
  /** Keeps work alive that goes on after the answer. */
  readonly keepAlive: (work: Promise<unknown>) => void;
}
