import type { Assumptions } from "./assumptions.ts";
import type { Deploy, Outage } from "./cuts.ts";
import type { HotSession } from "./hot-session.ts";
import type { KeyWrites } from "./kv-keys.ts";
import type { Load, Total } from "./load.ts";
import type { Origins } from "./origins.ts";
import type { PoolAtWork } from "./pool-at-work.ts";
import type { IndexCalls, SharedAccount } from "./principals.ts";
import type { Sweep } from "./sweep.ts";

/** All results of a run of the simulation. */
export interface Results {
  readonly seed: number;
  readonly quick: boolean;
  readonly assumptions: Assumptions;
  readonly machine: { readonly cpu: string; readonly cpus: number; readonly node: string };
  /** A sample of each workload of the mix, its requests at any isolate of their location. */
  readonly loads: readonly Load[];
  /** Of {@link loads}, at the assumed size. */
  readonly total: Total;
  /** A workload over isolates per location, ways of spreading and lives of isolates. */
  readonly coldStarts: readonly Load[];
  readonly hotSessions: readonly HotSession[];
  readonly indexCalls: IndexCalls;
  readonly sharedAccounts: readonly SharedAccount[];
  readonly poolsAtWork: readonly PoolAtWork[];
  readonly keyWrites: readonly KeyWrites[];
  readonly deploys: readonly Deploy[];
  readonly outages: readonly Outage[];
  readonly sweeps: readonly Sweep[];
  readonly origins: readonly Origins[];
}
