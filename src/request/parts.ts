import type { ResolvedConfig } from "../config/resolved.ts";
import type { FoundingLimit } from "../inbound/founding-limit.ts";
import type { DebugCheck } from "../inbound/token/debug-token.ts";
import type { KeyRing } from "../inbound/token/key-ring.ts";
import type { Tokens } from "../inbound/token/tokens.ts";
import type { Log } from "../log.ts";
import type { Tallies } from "../observe/counters.ts";
import type { MetricsDataset } from "../observe/data-point.ts";
import type { Tracer } from "../observe/tracer.ts";
import type { Breaker } from "../store/breaker.ts";
import type { Connect } from "../store/connected.ts";
import type { Authority, Copies, Locks, Memory, Renewals, Unattended } from "../store/contracts.ts";
import type { Fallback } from "../store/fallback-contract.ts";
import type { Principals } from "../store/principal-contracts.ts";
import type { Pools } from "../upstream/live/pool-contracts.ts";
import type { PoolBindings } from "../upstream/pool.ts";
import type { Handoff } from "../upstream/wire/handoff.ts";

/** What Moor is made of. */
export interface MoorParts {
  readonly config: ResolvedConfig;
  readonly tokens: Tokens;
  readonly authority: Authority;
  /** Connects to the authority for one request. Default: each call is by itself. */
  readonly connect?: Connect | undefined;
  readonly memory: Memory;
  /** Copies in KV. Default: none. */
  readonly replicas?: Copies | undefined;
  /** What stands in while the authority cannot be reached. Default: nothing. */
  readonly fallback?: Fallback | undefined;
  /** The index of each principal's sessions; needed if the configuration has `principals`. */
  readonly principals?: Principals | undefined;
  /** What admins do with sessions, and the token that they send; used if the configuration has `admin`. */
  readonly unattended?: Unattended | undefined;
  readonly adminToken?: string | undefined;
  readonly viewerToken?: string | undefined;
  /** Signs the cookies of operators; used if the configuration has `admin.console`. */
  readonly tokenRing?: KeyRing | undefined;
  /** The live state of pools, which admins change. Default: pools are as they are configured. */
  readonly pools?: Pools | undefined;
  /** Leases of sessions; needed if a route has `locking`. */
  readonly locks?: Locks | undefined;
  /** Needed if logins are renewed. */
  readonly renewals?: Renewals | undefined;
  /** Those of the stores, for explain. Default: none. */
  readonly breakers?: readonly Breaker[];
  readonly handoff: Handoff;
  /** Default: no limit. */
  readonly mayFound?: FoundingLimit | undefined;
  /** What pools that learn, and origins behind service bindings, need. Default: nothing. */
  readonly bindings?: PoolBindings;
  /** Whether a `Moor-Debug` header may have its response explained. Default: none may. */
  readonly debug?: DebugCheck | undefined;
  /** Takes a data point for each request. Default: none are made. */
  readonly metrics?: MetricsDataset | undefined;
  /** Since when breakers are open, by the name of the store, in milliseconds since 1970; for the console. Default: it is not known. */
  readonly openSince?: (() => Readonly<Record<string, number>>) | undefined;
  /** The address that visitors use; needed by the console. */
  readonly issuer?: string | undefined;
  /** Where requests are counted, if the configuration has `admin`. Default: in the isolate alone. */
  readonly tallies?: Tallies | undefined;
  /** Default: nothing is added to traces. */
  readonly tracer?: Tracer | undefined;
  /** A number from 0 to below 1, for a sample of the log. Default `Math.random`. */
  readonly random?: () => number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Log;
}
